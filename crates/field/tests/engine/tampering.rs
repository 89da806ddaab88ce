//! The tamper table of the local data: somebody has the database key (here: got with the site's recovery key) and changes the
//! folder while the program is off. Each change is named at the next start or the next synchronisation, and costs nothing
//! else. What needs no naming is said, too: an answer nobody has signed for.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead as _, KeyInit as _, Payload},
};
use hkdf::Hkdf;
use rusqlite::Connection;
use sha2::Sha256 as Hash;
use xunjian_domain::{hash::Sha256, plan::VisitKind};
use xunjian_field::{Code, Field, RecordState, keys::Keystore, tampering::Tampering};
use xunjian_protocol::{problem::ProblemCode, recovery::Leg};

use crate::{
    service::Service,
    terminal::{Terminal, enrol, jpeg, open, open_with, passphrase},
    unlock::Memory,
};

/// Somebody who has the folder and the key of its database, but none of the keys that sign.
pub struct Intruder {
    key: [u8; 32],
    folder: PathBuf,
}

impl Intruder {
    pub fn at(terminal: &Terminal, service: &Service) -> Self {
        let request = terminal.field.ask_recovery().unwrap();
        let about = (&request.site, &request.terminal);
        let key = service.recovery.open(Leg::ToKeeper, about, &request.sealed).unwrap();
        Self { key: *key, folder: terminal.folder.path().to_owned() }
    }

    /// Runs statements on the database, without its rules.
    pub fn writes(&self, statements: &str) {
        let database = Connection::open(self.folder.join("field.db")).unwrap();
        let key: String = self.key.iter().map(|byte| format!("{byte:02x}")).collect();
        database.execute_batch(&format!("PRAGMA key = \"x'{key}'\"; PRAGMA foreign_keys = OFF;")).unwrap();
        let rules = ["record_is_immutable", "record_stays", "record_state_goes_one_way"];
        let spelled = rules.map(|rule| {
            let spelled: String =
                database.query_row("SELECT sql FROM sqlite_master WHERE name = ?1", [rule], |row| row.get(0)).unwrap();
            database.execute_batch(&format!("DROP TRIGGER {rule}")).unwrap();
            spelled
        });
        database.execute_batch(statements).unwrap();
        spelled.iter().for_each(|rule| database.execute_batch(rule).unwrap());
    }

    fn copy_of(&self, record: Sha256) -> PathBuf {
        self.folder.join(format!("kept/{record}.record"))
    }

    fn photo(&self, photo: Sha256) -> PathBuf {
        let name = photo.to_hex();
        self.folder.join("photos/originals").join(&name[..2]).join(name)
    }

    /// Replaces the copy of a record beside the database with something encrypted in the right way.
    fn forges_copy(&self, record: Sha256, text: &[u8]) {
        let mut key = [0; 32];
        Hkdf::<Hash>::new(None, &self.key).expand(b"xunjian kept v1", &mut key).unwrap();
        let (nonce, name) = ([9; 24], format!("{record}.record"));
        let payload = Payload { msg: text, aad: name.as_bytes() };
        let sealed = XChaCha20Poly1305::new((&key).into()).encrypt(&XNonce::from(nonce), payload).unwrap();
        fs::write(self.copy_of(record), [nonce.as_slice(), &sealed].concat()).unwrap();
    }
}

/// Two delivered records with a photo each, a third that waits, an open draft with a photo; and the intruder.
async fn worked(service: &Service) -> (Terminal, Intruder) {
    let terminal = Terminal::of_li(service).await;
    terminal.walks(VisitKind::Room, 1);
    terminal.walks(VisitKind::Cluster, 2);
    assert_eq!(terminal.syncs(service).await.delivered, 2);
    terminal.walks(VisitKind::System, 3);
    let rack = terminal.visit(VisitKind::Rack);
    terminal.starts(&rack);
    terminal.attaches(&rack, 1, &jpeg(44));
    let intruder = Intruder::at(&terminal, service);
    (terminal, intruder)
}

fn records(terminal: &Terminal) -> Vec<(u64, Sha256)> {
    terminal.field.records().unwrap().iter().map(|row| (row.sequence, row.id)).collect()
}

fn noticed(field: &Field) -> Vec<Tampering> {
    field.tampering().unwrap().into_iter().map(|noticed| noticed.tampering).collect()
}

/// Changes the folder while the program is off.
fn while_off(terminal: Terminal, change: impl FnOnce()) -> Terminal {
    let Terminal { field, clock, li, folder } = terminal;
    drop(field);
    change();
    let field = open(folder.path(), &clock);
    field.unlock(li.id.as_str(), &passphrase()).unwrap();
    Terminal { field, clock, li, folder }
}

/// Named on every screen that shows warnings, in both languages, with what to do; and still after another start.
fn is_told(terminal: Terminal, expected: &[Tampering]) -> Terminal {
    assert_eq!(noticed(&terminal.field), expected);
    for expected in expected {
        let text = expected.text();
        let status = terminal.field.status().unwrap();
        let session = terminal.field.session(None).unwrap();
        assert!(status.warnings.contains(&text) && session.warnings.contains(&text), "{expected:?}");
        assert!(text.zh.contains('请') && text.zh != text.en, "says what to do: {}", text.zh);
    }
    let terminal = terminal.restarts();
    assert_eq!(noticed(&terminal.field), expected, "said once, and not forgotten");
    terminal
}

/// Nothing else was lost: the records are those of before, everything goes up, and the next seal takes the next place.
async fn goes_on(terminal: &Terminal, service: &Service, before: &[(u64, Sha256)]) {
    assert_eq!(records(terminal), before, "every record, at its place");
    let rack = terminal.visit(VisitKind::Rack);
    assert_eq!(terminal.shows(&rack).evidence.len(), 1, "the draft and its photo");
    terminal.answers_all(&rack, 5);
    let next = terminal.seals(&rack);
    let last = before.last().unwrap();
    assert_eq!((next.sequence, next.previous), (last.0 + 1, Some(last.1)));
    let report = terminal.syncs(service).await;
    assert_eq!((report.still_pending, report.quarantined), (0, 0), "{:?}", report.errors);
    assert_eq!(service.records_stored(), before.len() + 1);
    assert!(terminal.field.records().unwrap().iter().all(|row| row.state == RecordState::Delivered));
}

fn is_kept_as_evidence(terminal: &Terminal) -> bool {
    let names = fs::read_dir(terminal.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    names.into_iter().any(|name| name.to_string_lossy().starts_with("tampered-"))
}

#[tokio::test]
async fn the_row_of_a_sealed_record_deleted() {
    for place in [1, 2, 3] {
        let service = Service::start();
        let (terminal, intruder) = worked(&service).await;
        let before = records(&terminal);
        let record = before[place - 1].1;
        let terminal = while_off(terminal, || {
            intruder.writes(&format!(
                "DELETE FROM receipt WHERE record = '{record}'; DELETE FROM record_blob WHERE record = '{record}';
                 DELETE FROM outbox WHERE record = '{record}'; DELETE FROM record WHERE id = '{record}';"
            ));
        });
        let named = Tampering::RecordRemoved { sequence: place as u64, record };
        let terminal = is_told(terminal, &[named]);
        assert!(is_kept_as_evidence(&terminal), "the database as the intruder left it is kept");
        goes_on(&terminal, &service, &before).await;
    }
}

#[tokio::test]
async fn the_row_and_its_copy_deleted_leave_a_gap_that_is_named() {
    let service = Service::start();
    let (terminal, intruder) = worked(&service).await;
    let before = records(&terminal);
    let (first, last) = (before[0].1, before[2].1);
    let terminal = while_off(terminal, || {
        intruder.writes(&format!("DELETE FROM record WHERE id IN ('{first}', '{last}')"));
        fs::remove_file(intruder.copy_of(first)).unwrap();
        fs::remove_file(intruder.copy_of(last)).unwrap();
    });
    let lost = Tampering::RecordsLost { from: 1, to: 1 };
    let set_back = Tampering::SetBack { from: 3, to: 3, is_mended: false };
    let terminal = is_told(terminal, &[lost, set_back]);
    assert_eq!(records(&terminal), before[1..2], "the one between is as it was");
    // Its place was taken: the next record leaves the gap visible instead of taking it again.
    let rack = terminal.visit(VisitKind::Rack);
    terminal.answers_all(&rack, 5);
    let next = terminal.seals(&rack);
    assert_eq!((next.sequence, next.previous), (4, Some(last)));
    let report = terminal.syncs(&service).await;
    assert_eq!((report.still_pending, report.quarantined), (0, 0), "{:?}", report.errors);
}

#[tokio::test]
async fn two_rows_exchanged() {
    let service = Service::start();
    for has_copies in [true, false] {
        let (terminal, intruder) = worked(&Service::start()).await;
        let before = records(&terminal);
        let (one, two) = (before[0].1, before[2].1);
        let terminal = while_off(terminal, || {
            intruder.writes(
                "UPDATE record SET sequence = 99 WHERE sequence = 1; UPDATE record SET sequence = 1 WHERE sequence = 3;
                 UPDATE record SET sequence = 3 WHERE sequence = 99;",
            );
            if !has_copies {
                fs::remove_file(intruder.copy_of(one)).unwrap();
                fs::remove_file(intruder.copy_of(two)).unwrap();
            }
        });
        let named =
            [Tampering::RecordMoved { sequence: 3, record: two }, Tampering::RecordMoved { sequence: 1, record: one }];
        let terminal = is_told(terminal, &named);
        assert_eq!(records(&terminal), before, "each stands where it was signed for");
        assert!(is_kept_as_evidence(&terminal));
    }
    drop(service);
    let service = Service::start();
    let (terminal, intruder) = worked(&service).await;
    let before = records(&terminal);
    let terminal = while_off(terminal, || {
        intruder.writes(
            "UPDATE record SET sequence = 99 WHERE sequence = 2; UPDATE record SET sequence = 2 WHERE sequence = 3;
             UPDATE record SET sequence = 3 WHERE sequence = 99;",
        );
    });
    assert_eq!(noticed(&terminal.field).len(), 2);
    goes_on(&terminal, &service, &before).await;
}

/// The envelope with one answer of the record changed: canonical, of the same length, and signed by nobody.
fn rewritten(envelope: &str) -> String {
    let mut document: serde_json::Value = serde_json::from_str(envelope).unwrap();
    let payload = data_encoding::BASE64.decode(document["payload"].as_str().unwrap().as_bytes()).unwrap();
    let changed = String::from_utf8(payload).unwrap().replace("\"outcome\":\"normal\"", "\"outcome\":\"norma1\"");
    document["payload"] = data_encoding::BASE64.encode(changed.as_bytes()).into();
    serde_json::to_string(&document).unwrap()
}

#[tokio::test]
async fn the_bytes_of_a_sealed_record_rewritten() {
    for place in [1, 3] {
        let service = Service::start();
        let (terminal, intruder) = worked(&service).await;
        let before = records(&terminal);
        let record = before[place - 1].1;
        let export = tempfile::tempdir().unwrap();
        terminal.field.export_record(&record.to_hex(), export.path()).unwrap();
        let envelope = fs::read_to_string(export.path().join("envelope.json")).unwrap();
        let forged = rewritten(&envelope);
        assert_ne!(forged, envelope, "something was changed");
        let terminal = while_off(terminal, || {
            let hash = Sha256::of(forged.as_bytes());
            intruder.writes(&format!(
                "UPDATE record SET envelope = '{forged}', envelope_sha256 = '{hash}' WHERE id = '{record}'"
            ));
        });
        let named = Tampering::RecordRewritten { sequence: place as u64, record, is_mended: true };
        let terminal = is_told(terminal, &[named]);
        terminal.field.export_record(&record.to_hex(), &export.path().join("again")).unwrap();
        let again = fs::read_to_string(export.path().join("again/envelope.json")).unwrap();
        assert_eq!(again, envelope, "byte for byte what was signed");
        goes_on(&terminal, &service, &before).await;
    }
}

#[tokio::test]
async fn a_record_rewritten_together_with_its_copy_and_its_name_is_named_and_never_accepted() {
    let service = Service::start();
    let (terminal, intruder) = worked(&service).await;
    let before = records(&terminal);
    let record = before[2].1;
    let export = tempfile::tempdir().unwrap();
    terminal.field.export_record(&record.to_hex(), export.path()).unwrap();
    let forged = rewritten(&fs::read_to_string(export.path().join("envelope.json")).unwrap());
    let document: serde_json::Value = serde_json::from_str(&forged).unwrap();
    let payload = data_encoding::BASE64.decode(document["payload"].as_str().unwrap().as_bytes()).unwrap();
    let name = Sha256::of(&payload);
    let terminal = while_off(terminal, || {
        let hash = Sha256::of(forged.as_bytes());
        intruder.writes(&format!(
            "UPDATE outbox SET record = '{name}' WHERE record = '{record}';
             UPDATE record_blob SET record = '{name}' WHERE record = '{record}';
             UPDATE record SET id = '{name}', envelope = '{forged}', envelope_sha256 = '{hash}' WHERE id = '{record}';"
        ));
        fs::remove_file(intruder.copy_of(record)).unwrap();
        intruder.forges_copy(name, forged.as_bytes());
    });
    let named = Tampering::RecordRewritten { sequence: 3, record: name, is_mended: false };
    let terminal = is_told(terminal, std::slice::from_ref(&named));
    assert!(named.text().zh.contains("监理方"), "{}", named.text().zh);
    assert_eq!(records(&terminal)[..2], before[..2], "the others are as they were");
}

#[tokio::test]
async fn a_row_of_the_outbox_deleted() {
    let service = Service::start();
    let (terminal, intruder) = worked(&service).await;
    let before = records(&terminal);
    let record = before[2].1;
    let terminal = while_off(terminal, || intruder.writes(&format!("DELETE FROM outbox WHERE record = '{record}'")));
    let terminal = is_told(terminal, &[Tampering::OutboxRemoved { sequence: 3, record }]);
    goes_on(&terminal, &service, &before).await;
}

#[tokio::test]
async fn a_record_marked_as_delivered_that_never_was_is_named_at_sync_and_sent() {
    let service = Service::start();
    let (terminal, intruder) = worked(&service).await;
    let before = records(&terminal);
    let (of, record) = (before[0].1, before[2].1);
    let terminal = while_off(terminal, || {
        intruder.writes(&format!(
            "INSERT INTO receipt SELECT '{record}', delivered, receipt, received_at FROM receipt WHERE record = '{of}';
             UPDATE record SET state = 'delivered' WHERE id = '{record}';"
        ));
    });
    let report = terminal.syncs(&service).await;
    let named = Tampering::NotAtService { from: 3, to: 3 };
    let fault = report.errors.iter().find(|fault| fault.message == named.text()).expect("the run says so");
    assert_eq!(fault.code, Code::Integrity);
    assert_eq!(service.records_stored(), 3, "and the service has it now");
    is_told(terminal, &[named]);
}

#[tokio::test]
async fn an_answer_of_an_open_draft_rewritten_is_not_noticed_because_nobody_has_signed_for_it() {
    let service = Service::start();
    let (terminal, intruder) = worked(&service).await;
    let rack = terminal.visit(VisitKind::Rack);
    terminal.answers_all(&rack, 5);
    let terminal = while_off(terminal, || {
        intruder.writes(
            "UPDATE draft_line SET answer = json_set(answer, '$.note', '改写') WHERE line = 1
             AND draft IN (SELECT id FROM draft WHERE state = 'open')",
        );
    });
    assert_eq!(noticed(&terminal.field), []);
    let shown = terminal.shows(&rack);
    assert_eq!(shown.lines[0].answer.as_ref().unwrap().note, "改写", "whoever signs sees what is signed");
}

#[tokio::test]
async fn a_photo_removed_replaced_or_cut_short_is_named_at_the_start_and_never_sent() {
    type Change = fn(&Path, &Path);
    let changes: [(&str, Change); 4] = [
        ("removed", |photo, _| fs::remove_file(photo).unwrap()),
        ("another photo's file", |photo, other| fs::copy(other, photo).map(drop).unwrap()),
        ("cut short", |photo, _| {
            let bytes = fs::read(photo).unwrap();
            fs::write(photo, &bytes[..bytes.len() - 1]).unwrap();
        }),
        ("emptied", |photo, _| fs::write(photo, b"").unwrap()),
    ];
    for (what, change) in changes {
        let service = Service::start();
        let terminal = Terminal::of_li(&service).await;
        let (room, rack) = (terminal.visit(VisitKind::Room), terminal.visit(VisitKind::Rack));
        terminal.answers_all(&room, 1);
        let photo = terminal.shows(&room).evidence[0].sha256;
        terminal.seals(&room);
        terminal.starts(&rack);
        let other = terminal.attaches(&rack, 1, &jpeg(44));
        let intruder = Intruder::at(&terminal, &service);
        let terminal = while_off(terminal, || change(&intruder.photo(photo), &intruder.photo(other)));
        let named =
            if what == "removed" { Tampering::PhotoMissing { photo } } else { Tampering::PhotoReplaced { photo } };
        let terminal = is_told(terminal, &[named]);
        let report = terminal.syncs(&service).await;
        assert_eq!((report.submitted, report.delivered), (1, 0), "{what}: the record goes up");
        assert!(report.errors.iter().any(|fault| fault.blob == Some(photo)), "{what}: {:?}", report.errors);
        assert_eq!(service.blob_bytes_received(), 0, "{what}: nothing else is sent in its place");
        assert_eq!(terminal.field.photo(other).unwrap(), jpeg(44), "{what}: the other one is whole");
    }
}

#[tokio::test]
async fn a_photo_with_bytes_changed_inside_is_named_at_sync() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let room = terminal.visit(VisitKind::Room);
    terminal.answers_all(&room, 1);
    let photo = terminal.shows(&room).evidence[0].sha256;
    terminal.seals(&room);
    let intruder = Intruder::at(&terminal, &service);
    let terminal = while_off(terminal, || {
        let mut bytes = fs::read(intruder.photo(photo)).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        fs::write(intruder.photo(photo), bytes).unwrap();
    });
    let report = terminal.syncs(&service).await;
    assert_eq!((report.delivered, report.errors[0].blob), (0, Some(photo)), "{:?}", report.errors);
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The whole folder as it was, in place of the folder as it is.
fn copied_back(folder: &Path, earlier: &Path) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { fs::remove_dir_all(entry).unwrap() } else { fs::remove_file(entry).unwrap() }
    }
    copy_folder(earlier, folder);
}

/// One delivered record; then a copy of the folder; then two more, delivered, too.
async fn worked_on(terminal: &Terminal, service: &Service) -> (tempfile::TempDir, Vec<(u64, Sha256)>) {
    terminal.walks(VisitKind::Room, 1);
    assert_eq!(terminal.syncs(service).await.delivered, 1);
    terminal.field.lock();
    let earlier = tempfile::tempdir().unwrap();
    copy_folder(terminal.folder.path(), earlier.path());
    terminal.field.unlock(terminal.li.id.as_str(), &passphrase()).unwrap();
    terminal.walks(VisitKind::Cluster, 2);
    terminal.walks(VisitKind::System, 3);
    assert_eq!(terminal.syncs(service).await.delivered, 2);
    (earlier, records(terminal))
}

#[tokio::test]
async fn the_whole_folder_copied_back_is_named_at_sync_and_the_service_gives_the_records_back() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let (earlier, before) = worked_on(&terminal, &service).await;
    let folder = terminal.folder.path().to_owned();
    let terminal = while_off(terminal, || copied_back(&folder, earlier.path()));
    assert_eq!(records(&terminal), before[..1], "the later ones are forgotten");
    assert_eq!(noticed(&terminal.field), [], "without a keystore nothing on this terminal knows better");
    let report = terminal.syncs(&service).await;
    let named = Tampering::SetBack { from: 2, to: 3, is_mended: true };
    let fault = report.errors.iter().find(|fault| fault.message == named.text()).expect("the run says so");
    assert_eq!(fault.code, Code::Integrity);
    let terminal = is_told(terminal, &[named]);
    assert_eq!(records(&terminal), before, "they are here again");
    assert!(terminal.field.records().unwrap().iter().all(|row| row.state == RecordState::Delivered));
    let cluster = terminal.visit(VisitKind::Cluster);
    assert!(
        terminal.answers(&cluster, &crate::terminal::normal(1)).is_err(),
        "nobody walks a visit again that the service has"
    );
    let next = terminal.walks(VisitKind::Rack, 5);
    assert_eq!((next.sequence, next.previous), (4, Some(before[2].1)), "the next one takes the next place");
    let report = terminal.syncs(&service).await;
    assert_eq!((report.delivered, report.errors.len()), (1, 0), "{:?}", report.errors);
}

#[tokio::test]
async fn a_folder_copied_back_that_sealed_again_before_it_was_noticed_is_a_fork_and_both_records_stay() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let (earlier, before) = worked_on(&terminal, &service).await;
    let folder = terminal.folder.path().to_owned();
    let terminal = while_off(terminal, || copied_back(&folder, earlier.path()));
    let second = terminal.walks(VisitKind::Rack, 7);
    assert_eq!(second.sequence, 2, "it does not know better");
    let report = terminal.syncs(&service).await;
    let forked = Tampering::Forked { sequence: 2, here: second.record, there: before[1].1 };
    let set_back = Tampering::SetBack { from: 3, to: 3, is_mended: true };
    for named in [&forked, &set_back] {
        assert!(report.errors.iter().any(|fault| fault.message == named.text()), "{named:?}: {:?}", report.errors);
    }
    assert_eq!(report.quarantined, 1, "the service keeps its own and sets ours aside");
    let row = &terminal.field.records().unwrap()[1];
    assert_eq!(row.quarantined.as_ref().unwrap().code, ProblemCode::OtherRecordInPlace);
    assert_eq!(records(&terminal), [before[0], (2, second.record), before[2]]);
    assert_eq!(noticed(&terminal.field), [forked, set_back]);
}

#[tokio::test]
async fn with_a_keystore_a_folder_copied_back_is_named_at_the_next_start() {
    let service = Service::start();
    let keystore: Arc<dyn Keystore> = Arc::new(Memory::default());
    let (blank, clock, folder) = Terminal::blank();
    drop(blank);
    let field = open_with(folder.path(), &clock, keystore.clone()).unwrap();
    service.enrol_code("CODE-LI", "李巡检");
    let enrolled = enrol(&field, &service, "CODE-LI").await.unwrap();
    crate::terminal::approve(&service, &field, &enrolled);
    field.pull(&service).await.unwrap();
    let li = field.person(None).unwrap();
    let terminal = Terminal { field, clock, li, folder };
    let (earlier, before) = worked_on(&terminal, &service).await;

    let Terminal { field, clock, li, folder } = terminal;
    drop(field);
    copied_back(folder.path(), earlier.path());
    let field = open_with(folder.path(), &clock, keystore).unwrap();
    field.unlock(li.id.as_str(), &passphrase()).unwrap();
    let terminal = Terminal { field, clock, li, folder };
    let named = Tampering::SetBack { from: 2, to: 3, is_mended: false };
    assert_eq!(noticed(&terminal.field), std::slice::from_ref(&named), "the keystore was not copied back");
    assert!(terminal.field.session(None).unwrap().warnings.contains(&named.text()));
    let next = terminal.walks(VisitKind::Rack, 5);
    assert_eq!((next.sequence, next.previous), (4, Some(before[2].1)), "no place is taken twice, also offline");
    let report = terminal.syncs(&service).await;
    assert_eq!((report.still_pending, report.quarantined), (0, 0), "{:?}", report.errors);
    assert_eq!(records(&terminal)[..3], before, "and the service gave back what was missing");
}
