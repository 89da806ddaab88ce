//! At rest: nothing that was typed, photographed or read from the ledger stands in the data folder in the clear.
//!
//! The search is first proven on an unencrypted export of the same data, which the product itself writes.

use std::path::{Path, PathBuf};

use xunjian_domain::plan::VisitKind;
use xunjian_field::{NewAnswer, PhotoSize};

use crate::{
    service::Service,
    terminal::{Terminal, normal},
};

const NOTE: &str = "冷通道地面有积水，已通知物业";

/// What must not be found, in UTF-8 and in UTF-16 of either byte order.
fn needles() -> Vec<(String, Vec<u8>)> {
    let texts = ["李巡检", "一号机房", "host-server", "SN-server", "市公安局", NOTE, "平板A", "广州演示"];
    let spelled = |text: &str| {
        let units: Vec<u16> = text.encode_utf16().collect();
        [
            (format!("{text} (UTF-8)"), text.as_bytes().to_vec()),
            (format!("{text} (UTF-16LE)"), units.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
            (format!("{text} (UTF-16BE)"), units.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
        ]
    };
    let mut needles: Vec<_> = texts.iter().flat_map(|text| spelled(text)).collect();
    needles.push(("a JPEG".into(), b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec()));
    needles.push(("plain SQLite".into(), b"SQLite format 3\0".to_vec()));
    needles
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found
}

/// Needles found, each with the file it was found in.
fn search(folder: &Path) -> Vec<(String, String)> {
    let needles = needles();
    let mut found = Vec::new();
    for file in files(folder) {
        let bytes = std::fs::read(&file).unwrap();
        let shown = file.strip_prefix(folder).unwrap().display().to_string();
        for (name, needle) in &needles {
            let is_inside = bytes.windows(needle.len()).any(|window| window == needle) || shown.contains(name);
            if is_inside {
                found.push((name.clone(), shown.clone()));
            }
        }
    }
    found
}

/// A rack and a room walked, with texts, photos, smaller copies and scratch; the rack sealed.
async fn walked(service: &Service) -> Terminal {
    let terminal = Terminal::of_li(service).await;
    let rack = terminal.visit(VisitKind::Rack);
    terminal.answers_all(&rack, 1);
    terminal.answers(&rack, &NewAnswer { note: NOTE.into(), ..normal(1) }).unwrap();
    let room = terminal.visit(VisitKind::Room);
    terminal.answers_all(&room, 2);
    let photo = terminal.shows(&room).evidence[0].sha256;
    terminal.field.photo_rendition(photo, PhotoSize::Thumbnail).unwrap();
    terminal.field.keep_scratch(&terminal.li.id, "note", Some(NOTE)).unwrap();
    terminal.seals(&rack);
    terminal.walks(VisitKind::Room, 2);
    terminal
}

#[tokio::test]
async fn the_search_finds_every_needle_in_an_unencrypted_export_and_none_in_the_data_folder() {
    let service = Service::start();
    let terminal = walked(&service).await;
    let export = tempfile::tempdir().unwrap();
    for (no, record) in terminal.field.records().unwrap().iter().enumerate() {
        terminal.field.export_record(&record.id.to_hex(), &export.path().join(no.to_string())).unwrap();
    }
    // The envelope carries its payload in base 64; beside it stands the record as text.
    for file in files(export.path()) {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let envelope: Option<serde_json::Value> = serde_json::from_str(&text).ok();
        if let Some(payload) = envelope.as_ref().and_then(|envelope| envelope["payload"].as_str()) {
            let payload = data_encoding::BASE64.decode(payload.as_bytes()).unwrap();
            let units: Vec<u16> = String::from_utf8(payload.clone()).unwrap().encode_utf16().collect();
            std::fs::write(file.with_extension("utf8"), payload).unwrap();
            let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            std::fs::write(file.with_extension("utf16le"), little).unwrap();
            std::fs::write(file.with_extension("utf16be"), big).unwrap();
        }
    }
    let plain = rusqlite::Connection::open(export.path().join("plain.db")).unwrap();
    plain.execute_batch("CREATE TABLE terminal (name TEXT); INSERT INTO terminal VALUES ('平板A 广州演示');").unwrap();
    drop(plain);
    let control = search(export.path());
    // Names of terminal and site are not part of a record; the plain database has them, in UTF-8.
    for (name, _) in needles()
        .iter()
        .filter(|(name, _)| !(name.contains("UTF-16") && (name.contains("平板A") || name.contains("广州演示"))))
    {
        assert!(control.iter().any(|(found, _)| found == name), "the search must find {name}: {control:?}");
    }

    let folder = terminal.folder.path();
    let names: Vec<String> =
        files(folder).iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect();
    for expected in ["field.db", "field.db-wal", "door", "identity"] {
        assert!(names.iter().any(|name| name == expected), "{expected} is among what was searched: {names:?}");
    }
    assert_eq!(search(folder), [], "while somebody works, WAL and all");
    terminal.field.lock();
    assert_eq!(search(folder), [], "and locked");
}

#[tokio::test]
async fn a_sync_sends_the_photos_as_they_were_taken() {
    let service = Service::start();
    let terminal = walked(&service).await;
    let report = terminal.syncs(&service).await;
    assert_eq!(report.delivered, 2, "the service hashed every photo: {:?}", report.errors);
}
