//! Disks of many sizes that fill up, each a tmpfs in a mount namespace of its own. `XUNJIAN_SOAK=1` takes 20 sizes, otherwise 3.
//!
//! On each: photos until the reserve is reached; answers and a photo's refusal in words; then a ballast that leaves a few bytes
//! of the disk, and answers until one fails in words; then room again, and everything goes on, is sealed and delivered.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    process::{Headless, Step},
    service::Service,
    terminal::options,
};

/// The product's reserve, `photo::store::DEFAULT_RESERVE_BYTES`.
const RESERVE_KIB: u64 = 200 << 10;
/// What the terminal itself takes before the first photo, with room to spare.
const TERMINAL_KIB: u64 = 6 << 10;

const NAME: &str = "disk::on_a_disk_that_fills_up_nothing_confirmed_is_lost_and_room_lets_it_go_on";

#[tokio::test]
async fn on_a_disk_that_fills_up_nothing_confirmed_is_lost_and_room_lets_it_go_on() {
    if let Some(disk) = std::env::var_os("XUNJIAN_DISK") {
        let left = std::env::var("XUNJIAN_DISK_LEFT_KIB").unwrap().parse().unwrap();
        return fills(Path::new(&disk), left).await;
    }
    let is_soak = std::env::var_os("XUNJIAN_SOAK").is_some();
    let is_permitted = Command::new("unshare")
        .args(["--map-root-user", "--mount", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !is_permitted {
        assert!(!is_soak, "a sweep of disk sizes needs `unshare --map-root-user --mount`, which is not permitted here");
        eprintln!("NOT RUN: no disk was filled, because `unshare --map-root-user --mount` is not permitted here");
        return;
    }
    let sizes: Vec<u64> = (0..if is_soak { 20 } else { 3 }).collect();
    for no in &sizes {
        // From one photo's room to many, and a different number of pages left at the end.
        let size_kib = RESERVE_KIB + TERMINAL_KIB + 512 + no * 797;
        let left_kib = no * no * 3 % 257;
        let (disk, camera) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let script =
            r#"mount -t tmpfs -o "size=${1}k" xunjian "$2"; export TMPDIR="$2"; exec "$3" --exact "$4" --nocapture"#;
        let output = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-eu", "-c", script, "sh", &size_kib.to_string()])
            .args([disk.path(), std::env::current_exe().unwrap().as_path(), Path::new(NAME)])
            .env("XUNJIAN_DISK", disk.path())
            .env("XUNJIAN_DISK_LEFT_KIB", left_kib.to_string())
            .env("XUNJIAN_CAMERA", camera.path())
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{size_kib} KiB: {out}{err}");
        let told = out.lines().find(|line| line.starts_with("filled:")).unwrap_or_else(|| panic!("{out}{err}"));
        println!("{size_kib} KiB, {left_kib} KiB left by the ballast; {told}");
    }
    println!("{} disk sizes", sizes.len());
}

fn free_kib(disk: &Path) -> u64 {
    let disk = rustix::fs::statvfs(disk).unwrap();
    disk.f_bavail * disk.f_frsize / 1024
}

/// What a command that failed said, in Chinese.
fn refusal(terminal: &mut Headless, step: &Step) -> Option<String> {
    let output = terminal.process(step).output().unwrap();
    if terminal.hears(step, &output) {
        return None;
    }
    assert!(output.status.code().is_some(), "it says why and ends by itself: {output:?}");
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    Some(printed["error"]["message"]["zh"].as_str().unwrap().to_owned())
}

/// Says that it is the disk, that nothing was saved, and what to do. Some failures of SQLite on a full disk are named no nearer.
fn is_clear(said: &str) -> bool {
    said.contains("磁盘") && said.contains("刚才的操作没有保存") && said.contains('请')
}

fn ballast(disk: &Path, name: &str, kib: u64) -> PathBuf {
    let path = disk.join(name);
    let file = fs::File::create(&path).unwrap();
    // An allocation of nothing is refused (EINVAL).
    if kib > 0 {
        rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, kib * 1024).unwrap();
    }
    path
}

async fn fills(disk: &Path, left_kib: u64) {
    let service = Service::start();
    let mut terminal = Headless::with_room(&service).await;
    assert!(terminal.folder.starts_with(disk), "the terminal lives on the small disk");
    let spare = ballast(disk, "spare", 300);

    // 1. Photos stop at the reserve, in words; what was kept before is there.
    let mut kept = 0;
    let said = loop {
        let photo = terminal.shoots(kept, 150_000);
        match refusal(&mut terminal, &photo) {
            None => kept += 1,
            Some(said) => break said,
        }
        assert!(kept < 500, "the disk never fills up");
    };
    assert!(kept > 0, "some fitted");
    assert!(said.contains("空间不够，照片没有保存"), "{said}");
    assert!(free_kib(disk) >= RESERVE_KIB, "the reserve was not touched: {} KiB free", free_kib(disk));
    terminal.does(&Step::Answer { line: 2, note: "照片拍不下了，仍可作答".into() });
    drop(terminal.check("photos stopped"));

    // 2. Somebody else fills the disk to the brim; answers stop in words.
    let mut brim = vec![ballast(disk, "brim", free_kib(disk).saturating_sub(left_kib))];
    let mut answered = 0;
    let said = loop {
        let note = format!("第{answered}条{}", "满".repeat(200));
        match refusal(&mut terminal, &Step::Answer { line: 3 + answered % 8, note }) {
            None => answered += 1,
            Some(said) => break said,
        }
        // Each command gives back what its log took when it ends, so the disk is made half as free each time.
        brim.push(ballast(disk, &format!("brim-{answered}"), free_kib(disk).div_ceil(2)));
        assert!(answered < 40, "the disk never fills up");
    };
    assert!(is_clear(&said), "{said}");
    let said = refusal(&mut terminal, &Step::Seal);
    assert!(said.as_ref().is_none_or(|said| is_clear(said)), "{said:?}");

    // 3. Room again: nothing confirmed was lost, and everything goes on.
    brim.iter().for_each(|ballast| fs::remove_file(ballast).unwrap());
    drop(terminal.check("the disk was full"));
    if terminal.sealed.is_none() {
        terminal.does(&Step::Answer { line: 1, note: "又有空间了".into() });
        fs::remove_file(spare).unwrap();
        let photo = terminal.shoots(999, 150_000);
        terminal.does(&photo);
        terminal.does(&Step::Seal);
    }
    let field = terminal.check("room again").field;
    let report = field.sync_now(&service, &options()).await.unwrap();
    assert_eq!((report.delivered, report.still_pending), (1, 0), "{:?}", report.errors);
    println!("filled: {kept} photos to the reserve, {answered} answers to the brim, then sealed and delivered");
}
