//! A pack taken apart and put together again: by an outsider, who can only move bytes, or by an insider, who has the service's key
//! and signs the manifest anew.

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write as _},
    path::Path,
    process::Command,
};

use serde_json::Value;
use tempfile::{NamedTempFile, TempDir};
use xunjian_proof::{
    Sha256,
    note::cosigner_verifier_key,
    pack::{Layout, Manifest, PackKind, PackReader, Planned, Profile, manifest::FileRef, texts},
    statement::Statement as _,
    suite::Signer as _,
};
use xunjian_testkit::{
    export::{key, seed},
    packs::{WITNESS, World},
};

/// A pack as its files.
#[derive(Clone)]
pub struct Parts {
    pub manifest: Manifest,
    pub files: BTreeMap<String, Vec<u8>>,
}

pub fn round(world: &World) -> Vec<u8> {
    world.pack(PackKind::Round, Profile::Full)
}

impl Parts {
    pub fn of(pack: &[u8]) -> Self {
        let mut reader = PackReader::open(Cursor::new(pack)).unwrap();
        let manifest = reader.manifest().clone();
        let files = manifest.files.iter().map(|file| (file.name.clone(), reader.read(&file.name).unwrap())).collect();
        Self { manifest, files }
    }

    /// The only file whose name begins and ends so.
    pub fn name(&self, begin: &str, end: &str) -> String {
        self.files.keys().find(|name| name.starts_with(begin) && name.ends_with(end)).unwrap().clone()
    }

    /// Changes a file.
    pub fn edit(&mut self, begin: &str, end: &str, change: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        let name = self.name(begin, end);
        change(self.files.get_mut(&name).unwrap());
        self
    }

    /// The pack of these files, its manifest signed by whoever has this seed.
    pub fn signed(&self, seed: u8) -> Vec<u8> {
        let files: Vec<Planned> = self.files.iter().map(|(name, bytes)| Planned::of(name.clone(), bytes)).collect();
        let named =
            files.iter().map(|file| FileRef { name: file.name.clone(), bytes: file.bytes, sha256: file.sha256 });
        let manifest = Manifest { files: named.collect(), ..self.manifest.clone() };
        self.write(&manifest, seed, files)
    }

    /// As [`Self::signed`], with a manifest that names what it is told.
    pub fn write(&self, manifest: &Manifest, seed: u8, files: Vec<Planned>) -> Vec<u8> {
        let layout = Layout::new(manifest.sign(&[&key(seed)]).unwrap().to_bytes(), files);
        let mut out = Vec::new();
        layout.write_from(0, &mut out, |file| Ok(Cursor::new(self.files[&file.name].clone()))).unwrap();
        out
    }

    /// By the service.
    pub fn insider(&self) -> Vec<u8> {
        self.signed(seed::SERVICE)
    }
}

/// What a verifier said: exit code, result, and all of it.
pub struct Said {
    pub code: i32,
    pub result: String,
    pub json: Value,
    pub text: String,
}

impl Said {
    /// File, step and reason of the first failure.
    pub fn failure(&self) -> String {
        let field = |name: &str| self.json[name].as_str().unwrap_or_default().to_owned();
        format!("{} {} {} {}", field("file"), field("record"), field("step"), field("reason"))
    }
}

fn said(output: &std::process::Output) -> Said {
    let text = String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    let result = json["result"].as_str().unwrap_or_default().to_owned();
    Said { code: output.status.code().unwrap_or(-1), result, json, text }
}

/// The fingerprint on paper.
pub fn fingerprint(world: &World) -> String {
    world.root.fingerprint().unwrap().to_hex()
}

/// The witness's key on paper.
pub fn witness_key() -> String {
    cosigner_verifier_key(WITNESS, &key(seed::WITNESS).public_key()).unwrap()
}

pub fn file_of(pack: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(pack).unwrap();
    file
}

pub fn rust(file: &Path, more: &[&str]) -> Said {
    said(&Command::new(env!("CARGO_BIN_EXE_xunjian-verify")).arg(file).arg("--json").args(more).output().unwrap())
}

/// The published `verify.py`, not the copy in the pack.
pub fn python(file: &Path, more: &[&str]) -> Said {
    let folder = TempDir::new().unwrap();
    let script = folder.path().join("verify.py");
    fs::write(&script, texts::VERIFY_PY).unwrap();
    said(&Command::new("python3").arg(script).arg(file).arg("--json").args(more).output().unwrap())
}

/// Checks in this process.
pub fn check(pack: &[u8], pins: &xunjian_proof::pack::check::Pins) -> xunjian_proof::pack::check::Report {
    xunjian_proof::pack::check::check(Cursor::new(pack), pins)
}

/// The pin of a world's root.
pub fn pinned(world: &World) -> xunjian_proof::pack::check::Pins {
    let root: Sha256 = world.root.fingerprint().unwrap();
    xunjian_proof::pack::check::Pins { root: Some(root), ..Default::default() }
}
