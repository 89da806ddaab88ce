//! The folder of a witness: its key (`witness.key`), what it remembers (`state.json`), and what it refused (`evidence/`).
//!
//! Everything is written whole: temp file, flush, rename, flush of the folder. One process at a time has the folder.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use xunjian_proof::{Sha256, suite::Ed25519Signer, witness::WitnessState};

const KEY: &str = "witness.key";
const STATE: &str = "state.json";
const LOCK: &str = "lock";

/// An opened folder, locked until it is dropped.
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

fn told(path: &Path, what: &str) -> io::Error {
    io::Error::other(format!("{}: {what}", path.display()))
}

impl Folder {
    /// Makes the folder of a new witness. The key comes first: a state without its key could never sign.
    pub fn create(path: &Path, signer: &Ed25519Signer, state: &WitnessState) -> io::Result<()> {
        if path.join(KEY).exists() || path.join(STATE).exists() {
            return Err(told(path, "已有见证方，未作改动 · a witness lives here already; nothing was changed"));
        }
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let seed: String = signer.seed().iter().map(|byte| format!("{byte:02x}")).collect();
        put(&path.join(KEY), format!("{seed}\n").as_bytes())?;
        put(&path.join(STATE), &serde_json::to_vec_pretty(state)?)
    }

    /// Opens the folder of a witness for this process alone.
    pub fn open(path: &Path) -> io::Result<Self> {
        if !path.join(STATE).exists() {
            return Err(told(path, "没有见证方，请先运行 init · there is no witness here: run `init` first"));
        }
        let lock = File::options().create(true).truncate(false).write(true).mode(0o600).open(path.join(LOCK))?;
        lock.try_lock().map_err(|_| told(path, "另一个进程正在使用 · another process is using it"))?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// What the witness remembers.
    pub fn state(&self) -> io::Result<WitnessState> {
        let file = self.path.join(STATE);
        serde_json::from_slice(&fs::read(&file)?).map_err(|error| told(&file, &error.to_string()))
    }

    /// Remembers a state. Only after this returns may anything be signed for it.
    pub fn put_state(&self, state: &WitnessState) -> io::Result<()> {
        put(&self.path.join(STATE), &serde_json::to_vec_pretty(state)?)
    }

    /// The witness's key.
    pub fn key(&self) -> io::Result<Ed25519Signer> {
        let file = self.path.join(KEY);
        let text = fs::read_to_string(&file)?;
        // 64 hexadecimal digits, as a hash has.
        let seed: Sha256 = text.trim().parse().map_err(|_| told(&file, "不是密钥文件 · not a key file"))?;
        Ok(Ed25519Signer::from_seed(&seed.0))
    }

    /// Keeps both notes of a contradiction, each under the hash of its bytes.
    pub fn keep_evidence(&self, ours: &str, theirs: &str) -> io::Result<()> {
        let folder = self.path.join("evidence");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        for note in [ours, theirs] {
            put(&folder.join(format!("{}.note", Sha256::of(note.as_bytes()).short())), note.as_bytes())?;
        }
        File::open(&self.path)?.sync_all()
    }
}

/// Puts a file in place whole, readable by its owner only. A crash leaves the old file or the new one.
pub fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let named = |error: io::Error| told(path, &error.to_string());
    let half = path.with_added_extension("part");
    match fs::remove_file(&half) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(named(error)),
        _ => {}
    }
    let mut file = File::options().create_new(true).write(true).mode(0o600).open(&half).map_err(named)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(named)?;
    fs::rename(&half, path).map_err(named)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
