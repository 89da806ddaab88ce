//! Many large photos in one visit, and a disk that fills up while they are taken.
//!
//! `XUNJIAN_SOAK=1` takes 500 photos of 3 MB, otherwise 30. With `XUNJIAN_SMALL_DISK=1` the temporary directory is a real
//! small disk (scripts/soak.sh mounts one) and is filled to the reserve; otherwise the system's answer is rehearsed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![allow(dead_code, reason = "the engine's test service and terminal can do more than is needed here")]

#[path = "engine/service.rs"]
mod service;
#[path = "engine/site.rs"]
mod site;
#[path = "engine/terminal.rs"]
mod terminal;

use std::{
    io::Cursor,
    sync::{Mutex, PoisonError},
};

use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use xunjian_domain::{ids::VisitId, plan::VisitKind};
use xunjian_field::{Attached, Code, FieldError, LineSelector, NewPhoto, PhotoSize};
use xunjian_proof::record::Capture;

use crate::{
    service::Service,
    terminal::{Terminal, normal},
};

/// Memory and fault points are the process's: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

/// Growth beyond this is a leak, or photos kept in memory: 30 photos of 3 MB would be 90.
const MOST_GROWTH: u64 = 48 << 20;

/// A 12-megapixel JPEG of some 3 MB.
fn large_photo() -> Vec<u8> {
    let picture = RgbImage::from_fn(4000, 3000, |x, y| {
        let grain = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)) >> 26;
        Rgb([(x / 16) as u8 ^ grain as u8, (y / 12) as u8 ^ grain as u8, (grain * 2) as u8])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 75)).unwrap();
    sized(&bytes.into_inner(), 3_000_000)
}

/// Filled up to `least` bytes with comments after the first marker (ITU-T T.81, B.2.4.5); the picture is the same.
fn sized(photo: &[u8], least: usize) -> Vec<u8> {
    let mut bytes = photo[..2].to_vec();
    while bytes.len() + photo.len() < least {
        bytes.extend([0xff, 0xfe, 0xff, 0xff]);
        bytes.extend(std::iter::repeat_n(b' ', 65_533));
    }
    bytes.extend(&photo[2..]);
    bytes
}

/// Another file with the same picture: a comment with a number.
fn numbered(photo: &[u8], no: u32) -> Vec<u8> {
    [&photo[..2], &[0xff, 0xfe, 0, 6], &no.to_be_bytes(), &photo[2..]].concat()
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

fn attach(terminal: &Terminal, visit: &VisitId, bytes: &[u8]) -> Result<Attached, FieldError> {
    let photo = NewPhoto { bytes, file_name: "", capture: Capture::Camera, caption: "", layer: None, after_of: None };
    terminal.field.attach_photo(terminal.draft(visit), Some(&LineSelector::No { line: 1 }), photo)
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "each test has a runtime of its own")]
async fn hundreds_of_large_photos_take_no_more_memory_than_the_first() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let count = if std::env::var_os("XUNJIAN_SOAK").is_some() { 500 } else { 30 };
    if std::env::var_os("XUNJIAN_SMALL_DISK").is_some() {
        println!("a small disk has no room for this: run without XUNJIAN_SMALL_DISK");
        return;
    }
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let room = terminal.visit(VisitKind::Room);
    terminal.starts(&room);
    let photo = large_photo();
    assert!(photo.len() >= 3_000_000, "{} bytes", photo.len());
    let (mut before, mut most) = (0, 0);
    for no in 0..count {
        let stored = attach(&terminal, &room, &numbered(&photo, no)).unwrap().evidence;
        if no % 10 == 0 {
            terminal.field.photo_rendition(stored.sha256, PhotoSize::Thumbnail).unwrap();
        }
        most = most.max(resident());
        if no == 4 {
            before = most;
        }
    }
    let growth = most - before;
    println!(
        "{count} photos of {} bytes: {before} bytes resident after 5, at most {growth} more later",
        photo.len() + 10
    );
    assert!(growth < MOST_GROWTH, "{growth} bytes more after {count} photos");
    assert_eq!(terminal.shows(&room).evidence.len(), count as usize, "every one is there");
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "each test has a runtime of its own")]
async fn on_a_full_disk_photos_stop_with_a_clear_word_and_answers_go_on() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let room = terminal.visit(VisitKind::Room);
    terminal.answers_all(&room, 1);
    let is_really_small = std::env::var_os("XUNJIAN_SMALL_DISK").is_some();
    let photo = large_photo();
    let mut kept = 0;
    let refusal = loop {
        if kept == 3 && !is_really_small {
            fail::cfg("photo.before_write", "return(full)").unwrap();
        }
        match attach(&terminal, &room, &numbered(&photo, kept)) {
            Ok(_) => kept += 1,
            Err(refusal) => break refusal,
        }
        assert!(kept < 60, "the small disk never fills up");
    };
    assert!(kept > 0, "some fitted");
    assert_eq!(refusal.code(), Code::Photo);
    assert!(refusal.text().zh.contains("空间不够，照片没有保存"), "{}", refusal.text().zh);
    assert!(refusal.text().en.contains("Not enough space; the photo was not kept"), "{}", refusal.text().en);
    let incoming = terminal.folder.path().join("photos/incoming");
    assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0, "no half photo is left");

    // The reserve is for this: answering, sealing and syncing need no photo more.
    let note = xunjian_field::NewAnswer { note: "磁盘已满".into(), ..normal(1) };
    let checks = terminal.shows(&room).lines[0].checks.clone();
    assert!(!checks.is_empty(), "the line has checks that stay as they were");
    terminal.answers(&room, &note).unwrap();
    assert_eq!(terminal.shows(&room).lines[0].answer.as_ref().unwrap().note, "磁盘已满");
    terminal.seals(&room);
    assert_eq!(terminal.syncs(&service).await.delivered, 1, "and what was taken is delivered");
    fail::remove("photo.before_write");
    println!("{kept} photos fitted");
}
