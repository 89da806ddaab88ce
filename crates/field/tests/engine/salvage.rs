//! A damaged database is moved aside, and nothing that was sealed is lost with it.

use std::{io::Write as _, path::Path};

use xunjian_domain::plan::VisitKind;

use crate::{
    service::Service,
    terminal::{Terminal, passphrase},
};

/// Overwrites whole pages of the database, from the first byte on or from somewhere inside.
fn damage(folder: &Path, from: f64, to: f64) {
    let path = folder.join("field.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = |part: f64| (bytes.len() as f64 * part) as usize;
    let (from, to) = (at(from), at(to));
    bytes[from..to].fill(0xA5);
    std::fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
}

/// Two sealed records with photos, one of them delivered, and an open draft.
async fn worked(service: &Service) -> Terminal {
    let terminal = Terminal::of_li(service).await;
    terminal.walks(VisitKind::Room, 1);
    assert_eq!(terminal.syncs(service).await.delivered, 1);
    terminal.walks(VisitKind::Cluster, 2);
    let visit = terminal.visit(VisitKind::System);
    terminal.answers_all(&visit, 3);
    terminal.field.lock();
    terminal
}

#[tokio::test]
async fn every_sealed_record_survives_any_damaged_page() {
    let service = Service::start();
    for (from, to) in [(0.0, 0.02), (0.0, 1.0), (0.3, 0.5), (0.6, 0.9), (0.98, 1.0)] {
        let terminal = worked(&service).await;
        let before: Vec<_> = {
            terminal.field.unlock("李巡检", &passphrase()).unwrap();
            let ids = terminal.field.records().unwrap().iter().map(|record| record.id).collect();
            terminal.field.lock();
            ids
        };
        damage(terminal.folder.path(), from, to);
        terminal.field.unlock("李巡检", &passphrase()).unwrap();

        let records = terminal.field.records().unwrap();
        let after: Vec<_> = records.iter().map(|record| record.id).collect();
        assert_eq!(after, before, "{from}–{to}: both records, in the order of the chain");
        let view = terminal.field.session(None).unwrap();
        let told = view.warnings.iter().find(|text| text.zh.contains("损坏")).expect("the person is told");
        assert!(told.zh.contains("2 份记录全部找回"), "{}", told.zh);
        let aside = std::fs::read_dir(terminal.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .find(|name| name.starts_with("damaged-"))
            .expect("the damaged file is kept");
        assert!(terminal.folder.path().join(aside).join("field.db").exists());
        assert_eq!(terminal.field.recovery().missing, [], "the photos are adopted again");

        terminal.field.pull(&service).await.unwrap();
        let report = terminal.syncs(&service).await;
        assert_eq!(report.still_pending, 0, "{from}–{to}: {:?}", report.errors);
        let states: Vec<_> = terminal.field.records().unwrap().iter().map(|record| record.state).collect();
        assert!(states.iter().all(|state| state.zh() == "已送达"), "{from}–{to}: {states:?}");
        let visit = terminal.visit(VisitKind::System);
        terminal.answers_all(&visit, 3);
        assert_eq!(terminal.seals(&visit).sequence, 3, "the chain goes on where it was");
        assert_eq!(terminal.syncs(&service).await.delivered, 1);
        terminal.restarts();
    }
}

#[tokio::test]
async fn drafts_on_readable_pages_are_taken_over_too() {
    let service = Service::start();
    let terminal = worked(&service).await;
    // Only the last pages: the schema and most tables can still be read.
    damage(terminal.folder.path(), 0.995, 1.0);
    terminal.field.unlock("李巡检", &passphrase()).unwrap();
    let status = terminal.field.status().unwrap();
    assert_eq!(status.people.len(), 1);
    assert!(status.drafts <= 1);
    assert!(status.warnings.iter().any(|text| text.zh.contains("损坏")));
}

#[tokio::test]
async fn a_crash_while_the_new_database_is_put_in_place_is_made_up_for() {
    let service = Service::start();
    let terminal = worked(&service).await;
    let folder = terminal.folder.path().to_owned();
    // What a kill leaves between the two renames: the new one complete, the old one moved away.
    std::fs::rename(folder.join("field.db"), folder.join("field.db.new")).unwrap();
    std::fs::write(folder.join("field.db-wal"), b"what the damaged one had left").unwrap();
    let terminal = terminal.restarts();
    assert_eq!(terminal.field.records().unwrap().len(), 2);
}

#[tokio::test]
async fn copies_of_records_that_a_crash_left_out_are_made_at_the_next_unlocking() {
    let service = Service::start();
    let terminal = worked(&service).await;
    let kept = terminal.folder.path().join("kept");
    let names = || std::fs::read_dir(&kept).unwrap().count();
    assert_eq!(names(), 3, "two records and the identity");
    for entry in std::fs::read_dir(&kept).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.extension().is_some_and(|ending| ending == "record") {
            std::fs::remove_file(entry).unwrap();
        }
    }
    terminal.field.unlock("李巡检", &passphrase()).unwrap();
    assert_eq!(names(), 3);
}
