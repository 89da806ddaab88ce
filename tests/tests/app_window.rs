//! The app in its real window: the built program under WebKitWebDriver on a display of its own.
//!
//! It exists because nothing smaller can tell whether the window opens at all, whether the embedded pages load under the
//! content security policy, and whether a page's call really reaches the Rust side. It deliberately holds no stories
//! about the work itself: those are told without a window, on the engine.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Long enough for a cold start of the web view on a loaded two-core machine; a healthy one needs a second.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn first_screen_opens_in_chinese_and_switches_to_english_without_a_page_fault() -> Result<()> {
    let desk = Desk::set_up()?;
    let window = desk.open_app().await?;

    let version = window.text_of("version").await?;
    assert_eq!(version, concat!("版本 ", env!("CARGO_PKG_VERSION")), "the version comes from the Rust side");
    assert_eq!(window.text_of("identifier").await?, "应用标识 cn.xunjian.field", "so does the identifier");
    assert_eq!(window.text_of("name").await?, "巡检", "Chinese comes first");
    assert!(
        window.text_of("welcome").await?.contains("尚未登记"),
        "an unenrolled app says so instead of showing tasks"
    );
    assert_eq!(window.client.title().await?, "巡检 Xunjian");
    window.screenshot("first").await?;

    assert_eq!(window.small_targets().await?, json!([]), "every button is at least 48 px in both directions");

    window.click("theme").await?;
    window.screenshot("first-dark").await?;
    window.click("language").await?;
    assert_eq!(
        window.text_of("version").await?,
        concat!("Version ", env!("CARGO_PKG_VERSION")),
        "English after one press"
    );
    assert!(window.text_of("welcome").await?.contains("not enrolled"), "the whole page speaks English");
    assert_eq!(
        window.evaluate("return document.documentElement.lang").await?,
        json!("en"),
        "screen readers know it too"
    );
    window.screenshot("first-dark-en").await?;

    window.client.set_window_size(360, 640).await?;
    window.screenshot("first-narrow").await?;
    let overflow = window.evaluate("return document.documentElement.scrollWidth - window.innerWidth").await?;
    assert_eq!(overflow, json!(0), "nothing sticks out sideways in the smallest window");

    assert_eq!(window.faults().await?, Vec::<String>::new(), "no policy violation, no error and no console complaint");
    window.break_the_policy().await?;
    let faults = window.faults().await?;
    assert!(
        faults.iter().any(|fault| fault.starts_with("policy: style-src")),
        "the policy is in force and the page would have told us of a violation, but it listed {faults:?}"
    );

    window.close().await?;
    desk.clear_up()
}

/// A display, a driver and a home folder of their own. Dropping it stops whatever still runs, also after a failed assert.
struct Desk {
    // Fields drop in this order: the driver takes the app down with it while the display still stands.
    driver: Group,
    display: Group,
    port: u16,
    _home: TempDir,
}

impl Desk {
    fn set_up() -> Result<Self> {
        let home = tempfile::tempdir()?;

        // `-displayfd` lets the server choose a free display and tell us its number once it is ready.
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]).stdout(Stdio::piped());
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
            .env("GTK_THEME", "Adwaita")
            .env("NO_AT_BRIDGE", "1")
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_CACHE_HOME");
        let driver = Group::start(command).context("WebKitWebDriver starts (scripts/setup.sh test installs it)")?;
        Ok(Self { driver, display, port, _home: home })
    }

    async fn open_app(&self) -> Result<Window> {
        let options = json!({ "webkitgtk:browserOptions": { "binary": app_binary()? } });
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

    async fn driver_listens(&self) -> Result<()> {
        let listens = async {
            while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, listens).await.context("WebKitWebDriver did not listen in time")
    }

    fn clear_up(self) -> Result<()> {
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
    fn start(mut command: Command) -> Result<Self> {
        Ok(Self { leader: command.stdin(Stdio::null()).process_group(0).spawn()? })
    }

    /// Ends the group and collects its leader; stopping it twice is harmless.
    fn stop(&mut self) -> Result<()> {
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
struct Window {
    client: Client,
}

impl Window {
    async fn find(&self, testid: &str) -> Result<fantoccini::elements::Element> {
        let selector = format!("[data-testid='{testid}']");
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(&selector)).await;
        match found {
            Ok(element) => Ok(element),
            Err(error) => bail!("the page shows no {testid}: {error}; its faults: {:?}", self.faults().await?),
        }
    }

    async fn text_of(&self, testid: &str) -> Result<String> {
        Ok(self.find(testid).await?.text().await?)
    }

    async fn click(&self, testid: &str) -> Result<()> {
        Ok(self.find(testid).await?.click().await?)
    }

    async fn evaluate(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, vec![]).await?)
    }

    /// Label, width and height of every button that a gloved finger would miss.
    async fn small_targets(&self) -> Result<Value> {
        self.evaluate(
            "return [...document.querySelectorAll('button, a, [role=button]')]
               .map((target) => [target.textContent, target.getBoundingClientRect()])
               .filter(([, box]) => box.width < 48 || box.height < 48)
               .map(([label, box]) => [label, box.width, box.height])",
        )
        .await
    }

    /// What went wrong in the page so far; debug builds of the app keep that list from the first moment on.
    async fn faults(&self) -> Result<Vec<String>> {
        let faults = self.evaluate("return window.xunjianPageFaults").await?;
        serde_json::from_value(faults).context("the app keeps no list of page faults: is it a release build?")
    }

    /// Puts an inline style into the page, which the policy forbids, and waits until the page had time to say so.
    async fn break_the_policy(&self) -> Result<()> {
        let script = "const done = arguments[arguments.length - 1]
                      document.addEventListener('securitypolicyviolation', () => done(null), { once: true })
                      document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\"></p>')
                      setTimeout(() => done(null), 5000)";
        self.client.execute_async(script, vec![]).await?;
        Ok(())
    }

    /// Keeps what a person would see now, for people to look at: the test asserts nothing about pixels.
    async fn screenshot(&self, name: &str) -> Result<()> {
        // Two frames and the fonts later, transitions included, what was asked for is what is painted.
        let script = "const done = arguments[arguments.length - 1]
                      document.fonts.ready
                        .then(() => Promise.all(document.getAnimations().map((animation) => animation.finished)))
                        .catch(() => null)
                        .then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))";
        self.client.execute_async(script, vec![]).await?;
        let folder = target_folder()?.join("screens");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("{name}.png")), self.client.screenshot().await?)?;
        Ok(())
    }

    async fn close(self) -> Result<()> {
        Ok(self.client.close().await?)
    }
}

/// cargo's target folder, which this test's own program lies in, wherever a site has moved it.
fn target_folder() -> Result<PathBuf> {
    let test_program = std::env::current_exe()?;
    let target = test_program.ancestors().nth(3).context("a test program lies in target/PROFILE/deps")?;
    Ok(target.to_path_buf())
}

/// The debug build of the app, because only that one lists its page faults.
fn app_binary() -> Result<PathBuf> {
    let binary = target_folder()?.join("debug").join("xunjian-app");
    ensure!(
        Path::exists(&binary),
        "{} is missing: run `make test`, which builds ui/dist and the app first, or `make app` for these two alone",
        binary.display()
    );
    Ok(binary)
}
