//! kill -9 at named effects, on the terminal and in the service. Each effect is asserted to have been reached; afterwards the
//! same command finishes the job, and the final log root and blob set equal those of an uninterrupted run.
//!
//! Two runs can be compared byte for byte because the clocks are stopped and both start from a copy of the same folders.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tempfile::TempDir;
use xunjian_tests::{Program, Programs, Service, Story, StoryOptions, copy_folder, honest_answer, workspace};

/// Effects in the terminal's process, with the command that meets them.
const ON_THE_TERMINAL: &[(&str, Act)] = &[
    ("photo.before_rename", Act::Photo),
    ("photo.after_rename", Act::Photo),
    ("photo.before_row", Act::Photo),
    ("seal.before_commit", Act::Seal),
    ("seal.after_commit", Act::Seal),
    ("sync.after_records_answer", Act::Sync),
    ("sync.after_blob_answer", Act::Sync),
    ("sync.before_receipt_store", Act::Sync),
    ("sync.after_receipt_store", Act::Sync),
];

/// Effects in the service's process; all of them are met while the terminal syncs.
const IN_THE_SERVICE: &[&str] = &[
    "intake.before_commit",
    "intake.after_commit",
    "log.before_commit",
    "log.after_commit",
    "blob.before_rename",
    "blob.after_rename",
    "blob.after_row",
    "delivered.before_commit",
    "delivered.after_commit",
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Act {
    Photo,
    Seal,
    Sync,
}

/// A rack visit, answered and waiting for its photos: what every run starts from.
struct Start {
    folder: TempDir,
    visit: String,
    photos: Vec<PathBuf>,
    clock: String,
}

/// What a run leaves: the log's checkpoint and the names of the stored photos.
#[derive(Debug, PartialEq, Eq)]
struct End {
    checkpoint: Vec<String>,
    blobs: BTreeSet<String>,
}

fn start() -> Start {
    let folder = TempDir::new().expect("a temporary folder");
    let ledgers = vec![workspace().join("demo/ledger.xlsx")];
    let options = StoryOptions { folder: folder.path().join("start"), ledgers, is_told: false };
    let mut story = Story::new(options).expect("a story");
    story.prepare().expect("a site, a round, an enrolled terminal");
    let today = story.field().arg_json("today").expect("today");
    let visits = today["rounds"][0]["visits"].as_array().expect("visits").clone();
    let visit =
        visits.iter().find(|visit| visit["kind"] == "rack").expect("a rack")["id"].as_str().expect("an id").to_owned();
    story.field().args(["visit", "start", &visit]).json().expect("a draft");
    let shown = story.field().args(["visit", "show", &visit]).json().expect("the visit");
    let answers: Vec<Value> = shown["lines"].as_array().expect("lines").iter().map(honest_answer).collect();
    let file = folder.path().join("answers.json");
    fs::write(&file, serde_json::to_vec(&answers).expect("JSON")).expect("the answers");
    story.field().args(["visit", "answer", &visit, "--file"]).args([&file]).json().expect("answers");
    let photos = [1, 2]
        .map(|seed| story.photo_of("room-1", seed).expect("a photo"))
        .into_iter()
        .map(|photo| {
            let kept = folder.path().join(photo.file_name().expect("a name"));
            fs::copy(&photo, &kept).expect("the photo");
            kept
        })
        .collect();
    // A minute after the last step, so that no clock seems to have been set back.
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_millis() + 60_000;
    Start { folder, visit, photos, clock: now.to_string() }
}

/// One run over a copy of the start, with at most one killing.
struct Run<'a> {
    start: &'a Start,
    programs: Programs,
    folder: PathBuf,
    mark: PathBuf,
}

impl<'a> Run<'a> {
    fn new(start: &'a Start, name: &str) -> Self {
        let folder = start.folder.path().join(name);
        copy_folder(&start.folder.path().join("start"), &folder).expect("a copy");
        let mark = folder.join("killed-at");
        Self { start, programs: Programs::find().expect("the programs"), folder, mark }
    }

    fn field(&self) -> Program {
        let data = self.folder.join("terminal");
        self.programs
            .program("xunjian-field")
            .args(["--data".as_ref(), data.as_os_str(), "--json".as_ref()])
            .env("XUNJIAN_PASSPHRASE", xunjian_tests::PASSPHRASE)
            .env("XUNJIAN_FIXED_CLOCK_MS", &self.start.clock)
    }

    fn serve(&self, kill_at: Option<&str>) -> Service {
        let mut environment = vec![("XUNJIAN_FIXED_CLOCK_MS", self.start.clock.clone())];
        if let Some(effect) = kill_at {
            environment.push(("XUNJIAN_KILL_AT", effect.to_owned()));
            environment.push(("XUNJIAN_KILL_MARK", self.mark.display().to_string()));
        }
        Service::start(&self.programs, &self.folder.join("central"), &environment).expect("the service")
    }

    fn photo(&self, at: usize) -> Program {
        self.field()
            .args(["visit", "photo", &self.start.visit, "--line", "1", "--capture", "camera"])
            .args([&self.start.photos[at]])
    }

    fn seal(&self) -> Program {
        self.field().args(["visit", "seal", &self.start.visit])
    }

    fn sync(&self, service: &Service) -> Program {
        self.field().args(["--service", &service.url, "sync"])
    }

    /// Runs a command that dies at `effect`, asserts that it did, there and by signal 9, and runs it again.
    fn killed_at(&self, effect: &str, act: &dyn Fn() -> Program) {
        act().killed_at(effect).expect("it died there");
        act().text().unwrap_or_else(|error| panic!("{effect}: the same command must finish the job: {error}"));
    }

    fn assert_reached(&self, effect: &str) {
        let reached = fs::read_to_string(&self.mark).unwrap_or_default();
        assert_eq!(reached, effect, "the effect was never reached");
    }

    fn end(&self, service: &Service) -> End {
        let status = self.field().args(["status"]).text().expect("the status");
        let status: Value = serde_json::from_str(&status).expect("JSON");
        assert_eq!(status["records"]["delivered"], 1, "the record has its receipt: {status}");
        let check = self.programs.program("xunjian").args(["--data".as_ref(), self.folder.join("central").as_os_str()]);
        let check = check.args(["fsck"]).json().expect("fsck finds no damage");
        assert_eq!(check["records"], 1, "one record, not two");
        let note = std::process::Command::new("curl")
            .args(["--silent", "--fail", &format!("{}/v1/log/checkpoint", service.url)])
            .output()
            .expect("curl");
        let note = String::from_utf8(note.stdout).expect("text");
        // Origin, size and root; the signatures below them follow from these.
        let checkpoint = note.lines().take(3).map(str::to_owned).collect();
        End { checkpoint, blobs: names_below(&self.folder.join("central/blobs/objects")) }
    }
}

fn names_below(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            names.extend(names_below(&entry.path()));
        } else {
            names.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names
}

fn uninterrupted(start: &Start) -> End {
    let run = Run::new(start, "uninterrupted");
    for at in 0..2 {
        run.photo(at).text().expect("a photo");
    }
    run.seal().text().expect("a seal");
    let service = run.serve(None);
    run.sync(&service).text().expect("a sync");
    run.end(&service)
}

#[test]
fn a_terminal_killed_at_any_effect_finishes_the_job_as_if_nothing_had_happened() {
    let start = start();
    let expected = uninterrupted(&start);
    assert_eq!(expected.blobs.len(), 2, "two photos were delivered");
    for (effect, act) in ON_THE_TERMINAL {
        let run = Run::new(&start, effect);
        let does = |this: Act, program: &dyn Fn() -> Program| {
            if *act == this {
                run.killed_at(effect, program);
            } else {
                program().text().expect("an uninterrupted step");
            }
        };
        does(Act::Photo, &|| run.photo(0));
        run.photo(1).text().expect("the second photo");
        does(Act::Seal, &|| run.seal());
        let service = run.serve(None);
        does(Act::Sync, &|| run.sync(&service));
        assert_eq!(run.end(&service), expected, "{effect}");
    }
}

#[test]
fn a_service_killed_at_any_effect_loses_and_doubles_nothing() {
    let start = start();
    let expected = uninterrupted(&start);
    for effect in IN_THE_SERVICE {
        let run = Run::new(&start, effect);
        for at in 0..2 {
            run.photo(at).text().expect("a photo");
        }
        run.seal().text().expect("a seal");
        let doomed = run.serve(Some(effect));
        let output = run.sync(&doomed).output().expect("the sync starts");
        assert!(!output.status.success(), "{effect}: a sync cannot succeed with a dead service");
        assert!(doomed.wait_killed().expect("the service died"), "{effect}: not killed by signal 9");
        run.assert_reached(effect);
        let service = run.serve(None);
        run.sync(&service)
            .text()
            .unwrap_or_else(|error| panic!("{effect}: the same command must finish the job: {error}"));
        assert_eq!(run.end(&service), expected, "{effect}");
    }
}
