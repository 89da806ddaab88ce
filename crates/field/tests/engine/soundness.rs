//! When the whole database is read: before anything is shown after an end that was not clean, beside the work after a clean
//! one. Damage is found either way, named, and mended in the same way.

use std::{collections::BTreeMap, fs, path::Path};

use tempfile::TempDir;
use xunjian_domain::plan::VisitKind;
use xunjian_field::{Field, Sha256, VisitView};
use xunjian_proof::record::ScanVerdict;
use xunjian_protocol::recovery::Leg;

use crate::{
    service::Service,
    terminal::{Terminal, open, passphrase},
};

/// SQLCipher's pages.
const PAGE: usize = 4096;

fn database(folder: &Path) -> std::path::PathBuf {
    folder.join("field.db")
}

fn note(folder: &Path) -> std::path::PathBuf {
    folder.join("field.db.sound")
}

/// Flash that fails does not say when: the page is another one, and the file's time is not.
fn damage(folder: &Path, page: usize) {
    let path = database(folder);
    let changed = fs::metadata(&path).unwrap().modified().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[page * PAGE + 100..][..64].fill(0xA5);
    fs::write(&path, bytes).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(changed).unwrap();
}

/// The folder of a terminal, copied with its times.
fn copy(from: &Path) -> TempDir {
    fn all(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
            let target = to.join(entry.file_name().unwrap());
            if entry.is_dir() {
                all(&entry, &target);
            } else {
                fs::copy(&entry, &target).unwrap();
                let changed = fs::metadata(&entry).unwrap().modified().unwrap();
                fs::File::options().write(true).open(&target).unwrap().set_modified(changed).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    all(from, folder.path());
    folder
}

/// A terminal with two records, closed cleanly after the whole of its database was read.
async fn closed_cleanly(service: &Service) -> (Terminal, Vec<Sha256>) {
    let terminal = Terminal::of_li(service).await;
    terminal.walks(VisitKind::Room, 1);
    terminal.walks(VisitKind::Cluster, 2);
    let records = terminal.field.records().unwrap().iter().map(|record| record.id).collect();
    terminal.field.wait_for_check();
    terminal.field.lock();
    (terminal, records)
}

fn tells_of_damage(field: &Field) -> bool {
    field.session(None).unwrap().warnings.iter().any(|text| text.zh.contains("数据库曾损坏"))
}

fn records(field: &Field) -> Vec<Sha256> {
    field.records().unwrap().iter().map(|record| record.id).collect()
}

fn kept_aside(folder: &Path) -> bool {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.into_iter().any(|name| name.starts_with("damaged-") && folder.join(name).join("field.db").exists())
}

#[tokio::test]
async fn damage_after_a_clean_end_is_found_beside_the_work_and_after_another_end_before_it() {
    let service = Service::start();
    let (terminal, sealed) = closed_cleanly(&service).await;
    let folder = terminal.folder.path();
    let pages = fs::metadata(database(folder)).unwrap().len() as usize / PAGE;
    assert!(note(folder).exists() && pages > 60, "{pages} pages, closed cleanly");
    let mut beside_the_work = 0;
    for page in (3..pages).step_by(pages / 12) {
        let clean = copy(folder);
        damage(clean.path(), page);
        let field = open(clean.path(), &terminal.clock);
        field.unlock("李巡检", &passphrase()).unwrap();
        let is_read_at_once = tells_of_damage(&field);
        field.wait_for_check();
        assert!(tells_of_damage(&field), "page {page}: found and told");
        assert!(kept_aside(clean.path()), "page {page}: the damaged file is kept");
        assert_eq!(records(&field), sealed, "page {page}: every record is here");
        assert_eq!(field.people().unwrap().len(), 1, "page {page}: nobody was locked out");
        beside_the_work += usize::from(!is_read_at_once);
        field.lock();
        field.unlock("李巡检", &passphrase()).unwrap();
        assert!(field.tampering().unwrap().is_empty(), "page {page}: damage is no tampering");

        // The same page, but the program was killed: nothing says that the database was closed.
        let unclean = copy(folder);
        fs::remove_file(note(unclean.path())).unwrap();
        damage(unclean.path(), page);
        let field = open(unclean.path(), &terminal.clock);
        field.unlock("李巡检", &passphrase()).unwrap();
        assert!(tells_of_damage(&field), "page {page}: told with the first screen");
        assert_eq!(records(&field), sealed, "page {page}: every record is here");
    }
    assert!(beside_the_work >= 3, "{beside_the_work}: most pages are read by nothing but the check");
}

#[tokio::test]
async fn only_a_clean_end_after_a_whole_check_leaves_its_note_and_any_change_voids_it() {
    let service = Service::start();
    let (terminal, _) = closed_cleanly(&service).await;
    let folder = terminal.folder.path();
    assert!(note(folder).exists(), "closed cleanly, checked");
    terminal.field.unlock("李巡检", &passphrase()).unwrap();
    assert!(!note(folder).exists(), "a kill from here on leaves no note");
    terminal.field.wait_for_check();
    assert!(!note(folder).exists(), "passed, but not closed");
    terminal.field.lock();
    assert!(note(folder).exists());

    // Another file in its place, sound or not, is not the one that was left.
    damage(folder, 5);
    let now = fs::metadata(note(folder)).unwrap().modified().unwrap();
    fs::File::options().write(true).open(database(folder)).unwrap().set_modified(now).unwrap();
    terminal.field.unlock("李巡检", &passphrase()).unwrap();
    assert!(tells_of_damage(&terminal.field), "found before anything was shown");
    terminal.restarts();
}

/// The pages that have rows, by table.
fn pages_by_table(terminal: &Terminal, service: &Service) -> BTreeMap<String, Vec<usize>> {
    terminal.field.unlock("李巡检", &passphrase()).unwrap();
    let request = terminal.field.ask_recovery().unwrap();
    let sealed = service.recovery.open(Leg::ToKeeper, (&request.site, &request.terminal), &request.sealed).unwrap();
    terminal.field.wait_for_check();
    terminal.field.lock();
    let folder = copy(terminal.folder.path());
    let database = rusqlite::Connection::open(database(folder.path())).unwrap();
    let key = data_encoding::HEXLOWER.encode(&*sealed);
    database.execute_batch(&format!("PRAGMA key = \"x'{key}'\";")).unwrap();
    let mut statement = database
        .prepare(
            "SELECT tbl_name, pageno FROM dbstat JOIN sqlite_master USING (name)
             WHERE pagetype IN ('leaf', 'overflow') AND type = 'table' ORDER BY pageno",
        )
        .unwrap();
    let pages = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?))).unwrap();
    let mut by_table: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (table, page) in pages.map(Result::unwrap) {
        by_table.entry(table).or_default().push(page as usize - 1);
    }
    by_table
}

#[tokio::test]
async fn a_damaged_page_of_one_table_takes_no_answer_of_another() {
    let service = Service::start();
    let (terminal, sealed) = closed_cleanly(&service).await;
    terminal.field.unlock("李巡检", &passphrase()).unwrap();
    let visit = terminal.visit(VisitKind::System);
    terminal.answers_all(&visit, 3);
    terminal.field.wait_for_check();
    let answers = |view: VisitView| {
        let answers: Vec<_> = view.lines.into_iter().map(|line| line.answer.unwrap()).collect();
        serde_json::to_value(answers).unwrap()
    };
    let before = answers(terminal.shows(&visit));
    terminal.field.lock();
    let folder = terminal.folder.path();
    let pages = pages_by_table(&terminal, &service);
    // What a visit is shown from; the rest is the ledger, what was sealed, and who this terminal is.
    let shown = |table: &str| table.starts_with("draft") || ["chunk", "visit", "round", "person"].contains(&table);
    let mut tried = 0;
    for (table, pages) in pages.iter().filter(|(table, _)| !shown(table) && !table.starts_with("sqlite")) {
        for page in [pages[0], pages[pages.len() - 1]] {
            let copy = copy(folder);
            damage(copy.path(), page);
            let field = open(copy.path(), &terminal.clock);
            field.unlock("李巡检", &passphrase()).unwrap();
            field.wait_for_check();
            assert!(tells_of_damage(&field), "{table}, page {page}");
            assert_eq!(records(&field), sealed, "{table}, page {page}: every record is here");
            let after = answers(field.show_visit(&visit, &terminal.li).unwrap());
            assert_eq!(after, before, "{table}, page {page}: every answer is here");
            if !["asset", "rack", "room"].contains(&table.as_str()) {
                let found = field.search_assets(&terminal.li, Some(&visit), "SN-server", None).unwrap();
                assert_eq!(found.hits.len(), 1, "{table}, page {page}: the index of the search was made again");
            }
            tried += 1;
        }
    }
    assert!(tried >= 10, "{tried}");
}

#[tokio::test]
async fn people_work_on_while_the_check_finds_damage_and_the_next_package_fills_the_gaps() {
    let service = Service::start();
    for table in ["label_print", "asset", "visit"] {
        let (terminal, _) = closed_cleanly(&service).await;
        let visit = {
            terminal.field.unlock("李巡检", &passphrase()).unwrap();
            let visit = terminal.visit(VisitKind::System);
            terminal.starts(&visit);
            visit
        };
        let pages = pages_by_table(&terminal, &service);
        damage(terminal.folder.path(), pages[table][0]);
        terminal.field.unlock("李巡检", &passphrase()).unwrap();
        terminal.field.wait_for_check();
        assert!(tells_of_damage(&terminal.field), "{table}");
        terminal.field.pull(&service).await.unwrap();
        let found = terminal.field.look_up(&service.label(6), &terminal.li).unwrap();
        assert_eq!(found.verdict, ScanVerdict::Right, "{table}: {:?}", found.message);
        let subject = found.subject.unwrap();
        assert_eq!(subject.ledger.unwrap().serial, "SN-server", "{table}: the ledger's row is here again");
        assert_eq!(found.visits.len(), 1, "{table}: and the visit that goes there");
        terminal.answers_all(&visit, 3);
        assert_eq!(terminal.seals(&visit).sequence, 3, "{table}");
        assert_eq!(terminal.syncs(&service).await.still_pending, 0, "{table}");
        terminal.restarts();
    }
}
