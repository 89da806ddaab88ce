//! The fault table: two rows an effect, killed before it and killed after it. Each row asserts that the point was reached, that
//! everything confirmed before is there, that no half photo is visible, and that the same command then finishes the job.

use std::{fs, os::unix::process::ExitStatusExt as _};

use crate::{
    process::{Headless, Step},
    service::Service,
};

/// What the killed step left, as the next start finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Nothing of it.
    Nothing,
    /// The photo whole, without a row: handed back as an orphan.
    Orphan,
    /// All of it, though it was not confirmed.
    Everything,
}

use Left::{Everything, Nothing, Orphan};

/// Effect, killed before it and what that leaves, killed after it and what that leaves.
type Row = (&'static str, (&'static str, Left), (&'static str, Left));

const PHOTO: &[Row] = &[
    ("space asked for", ("photo.before_space", Nothing), ("photo.after_space", Nothing)),
    ("temp file made", ("photo.before_temp", Nothing), ("photo.after_temp", Nothing)),
    ("written", ("photo.before_write", Nothing), ("photo.after_write", Orphan)),
    ("flushed", ("photo.before_fsync", Orphan), ("photo.after_fsync", Orphan)),
    ("hashed", ("photo.before_hash", Orphan), ("photo.after_hash", Orphan)),
    ("decoded", ("photo.before_inspect", Orphan), ("photo.after_inspect", Orphan)),
    ("renamed", ("photo.before_rename", Orphan), ("photo.after_rename", Orphan)),
    ("directories flushed", ("photo.before_dir_fsync", Orphan), ("photo.after_dir_fsync", Orphan)),
    ("row written", ("photo.before_row", Orphan), ("photo.before_commit", Orphan)),
    ("row committed", ("photo.before_commit", Orphan), ("photo.after_row", Everything)),
];

const ANSWER: &[Row] = &[
    ("checks written", ("answer.before_checks", Nothing), ("answer.after_checks", Nothing)),
    ("line written", ("answer.before_line", Nothing), ("answer.after_line", Nothing)),
    ("committed", ("answer.before_commit", Nothing), ("answer.after_commit", Everything)),
];

const SEAL: &[Row] = &[
    ("draft read", ("seal.before_read", Nothing), ("seal.after_read", Nothing)),
    ("signed", ("seal.before_sign", Nothing), ("seal.after_sign", Nothing)),
    ("record row written", ("seal.before_record_row", Nothing), ("seal.after_record_row", Nothing)),
    ("outbox row written", ("seal.before_outbox_row", Nothing), ("seal.after_outbox_row", Nothing)),
    ("committed", ("seal.before_commit", Nothing), ("seal.after_commit", Everything)),
    ("second copy written", ("seal.before_copy", Everything), ("seal.after_copy", Everything)),
    ("end of the chain noted", ("seal.before_head", Everything), ("seal.after_head", Everything)),
];

/// Kills the step at the point; says what the next start finds of it.
fn killed_at(point: &str, step: &Step, terminal: &mut Headless) -> Left {
    let mark = terminal.folder.join("killed-at");
    let mut process = terminal.process(step);
    let output = process.env("XUNJIAN_KILL_AT", point).env("XUNJIAN_KILL_MARK", &mark).output().unwrap();
    assert_eq!(output.status.signal(), Some(9), "{point}: {output:?}");
    assert_eq!(fs::read_to_string(&mark).unwrap_or_default(), point, "the point was never reached");
    assert!(!terminal.hears(step, &output), "{point}: nothing was confirmed");
    let found = terminal.check(point);
    let waiting = found.field.outbox().unwrap().len();
    assert_eq!(waiting, usize::from(found.sealed.is_some()), "{point}: a record waits, or there is none");
    let orphans = found.field.recovery().orphans;
    match step {
        step if found.has(step) => Everything,
        Step::Photo { sha256, .. } if orphans.iter().any(|orphan| orphan.sha256 == *sha256) => Orphan,
        _ => Nothing,
    }
}

async fn plays(table: &[Row], step: impl Fn(&Headless) -> Step) {
    let service = Service::start();
    let mut start = Headless::with_room(&service).await;
    start.does(&Step::Answer { line: 2, note: "杀进程之前已确认".into() });
    start.does(&start.shoots(1, 0));
    let folder = tempfile::tempdir().unwrap();
    let mut rows = 0;
    for (effect, before, after) in table {
        for (point, expected) in [before, after] {
            let mut terminal = start.copy(&folder.path().join(format!("{rows}")));
            let step = step(&terminal);
            let left = killed_at(point, &step, &mut terminal);
            assert_eq!(left, *expected, "{effect}: what a kill at {point} leaves");
            // The same command finishes the job, and the next seal works.
            terminal.does(&step);
            terminal.does(&Step::Seal);
            let found = terminal.check(point);
            assert_eq!(found.field.recovery().orphans, [], "{point}: the orphan found its row");
            assert_eq!(found.photos, terminal.photos, "{point}: no photo twice, none too many");
            assert_eq!(found.field.records().unwrap()[0].sequence, 1, "{point}: one chain");
            drop(found);
            rows += 1;
            if rows == table.len() * 2 {
                // The last one goes up, too.
                let field = terminal.check(point).field;
                let report = field.sync_now(&service, &crate::terminal::options()).await.unwrap();
                assert_eq!((report.delivered, report.errors.len()), (1, 0), "{:?}", report.errors);
            }
        }
    }
    println!("{rows} rows: killed, reached, nothing confirmed lost, finished by the same command");
}

#[tokio::test]
async fn a_photo_killed_before_and_after_each_effect() {
    plays(PHOTO, |terminal| terminal.shoots(2, 100_000)).await;
}

#[tokio::test]
async fn an_answer_killed_before_and_after_each_effect() {
    plays(ANSWER, |_| Step::Answer { line: 3, note: "这一条".into() }).await;
}

#[tokio::test]
async fn a_seal_killed_before_and_after_each_effect() {
    plays(SEAL, |_| Step::Seal).await;
}
