//! The app in its real window: the built program under WebKitWebDriver on a display of its own, spoken to in the words of
//! the pages. Used by the window's tests, the taps study and the pictures of the documentation.

use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use fantoccini::{Client, ClientBuilder, Locator, elements::Element, error::CmdError};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::workspace;

pub mod hand;
pub mod page;

/// Long enough for a cold start of the web view on a loaded two-core machine; a healthy one needs a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a press may find its element covered or just replaced. What covers it for good is a fault of the page.
const GLANCE: Duration = Duration::from_secs(3);

/// How often in a row WebKitWebDriver may lose what a script answered before it is called broken.
const LOST_ANSWERS: usize = 3;

/// WebKitWebDriver 2.5x now and then gets an empty answer from the web process and says so in these words, about once in
/// ten thousand scripts on a loaded machine. All scripts here may run twice: they look, go somewhere, or type a label.
fn is_lost_answer(error: &CmdError) -> bool {
    error.to_string().contains("Could not parse script result")
}

/// A display, a driver and a home folder of their own. Dropping it stops whatever still runs, also after a failed assert.
pub struct Desk {
    // Fields drop in this order: the driver takes the app down with it while the display still stands.
    driver: Group,
    display: Group,
    port: u16,
    binary: PathBuf,
    home: TempDir,
}

impl Desk {
    /// A display of this size, and a driver for the app whose data lies in `data`.
    ///
    /// # Errors
    /// When Xvfb, the driver or the app is missing: says what installs or builds it.
    pub fn set_up((width, height): (u32, u32), data: &Path) -> anyhow::Result<Self> {
        Self::set_up_for(app_binary()?, (width, height), data)
    }

    /// As [`Self::set_up`], for another program with a web view.
    ///
    /// # Errors
    /// As [`Self::set_up`].
    pub fn set_up_for(binary: PathBuf, (width, height): (u32, u32), data: &Path) -> anyhow::Result<Self> {
        let home = tempfile::tempdir()?;
        // `-displayfd` lets the server choose a free display and tell us its number once it is ready.
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24"), "-nolisten", "tcp"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut display = Group::start(command).context("Xvfb starts (scripts/setup.sh test installs it)")?;
        let mut number = String::new();
        let stdout = display.leader.stdout.take().context("the display's output is piped")?;
        BufReader::new(stdout).read_line(&mut number)?;
        ensure!(!number.trim().is_empty(), "Xvfb ended without offering a display");

        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut command = Command::new("WebKitWebDriver");
        command
            .arg(format!("--port={port}"))
            .env("DISPLAY", format!(":{}", number.trim()))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("GDK_BACKEND", "x11")
            // Nobody's own settings, storage or session bus may decide what the test sees.
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .env("XUNJIAN_DATA_DIR", data)
            .env("LANG", "zh_CN.UTF-8")
            .env("GTK_THEME", "Adwaita")
            .env("NO_AT_BRIDGE", "1")
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
        for name in ["WAYLAND_DISPLAY", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env_remove(name);
        }
        let driver = Group::start(command).context("WebKitWebDriver starts (scripts/setup.sh test installs it)")?;
        Ok(Self { driver, display, port, binary, home })
    }

    /// Opens the app. It may be opened again once it was closed or killed; its storage stays.
    ///
    /// # Errors
    /// When no window opens in time.
    pub async fn open_app(&self) -> anyhow::Result<Window> {
        let options = json!({ "webkitgtk:browserOptions": { "binary": self.binary } });
        let Value::Object(capabilities) = options else { bail!("the options are a JSON object") };
        let address = format!("http://127.0.0.1:{}", self.port);
        self.driver_listens().await?;
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = tokio::time::timeout(PATIENCE, builder.capabilities(capabilities).connect(&address))
            .await
            .context("the app's window did not open in time")?
            .context("the driver opens the app's window")?;
        Ok(Window { client })
    }

    /// The home and temporary folder of whatever runs here: the web view's storage, caches and logs lie under it.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Process ids of the app. The driver starts it, so it is looked for among everything with the program's name whose
    /// ancestors lead to the driver.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn app_processes(&self) -> anyhow::Result<Vec<Pid>> {
        let name = self.binary.file_name().context("the program has a name")?.to_string_lossy().into_owned();
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc")? {
            let folder = entry?.path();
            let Some(id) = folder.file_name().and_then(|name| name.to_str()?.parse::<i32>().ok()) else { continue };
            let Ok(command) = std::fs::read(folder.join("cmdline")) else { continue };
            let program =
                String::from_utf8_lossy(command.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned();
            if program.ends_with(&name) && self.is_ours(id) {
                found.extend(Pid::from_raw(id));
            }
        }
        Ok(found)
    }

    /// Process ids of the app and of everything it started: its web processes too.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn app_family(&self) -> anyhow::Result<Vec<i32>> {
        let mut family: Vec<i32> = self.app_processes()?.iter().map(|id| id.as_raw_nonzero().get()).collect();
        let mut at = 0;
        while at < family.len() {
            for entry in std::fs::read_dir("/proc")? {
                let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
                if parent_of(id) == Some(family[at]) && !family.contains(&id) {
                    family.push(id);
                }
            }
            at += 1;
        }
        Ok(family)
    }

    /// Kills the app as the system would when memory runs out.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill_app(&self) -> anyhow::Result<()> {
        let processes = self.app_processes()?;
        ensure!(!processes.is_empty(), "the app does not run");
        for process in processes {
            kill_process(process, Signal::KILL)?;
        }
        Ok(())
    }

    fn is_ours(&self, mut id: i32) -> bool {
        let driver = Pid::from_child(&self.driver.leader).as_raw_nonzero().get();
        while id > 1 {
            if id == driver {
                return true;
            }
            id = parent_of(id).unwrap_or(0);
        }
        false
    }

    async fn driver_listens(&self) -> anyhow::Result<()> {
        let listens = async {
            while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, listens).await.context("WebKitWebDriver did not listen in time")
    }

    /// Stops driver and display.
    ///
    /// # Errors
    /// When one of them cannot be stopped.
    pub fn clear_up(self) -> anyhow::Result<()> {
        let Self { mut driver, mut display, .. } = self;
        driver.stop()?;
        display.stop()
    }
}

/// A process and everything it starts, as one process group, so that it can be stopped by its id and nothing else is hit.
struct Group {
    leader: Child,
}

impl Group {
    fn start(mut command: Command) -> anyhow::Result<Self> {
        Ok(Self { leader: command.stdin(Stdio::null()).process_group(0).spawn()? })
    }

    /// Ends the group and collects its leader; stopping it twice is harmless.
    fn stop(&mut self) -> anyhow::Result<()> {
        if self.leader.try_wait()?.is_none() {
            let group = Pid::from_child(&self.leader);
            kill_process_group(group, Signal::KILL)?;
            self.leader.wait()?;
        }
        Ok(())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("a process of the window's test could not be stopped: {error}");
        }
    }
}

/// The open window, spoken to in the words of the pages: elements go by their `data-testid`.
pub struct Window {
    /// The WebDriver session.
    pub client: Client,
}

impl Window {
    /// The element, once it is there.
    ///
    /// # Errors
    /// When it does not come in time: says what the page complained about.
    pub async fn find(&self, testid: &str) -> anyhow::Result<Element> {
        let selector = css(testid);
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(&selector)).await;
        match found {
            Ok(element) => Ok(element),
            Err(error) => {
                let text = self.evaluate("return document.body.innerText.slice(-2500)").await?;
                bail!(
                    "the page shows no {testid}: {error}; its faults: {:?}; it says {text}",
                    self.faults().await.unwrap_or_default()
                )
            }
        }
    }

    /// Whether the element is there now.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn has(&self, testid: &str) -> anyhow::Result<bool> {
        let script = format!("return document.querySelector({}) !== null", json!(css(testid)));
        Ok(self.evaluate(&script).await? == json!(true))
    }

    /// Waits until a condition, a JavaScript expression, holds.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn until(&self, condition: &str) -> anyhow::Result<()> {
        let script = format!("return Boolean({condition})");
        let begun = std::time::Instant::now();
        while self.evaluate(&script).await? != json!(true) {
            if begun.elapsed() > PATIENCE {
                let text = self.evaluate("return document.body.innerText.slice(-2500)").await?;
                bail!(
                    "never came true: {condition}; faults: {:?}; the page says {text}",
                    self.faults().await.unwrap_or_default()
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// What the element says.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub async fn text_of(&self, testid: &str) -> anyhow::Result<String> {
        Ok(self.find(testid).await?.text().await?)
    }

    /// Presses the element as a finger would, once it may be pressed: it must be in sight and not covered.
    ///
    /// # Errors
    /// As [`Self::find`], and when something covers it.
    pub async fn click(&self, testid: &str) -> anyhow::Result<()> {
        let selector = json!(css(testid));
        let begun = std::time::Instant::now();
        loop {
            let element = self.find(testid).await?;
            // A press on what is still disabled would be swallowed without a word.
            self.until(&format!("!document.querySelector({selector})?.matches(':disabled, [aria-disabled=true]')"))
                .await?;
            self.evaluate(&format!("document.querySelector({selector})?.scrollIntoView({{ block: 'center' }})"))
                .await?;
            let Err(error) = element.click().await else { return Ok(()) };
            // Painted anew between looking and pressing, or under something that is just leaving: a person looks again.
            if begun.elapsed() < GLANCE {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
            let script = format!(
                "const box = document.querySelector({selector}).getBoundingClientRect()
                 return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)?.outerHTML.slice(0, 200)"
            );
            bail!("pressing {testid}: {error}; in its place is {:?}", self.evaluate(&script).await?)
        }
    }

    /// Types into the field of this name, after emptying it.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub async fn fill(&self, testid: &str, text: &str) -> anyhow::Result<()> {
        let element = self.find(testid).await?;
        // All of it chosen by the keyboard and typed over, as a person would: what only sets the value, the page never hears.
        element.send_keys("\u{e009}a\u{e000}\u{e017}").await.with_context(|| format!("emptying {testid}"))?;
        element.send_keys(text).await.with_context(|| format!("typing into {testid}"))
    }

    /// Goes to one of the app's addresses, `/today`.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn go(&self, address: &str) -> anyhow::Result<()> {
        let hash = json!(format!("#{address}"));
        // A page that is about to go somewhere by itself, after storing for example, may win once.
        for _ in 0..5 {
            self.evaluate(&format!("location.hash = {hash}")).await?;
            self.settle().await?;
            if self.evaluate(&format!("return decodeURIComponent(location.hash) === {hash}")).await? == json!(true) {
                break;
            }
        }
        Ok(())
    }

    /// Runs a script and returns what it returns.
    ///
    /// # Errors
    /// What the script threw.
    pub async fn evaluate(&self, script: &str) -> anyhow::Result<Value> {
        self.evaluate_with(script, vec![]).await
    }

    /// As [`Self::evaluate`], with arguments for the script.
    ///
    /// # Errors
    /// What the script threw.
    pub async fn evaluate_with(&self, script: &str, arguments: Vec<Value>) -> anyhow::Result<Value> {
        let mut tries = 0..LOST_ANSWERS;
        loop {
            match self.client.execute(script, arguments.clone()).await {
                Err(error) if is_lost_answer(&error) && tries.next().is_some() => continue,
                answer => return Ok(answer?),
            }
        }
    }

    /// Runs a script that answers through its last argument, and returns the answer.
    ///
    /// # Errors
    /// What the script threw, or that it took too long.
    pub async fn evaluate_later(&self, script: &str, arguments: Vec<Value>) -> anyhow::Result<Value> {
        let mut tries = 0..LOST_ANSWERS;
        loop {
            match self.client.execute_async(script, arguments.clone()).await {
                Err(error) if is_lost_answer(&error) && tries.next().is_some() => continue,
                answer => return Ok(answer?),
            }
        }
    }

    /// Language (`zh-CN`, `en`), theme (`light`, `dark`) and size of text, as a person would have chosen them before.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn prefer(&self, language: &str, theme: &str, text_percent: u32) -> anyhow::Result<()> {
        let script = format!(
            "localStorage.setItem('xunjian.language', {}); localStorage.setItem('xunjian.theme', {});
             localStorage.setItem('xunjian.textSize', '{text_percent}')",
            json!(language),
            json!(theme)
        );
        self.evaluate(&script).await?;
        self.client.refresh().await?;
        self.evaluate("window.isReloadedByTest = true").await?;
        let language = json!(language);
        self.until(&format!("document.documentElement.lang === {language} && document.querySelector('#page *')")).await
    }

    /// Label, width and height of everything to press that a gloved finger would miss: under 48 px, answers under 56.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn small_targets(&self) -> anyhow::Result<Vec<String>> {
        let found = self.evaluate(include_str!("window/small_targets.js")).await?;
        Ok(serde_json::from_value(found)?)
    }

    /// What axe finds wrong with the page as it stands: rule and element.
    ///
    /// # Errors
    /// When axe is not installed or fails.
    pub async fn accessibility(&self) -> anyhow::Result<Vec<String>> {
        let axe = workspace().join("ui/node_modules/axe-core/axe.min.js");
        let source =
            std::fs::read_to_string(&axe).with_context(|| format!("{} (npm ci installs it)", axe.display()))?;
        self.evaluate(&format!("if (!window.axe) {{ {source} }}")).await?;
        let found = self.evaluate_later(include_str!("window/axe.js"), vec![]).await?;
        Ok(serde_json::from_value(found)?)
    }

    /// What went wrong in the page so far; debug builds of the app keep that list from the first moment on.
    ///
    /// # Errors
    /// When it is a release build.
    pub async fn faults(&self) -> anyhow::Result<Vec<String>> {
        let faults = self.evaluate("return window.xunjianPageFaults").await?;
        let mut faults: Vec<String> =
            serde_json::from_value(faults).context("the app keeps no list of page faults: is it a release build?")?;
        if self.evaluate("return window.isReloadedByTest === true").await? == true {
            // What the page before had asked is answered to nobody, as the bridge says.
            faults.retain(|fault| !fault.contains("[TAURI] Couldn't find callback id"));
        }
        Ok(faults)
    }

    /// Puts an inline style into the page, which the policy forbids, and waits until the page had time to say so.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn break_the_policy(&self) -> anyhow::Result<()> {
        let script = "const done = arguments[arguments.length - 1]
                      document.addEventListener('securitypolicyviolation', () => done(null), { once: true })
                      document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\"></p>')
                      setTimeout(() => done(null), 5000)";
        self.evaluate_later(script, vec![]).await.map(drop)
    }

    /// Two frames and the fonts later, transitions included, what was asked for is what is painted.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn settle(&self) -> anyhow::Result<()> {
        let script = "const done = arguments[arguments.length - 1]
                      const frame = () => requestAnimationFrame(() => requestAnimationFrame(() => done(null)))
                      const finite = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime < 2000)
                      const still = document.fonts.ready.then(() => Promise.all(finite.map((one) => one.finished))).catch(() => null)
                      // An animation of something that left the page never finishes.
                      Promise.race([still, new Promise((resolve) => setTimeout(resolve, 1500))]).then(frame)";
        self.evaluate_later(script, vec![]).await.map(drop)
    }

    /// A picture of the page, as PNG.
    ///
    /// # Errors
    /// When the driver cannot take it.
    pub async fn picture(&self) -> anyhow::Result<Vec<u8>> {
        self.settle().await?;
        Ok(self.client.screenshot().await?)
    }

    /// Keeps what a person would see now in cargo's target folder, for people to look at.
    ///
    /// # Errors
    /// When it cannot be taken or written.
    pub async fn screenshot(&self, name: &str) -> anyhow::Result<()> {
        let folder = target_folder()?.join("screens");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("{name}.png")), self.picture().await?)?;
        Ok(())
    }

    /// Puts a picture before the camera: from now on `getUserMedia` gives a moving picture of it.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn hold_before_camera(&self, picture: &Path) -> anyhow::Result<()> {
        use data_encoding::BASE64;
        let bytes = std::fs::read(picture).with_context(|| picture.display().to_string())?;
        let media_type =
            if picture.extension().is_some_and(|ending| ending == "png") { "image/png" } else { "image/jpeg" };
        let arguments = vec![json!(BASE64.encode(&bytes)), json!(media_type)];
        self.evaluate_later(include_str!("window/camera.js"), arguments).await.map(drop)
    }

    /// Types like a scanner that pretends to be a keyboard: all at once, Enter at the end.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn type_like_scanner(&self, text: &str) -> anyhow::Result<()> {
        self.evaluate_later(include_str!("window/scanner.js"), vec![json!(text)]).await.map(drop)
    }

    /// Types every label on a visit's scanning page until the page counts this many assets as scanned. A burst that a busy
    /// machine tore apart is no burst; like a person who looks at the count, this scans once more then.
    ///
    /// # Errors
    /// When the count is never reached.
    pub async fn scan_all(&self, labels: &[String], assets: usize) -> anyhow::Result<()> {
        self.find("scan-count").await?;
        let counted = format!(
            "(document.querySelector('[data-testid=scan-count]')?.textContent.match(/\\d+/) ?? [])[0] === '{assets}'"
        );
        for _ in 0..5 {
            for label in labels {
                self.type_like_scanner(label).await?;
            }
            for _ in 0..60 {
                if self.evaluate(&format!("return Boolean({counted})")).await? == json!(true) {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        bail!("the page says {} for {assets} assets", self.text_of("scan-count").await?)
    }

    /// Ends the session and with it the app.
    ///
    /// # Errors
    /// When the driver is gone.
    pub async fn close(self) -> anyhow::Result<()> {
        Ok(self.client.close().await?)
    }
}

fn parent_of(id: i32) -> Option<i32> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
}

fn css(testid: &str) -> String {
    if testid.starts_with('[') || testid.starts_with('.') || testid.starts_with('#') {
        return testid.to_owned();
    }
    format!("[data-testid='{testid}']")
}

/// cargo's target folder, which the running program lies in, wherever a site has moved it.
///
/// # Errors
/// When the program lies elsewhere.
pub fn target_folder() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    // One that somebody made before cargo did has no tag.
    let is_target =
        |folder: &&Path| ["CACHEDIR.TAG", ".rustc_info.json"].into_iter().any(|file| folder.join(file).is_file());
    let folder = program.ancestors().find(is_target);
    Ok(folder.context("a program of this workspace lies in cargo's target folder")?.to_path_buf())
}

/// The debug build of the app, because only that one lists its page faults.
fn app_binary() -> anyhow::Result<PathBuf> {
    let binary = target_folder()?.join("debug").join("xunjian-app");
    ensure!(
        Path::exists(&binary),
        "{} is missing: run `make test`, which builds ui/dist and the app first, or `make app` for these two alone",
        binary.display()
    );
    Ok(binary)
}
