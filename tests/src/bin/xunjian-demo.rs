//! `make demo`: one real inspection without a screen, told step by step, with a table of what came of it. And what `make run`
//! does for the service: make the demo site once, start it, say what to open, leave it running.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Parser;
use xunjian_tests::{CONSOLE_PASSWORD, PASSPHRASE, Service, Story, StoryOptions, print_table, workspace};

/// Where `make run` serves; another port when this one is taken.
const USUAL_ADDRESS: &str = "127.0.0.1:8731";

/// Plays one real inspection: ledger → plan → labels → visits → seal → sync → receipts → openssl.
#[derive(Parser)]
struct Arguments {
    /// Folder for everything it makes. Without --stay, what an earlier demo left there is removed.
    #[arg(long)]
    folder: PathBuf,
    /// Ledger files instead of the demo's own.
    #[arg(long = "ledger")]
    ledgers: Vec<PathBuf>,
    /// Keep the site of an earlier run, start its service and leave it running.
    #[arg(long)]
    stay: bool,
    /// With --stay: play the inspection when the site is new, because there is no screen to do it by hand.
    #[arg(long)]
    headless: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = arguments.folder;
    let made_by_us = folder.join(".xunjian-demo");
    if !arguments.stay && made_by_us.is_file() {
        fs::remove_dir_all(&folder)?;
    }
    let own = ["ledger.xlsx", "virtual_machines.csv", "orders.csv"].map(|name| workspace().join("demo").join(name));
    let ledgers = if arguments.ledgers.is_empty() { own.to_vec() } else { arguments.ledgers };
    fs::create_dir_all(&folder)?;
    let folder = fs::canonicalize(&folder)?;
    let options = StoryOptions { folder: folder.clone(), ledgers, is_told: true };
    if arguments.stay {
        return stay(options, arguments.headless);
    }
    let mut story = Story::new(options)?;
    fs::write(made_by_us, "")?;
    let done = story.play()?;
    print_table(&story, &done);
    Ok(())
}

fn stay(options: StoryOptions, headless: bool) -> anyhow::Result<()> {
    let folder = options.folder.clone();
    let story = if folder.join("central/site-root.json").is_file() {
        Story::resume(options)?
    } else {
        // A run that was cut off while it made the site left no complete one: start over.
        for half in fs::read_dir(&folder)?.flatten().filter(|entry| entry.path().is_dir()) {
            fs::remove_dir_all(half.path())?;
        }
        let mut story = Story::new(options)?;
        if headless {
            let done = story.play()?;
            print_table(&story, &done);
        } else {
            story.open_office()?;
        }
        story.open_console_account()?;
        story
    };
    let address = folder.join("central/address.txt");
    let running = fs::read_to_string(&address).ok().filter(|url| is_healthy(url));
    let (url, how) = match running {
        Some(url) => (url, "已在运行 · was running already".to_owned()),
        None => {
            let data = story.central_folder();
            let service = Service::start_at(story.programs(), &data, USUAL_ADDRESS, &[])
                .or_else(|_| Service::start(story.programs(), &data, &[]))?;
            let url = service.url.clone();
            (url, format!("进程 {} · stop it with: kill {0}", service.leave_running()))
        }
    };
    tell(&url, &how, &folder);
    Ok(())
}

fn tell(url: &str, how: &str, folder: &Path) {
    let at = folder.display();
    println!("\n服务 service      {url}   {how}");
    println!("控制台 console    {url}/console/    账号 name: console   密码 password: {CONSOLE_PASSWORD}");
    println!("站点 site         {url}/            根指纹 its root fingerprint · {url}/openapi.json  接口 API");
    println!("数据 data         {at}   （全部数据都在这里 · everything lives here）");
    println!(
        "人员 people       镕堃（服务方，巡检人员 inspector） · 王䶮（管理方，复核 reviewer） · 陈㛃（管理员 administrator）"
    );
    println!("登记终端 enrol    1. 控制台 → 人员 → 镕堃 → 登记码，或 console → People → 镕堃 → code, or:");
    println!("                     target/debug/xunjian --data {at}/central terminal enrol-code --person 镕堃");
    println!("                  2. 在应用窗口里粘贴或输入 · paste or type it into the app's window");
    println!("                  3. 由根密钥的保管者签发 · the holder of the root key signs:");
    println!("                     target/debug/xunjian --data {at}/central key approve --root {at}/root-of-管理方");
    if folder.join("terminal/field.db").is_file() {
        println!("演示终端口令 passphrase of the demo's terminal: {PASSPHRASE}");
    }
}

/// Whether a service answers there.
fn is_healthy(url: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let address = url.trim_start_matches("http://");
        let target = address.parse().map_err(std::io::Error::other)?;
        let mut stream = TcpStream::connect_timeout(&target, Duration::from_secs(2))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET /healthz HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.contains(" 200 "))
    };
    ask().unwrap_or(false)
}
