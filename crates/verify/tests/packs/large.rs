//! Many photos in flat memory: the verifier reads a pack of 16,000 with `XUNJIAN_SOAK=1`, of 2,000 otherwise, below the same bound.

use std::{
    fs,
    io::{BufWriter, Write as _},
    process::{Command, Stdio},
};

use xunjian_proof::pack::{PackKind, Profile};
use xunjian_testkit::packs::World;

use super::parts::fingerprint;

/// The highest resident size of a process so far, in bytes; `None` once it has ended.
fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

#[test]
fn many_photos_are_verified_in_flat_memory() {
    let is_soak = std::env::var_os("XUNJIAN_SOAK").is_some();
    let (records, each) = if is_soak { (160, 100) } else { (20, 100) };
    let mut world = World::planned(records);
    for visit in 0..usize::try_from(records).unwrap() {
        let photos: Vec<(u64, usize)> = (0..each).map(|photo| (visit as u64 * 1_000 + photo + 1, 6_000)).collect();
        world.walk(visit, &photos, |_| ());
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut out = BufWriter::new(file.reopen().unwrap());
    world.write_pack(PackKind::Round, Profile::Full, &mut out);
    out.flush().unwrap();
    let mut verify = Command::new(env!("CARGO_BIN_EXE_xunjian-verify"))
        .arg(file.path())
        .args(["--root", &fingerprint(&world)])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut highest = 0;
    let status = loop {
        if let Some(status) = verify.try_wait().unwrap() {
            break status;
        }
        highest = highest.max(peak(verify.id()).unwrap_or(0));
        std::thread::yield_now();
    };
    assert!(status.success());
    let photos = records * each;
    println!("{photos} photos: {} MiB at most", highest >> 20);
    assert!(highest > 0 && highest < 256 << 20, "{highest} bytes");
}
