//! An exported record as `xunjian-field records export` writes it, signed with keys whose seeds everybody knows: the frozen
//! vectors are made of it, and tests change one thing of them and sign all of it again.

use std::{fs, io, path::Path};

use xunjian_domain::{hash::Sha256, time::TimestampMs};
use xunjian_proof::{
    dsse::Envelope,
    jcs, merkle,
    note::Checkpoint,
    receipt::Receipt,
    record::Record,
    statement::{BlobRef, Delivered, KeyStatement, Revocation, SiteRoot, Statement},
    suite::{Ed25519Signer, Signer as _},
};

/// The seeds of the keys: each is 32 times this byte.
pub mod seed {
    /// The site root.
    pub const ROOT: u8 = 1;
    /// The inspector.
    pub const INSPECTOR: u8 = 2;
    /// The terminal.
    pub const TERMINAL: u8 = 3;
    /// The service.
    pub const SERVICE: u8 = 4;
    /// The log.
    pub const LOG: u8 = 5;
    /// The clock.
    pub const CLOCK: u8 = 6;
    /// A reviewer of 监理方.
    pub const REVIEWER: u8 = 8;
    /// A witness.
    pub const WITNESS: u8 = 9;
}

/// The key of a seed.
#[must_use]
pub fn key(seed: u8) -> Ed25519Signer {
    Ed25519Signer::from_seed(&[seed; 32])
}

/// Everything an export consists of, before it is signed.
pub struct Export {
    /// The site root.
    pub root: SiteRoot,
    /// File names without extension, and who holds which key.
    pub statements: Vec<(String, KeyStatement)>,
    /// Revocations, likewise.
    pub revocations: Vec<(String, Revocation)>,
    /// The record.
    pub record: Record,
    /// The photos the delivery names; those of the record unless a test says otherwise.
    pub delivered_blobs: Vec<BlobRef>,
    /// When it was delivered.
    pub stored_at: TimestampMs,
    /// Photos to write, whatever the record names.
    pub photos: Vec<Vec<u8>>,
    /// Who cosigned the receipt's checkpoint: name, seed of the key, seconds since the epoch.
    pub cosigned: Vec<(String, u8, u64)>,
}

/// The names of what was written.
pub struct Names {
    /// Fingerprint of the site root.
    pub root: Sha256,
    /// Id of the record.
    pub record: Sha256,
    /// Hash of its envelope.
    pub envelope: Sha256,
    /// Leaf hash of its delivery.
    pub leaf: Sha256,
}

fn other(error: impl ToString) -> io::Error {
    io::Error::other(error.to_string())
}

fn statement<T: Statement>(path: &Path) -> io::Result<T> {
    T::read(&Envelope::from_bytes(&fs::read(path)?).map_err(other)?).map_err(other)
}

/// Every file of a folder, by name; none where there is no folder.
fn files(folder: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

impl Export {
    /// Reads an export back, signatures unchecked.
    ///
    /// # Errors
    /// When a file is missing or is another document.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let delivered: Delivered = statement(&folder.join("delivered.json"))?;
        let (mut statements, mut revocations) = (Vec::new(), Vec::new());
        for path in files(&folder.join("key-statements"))? {
            statements.push((stem(&path), statement(&path)?));
        }
        for path in files(&folder.join("revocations"))? {
            revocations.push((stem(&path), statement(&path)?));
        }
        Ok(Self {
            root: serde_json::from_slice(&fs::read(folder.join("site-root.json"))?)?,
            statements,
            revocations,
            record: statement(&folder.join("envelope.json"))?,
            delivered_blobs: delivered.blobs,
            stored_at: delivered.stored_at,
            photos: files(&folder.join("photos"))?.iter().map(fs::read).collect::<io::Result<_>>()?,
            cosigned: Vec::new(),
        })
    }

    /// The statement in the file of this name.
    ///
    /// # Panics
    /// When there is none.
    pub fn statement(&mut self, name: &str) -> &mut KeyStatement {
        let found = self.statements.iter_mut().find(|(known, _)| known == name);
        found.map_or_else(|| panic!("no key statement “{name}”"), |(_, statement)| statement)
    }

    /// Signs all of it and writes it into `folder`.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<Names> {
        let envelope = self.record.sign(&[&key(seed::INSPECTOR), &key(seed::TERMINAL)]).map_err(other)?;
        let bytes = jcs::to_bytes(&self.record).map_err(other)?;
        let delivered = Delivered {
            site: self.record.site.clone(),
            record: Sha256::of(&bytes),
            envelope: envelope.sha256(),
            blobs: self.delivered_blobs.clone(),
            stored_at: self.stored_at,
        };
        let delivered = delivered.sign(&[&key(seed::SERVICE)]).map_err(other)?;
        let leaves = [b"plan".to_vec(), envelope.to_bytes(), delivered.to_bytes()].map(|leaf| merkle::leaf_hash(&leaf));
        let left = merkle::node_hash(&leaves[0], &leaves[1]);
        let root = merkle::node_hash(&left, &leaves[2]);
        let checkpoint = Checkpoint { origin: self.root.log_origin.clone(), size: 3, root };
        let mut checkpoint = checkpoint.sign(&key(seed::LOG)).map_err(other)?;
        for (name, seed, seconds) in &self.cosigned {
            checkpoint.cosign(name, *seconds, &key(*seed)).map_err(other)?;
        }
        let receipt = Receipt { index: 2, proof: vec![left], checkpoint };

        for sub in ["key-statements", "photos"] {
            fs::create_dir_all(folder.join(sub))?;
        }
        fs::write(folder.join("site-root.json"), serde_json::to_vec_pretty(&self.root)?)?;
        for (name, statement) in &self.statements {
            let envelope = statement.sign(&[&key(seed::ROOT)]).map_err(other)?;
            fs::write(folder.join(format!("key-statements/{name}.json")), envelope.to_bytes())?;
        }
        for (name, revocation) in &self.revocations {
            fs::create_dir_all(folder.join("revocations"))?;
            let envelope = revocation.sign(&[&key(seed::ROOT)]).map_err(other)?;
            fs::write(folder.join(format!("revocations/{name}.json")), envelope.to_bytes())?;
        }
        fs::write(folder.join("record.json"), &bytes)?;
        fs::write(folder.join("envelope.json"), envelope.to_bytes())?;
        fs::write(folder.join("delivered.json"), delivered.to_bytes())?;
        fs::write(folder.join("receipt.tlog-proof"), receipt.to_string())?;
        for photo in &self.photos {
            fs::write(folder.join(format!("photos/{}", Sha256::of(photo))), photo)?;
        }
        Ok(Names {
            root: self.root.fingerprint().map_err(other)?,
            record: Sha256::of(&bytes),
            envelope: envelope.sha256(),
            leaf: leaves[2],
        })
    }

    /// Revokes a key.
    pub fn revoke(&mut self, seed: u8) {
        let revocation = Revocation {
            site: self.root.site.clone(),
            key: key(seed).public_key().id(),
            revoked_at: self.stored_at.plus_ms(60_000),
            reason: "终端遗失".into(),
        };
        self.revocations.push((format!("key-{seed}"), revocation));
    }
}

/// Changes that every verifier must refuse although all signatures are right.
pub mod change {
    use xunjian_domain::party::Role;
    use xunjian_proof::statement::HolderKind;

    use super::Export;

    /// A change of an export.
    pub type Change = fn(&mut Export);

    /// What is wrong, and how it comes about.
    pub const REFUSED: [(&str, Change); 8] = [
        ("another holder", |export| export.statement("inspector").holder = "another".into()),
        ("another name", |export| export.statement("inspector").holder_name = "张三".into()),
        ("no inspector", |export| export.statement("inspector").roles = vec![Role::Rectifier]),
        ("an administrator", |export| export.statement("inspector").roles.push(Role::Administrator)),
        ("no person", |export| {
            let statement = export.statement("inspector");
            (statement.holder_kind, statement.roles) = (HolderKind::Terminal, Vec::new());
        }),
        ("no terminal", |export| export.statement("terminal").holder_kind = HolderKind::Service),
        ("another terminal", |export| export.statement("terminal").holder = "another".into()),
        ("a key of later", |export| {
            let after = export.stored_at.plus_ms(1);
            export.statement("inspector").valid_from = after;
        }),
    ];
}
