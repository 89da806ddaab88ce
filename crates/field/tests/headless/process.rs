//! A terminal whose commands are processes of `xunjian-field`, and what they confirmed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use xunjian_domain::{hash::Sha256, ids::VisitId, plan::VisitKind};
use xunjian_field::{Field, Person};

use crate::{
    service::{MORNING, Service},
    terminal::{Terminal, jpeg, open, passphrase},
};

/// What a person typed for the other tests.
const PASSPHRASE: &str = "李巡检的口令要足够长才行";

/// One step of a visit.
#[derive(Debug, Clone)]
pub enum Step {
    /// A note on a line.
    Answer { line: u32, note: String },
    /// A photo on line 1.
    Photo { file: PathBuf, sha256: Sha256 },
    /// The end.
    Seal,
}

/// A terminal at rest: no process has it open.
pub struct Headless {
    pub folder: PathBuf,
    pub visit: VisitId,
    pub li: Person,
    clock: std::sync::Arc<crate::terminal::TestClock>,
    /// What its processes printed that they had stored.
    pub notes: BTreeMap<u32, String>,
    pub photos: BTreeSet<Sha256>,
    pub sealed: Option<Sha256>,
    /// Photos to take, outside the terminal's folder.
    camera: tempfile::TempDir,
    _home: Option<tempfile::TempDir>,
}

impl Headless {
    /// Enrolled, with a room visit of which every line is answered.
    pub async fn with_room(service: &Service) -> Self {
        let terminal = Terminal::of_li(service).await;
        let visit = terminal.visit(VisitKind::Room);
        terminal.answers_all(&visit, 1);
        let photos = terminal.shows(&visit).evidence.iter().map(|photo| photo.sha256).collect();
        let Terminal { field, clock, li, folder } = terminal;
        drop(field);
        Self {
            folder: folder.path().to_owned(),
            visit,
            li,
            clock,
            notes: BTreeMap::new(),
            photos,
            sealed: None,
            camera: tempfile::tempdir_in(camera_root()).unwrap(),
            _home: Some(folder),
        }
    }

    /// The same terminal in a folder of its own.
    pub fn copy(&self, to: &Path) -> Self {
        copy_folder(&self.folder, to);
        Self {
            folder: to.to_owned(),
            visit: self.visit.clone(),
            li: self.li.clone(),
            clock: self.clock.clone(),
            notes: self.notes.clone(),
            photos: self.photos.clone(),
            sealed: self.sealed,
            camera: tempfile::tempdir_in(camera_root()).unwrap(),
            _home: None,
        }
    }

    /// A photo unlike any other of this terminal, at least `bytes` long.
    pub fn shoots(&self, no: u32, bytes: usize) -> Step {
        let photo = jpeg(200);
        // Comments after the first marker (ITU-T T.81, B.2.4.5): the picture stays the same, the file does not.
        let mut file = [&photo[..2], &[0xff, 0xfe, 0, 6], &no.to_be_bytes()].concat();
        while file.len() + photo.len() < bytes {
            file.extend([0xff, 0xfe, 0xff, 0xff]);
            file.extend(std::iter::repeat_n(b' ', 65_533));
        }
        file.extend(&photo[2..]);
        let path = self.camera.path().join(format!("{no}.jpg"));
        fs::write(&path, &file).unwrap();
        Step::Photo { file: path, sha256: Sha256::of(&file) }
    }

    /// The process of a step.
    pub fn process(&self, step: &Step) -> Command {
        let mut command = program(&self.folder);
        let visit = self.visit.as_str();
        match step {
            Step::Answer { line, note } => {
                command.args(["visit", "answer", visit, "--outcome", "normal", "--line", &line.to_string()]);
                command.args(["--note", note]);
            }
            Step::Photo { file, .. } => {
                command.args(["visit", "photo", visit, "--line", "1", "--capture", "camera"]).arg(file);
            }
            Step::Seal => {
                command.args(["visit", "seal", visit]);
            }
        }
        command
    }

    pub fn spawns(&self, step: &Step) -> Child {
        self.process(step).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Takes over what a process printed. A process that was killed after it had printed confirmed, too. Returns whether it
    /// confirmed its step.
    pub fn hears(&mut self, step: &Step, output: &Output) -> bool {
        let Ok(printed) = serde_json::from_slice::<Value>(&output.stdout) else { return false };
        if printed.get("error").is_some() {
            return false;
        }
        match step {
            Step::Answer { line, note } => drop(self.notes.insert(*line, note.clone())),
            Step::Photo { sha256, .. } => {
                assert_eq!(printed["photos"][0]["evidence"]["sha256"], sha256.to_hex(), "it confirms this photo");
                self.photos.insert(*sha256);
            }
            Step::Seal => self.sealed = Some(printed["record"].as_str().unwrap().parse().unwrap()),
        }
        true
    }

    /// Runs a step to its end; it must confirm.
    pub fn does(&mut self, step: &Step) {
        let output = self.process(step).output().unwrap();
        assert!(output.status.success() && self.hears(step, &output), "{step:?}: {output:?}");
    }

    /// Opens the folder as a restart does, and holds it against everything that was confirmed. A sealed visit is read from
    /// its record.
    pub fn check(&self, after: &str) -> Found {
        self.check_killed(None, after)
    }

    /// The same after a step was killed that nobody confirmed: an answer of it may stand where a confirmed one stood.
    pub fn check_killed(&self, killed: Option<&Step>, after: &str) -> Found {
        let field = open(&self.folder, &self.clock);
        field.unlock(self.li.id.as_str(), &passphrase()).unwrap_or_else(|error| panic!("{after}: {error}"));
        assert_eq!(field.tampering().unwrap(), [], "{after}: a crash is no tampering");
        let shown = field.show_visit(&self.visit, &self.li).unwrap();
        let records = field.records().unwrap();
        assert!(records.len() <= 1, "{after}: no record twice");
        let (notes, photos) = if let Some(record) = records.first() {
            let detail = field.verify_local(&record.id.to_hex()).unwrap();
            let failed = detail.steps.iter().find(|step| step.passed == Some(false));
            assert!(failed.is_none(), "{after}: {failed:?}");
            let notes = detail.record.lines.iter().map(|line| (line.no, line.note.clone())).collect();
            (notes, detail.record.evidence.iter().map(|photo| photo.sha256).collect())
        } else {
            let answered = shown.lines.iter().filter_map(|line| Some((line.no, line.answer.as_ref()?.note.clone())));
            (answered.collect(), shown.evidence.iter().map(|photo| photo.sha256).collect())
        };
        let found = Found { sealed: records.first().map(|record| record.id), notes, photos, field };
        for (line, note) in &self.notes {
            let is_the_killed_one = matches!(killed, Some(Step::Answer { line: of, .. }) if of == line);
            if is_the_killed_one && killed.is_some_and(|step| found.has(step)) {
                continue;
            }
            assert_eq!(found.notes.get(line), Some(note), "{after}: line {line} was confirmed");
        }
        for photo in &self.photos {
            assert!(found.photos.contains(photo), "{after}: {photo} was confirmed");
        }
        if self.sealed.is_some() {
            assert_eq!(found.sealed, self.sealed, "{after}: the record was confirmed");
        }
        for photo in &found.photos {
            let bytes = found.field.photo(*photo).unwrap_or_else(|error| panic!("{after}: half a photo: {error}"));
            assert_eq!(Sha256::of(&bytes), *photo, "{after}: byte for byte");
        }
        let incoming = fs::read_dir(self.folder.join("photos/incoming")).unwrap().count();
        assert_eq!(incoming, 0, "{after}: nothing half is left");
        let recovery = found.field.recovery();
        assert_eq!((recovery.missing.len(), recovery.damaged.len(), recovery.stuck_temps), (0, 0, 0), "{after}");
        for orphan in &recovery.orphans {
            let bytes =
                found.field.photo(orphan.sha256).unwrap_or_else(|error| panic!("{after}: half an orphan: {error}"));
            assert_eq!(bytes.len() as u64, orphan.bytes, "{after}");
        }
        found
    }
}

/// The program on a folder, an hour after the morning's work, before it is told what to do.
pub fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xunjian-field"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("XUNJIAN_")) {
        command.env_remove(name);
    }
    command
        .args(["--json", "--lang", "zh-CN", "--data"])
        .arg(folder)
        .env("XUNJIAN_KEYSTORE", "none")
        .env("XUNJIAN_PASSPHRASE", PASSPHRASE)
        .env("XUNJIAN_FIXED_CLOCK_MS", (MORNING + 3_600_000).to_string())
        .stdin(Stdio::null());
    command
}

/// What a restart found.
pub struct Found {
    pub field: Field,
    /// By line.
    pub notes: BTreeMap<u32, String>,
    pub photos: BTreeSet<Sha256>,
    pub sealed: Option<Sha256>,
}

impl Found {
    /// Whether it has all of a step.
    pub fn has(&self, step: &Step) -> bool {
        match step {
            Step::Answer { line, note } => self.notes.get(line) == Some(note),
            Step::Photo { sha256, .. } => self.photos.contains(sha256),
            Step::Seal => self.sealed.is_some(),
        }
    }
}

/// Not on the small disk.
fn camera_root() -> PathBuf {
    std::env::var_os("XUNJIAN_CAMERA").map_or_else(std::env::temp_dir, PathBuf::from)
}

pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
