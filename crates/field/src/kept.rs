//! What is kept beside the database so that a damaged page cannot take it: every sealed record, and who this terminal is.
//!
//! ```text
//! kept/identity          terminal, its signing key, people; written at each enrolment
//! kept/<sha256>.record   the envelope of a sealed record, byte for byte
//! kept/noticed           what somebody did to the data behind the program's back ([`crate::tampering`])
//! ```
//!
//! Each file is encrypted with a key derived from the database key, its name as associated data. A record's file is written
//! after its transaction; what a crash left out is written at the next unlocking ([`Kept::complete`]). Records here are
//! read only when the database lacks one, or has other bytes.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use xunjian_domain::hash::Sha256;
use xunjian_proof::verification::read_record;
use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    error::FieldError,
    keys::{FileKey, aead},
    private,
    store::{Store, person::Person, record, terminal::Terminal},
    tampering::Noticed,
};

/// The folder.
#[derive(Clone)]
pub(crate) struct Kept(PathBuf);

/// Who this terminal is.
#[derive(Serialize, Deserialize)]
pub(crate) struct Identity {
    pub terminal: Terminal,
    /// The seed of the terminal's signing key, base 64.
    pub seed: String,
    pub people: Vec<Person>,
    /// The envelope of the site's recovery key; empty where there is none.
    pub recovery_key: String,
}

impl Drop for Identity {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

const IDENTITY: &str = "identity";
const NOTICED: &str = "noticed";

impl Kept {
    pub fn in_folder(folder: &Path) -> Self {
        Self(folder.join("kept"))
    }

    pub fn put_identity(&self, key: &FileKey, identity: &Identity) -> Result<(), FieldError> {
        let text = serde_json::to_vec(identity).map(Zeroizing::new);
        let text = text.map_err(|error| FieldError::Damaged(error.to_string()))?;
        self.put(key, IDENTITY, &text)
    }

    pub fn identity(&self, key: &FileKey) -> Option<Identity> {
        let text = Zeroizing::new(self.get(key, IDENTITY)?);
        serde_json::from_slice(&text).ok()
    }

    pub fn put_record(&self, key: &FileKey, id: Sha256, envelope: &str) -> Result<(), FieldError> {
        self.put(key, &name_of(id), envelope.as_bytes())
    }

    /// The envelope of a record, if it can be read here.
    pub fn record(&self, key: &FileKey, id: Sha256) -> Option<String> {
        String::from_utf8(self.get(key, &name_of(id))?).ok()
    }

    /// The records that have a file here.
    pub fn record_names(&self) -> Result<Vec<Sha256>, FieldError> {
        let names = self.names()?;
        Ok(names.iter().filter_map(|name| name.strip_suffix(".record")?.parse().ok()).collect())
    }

    /// The envelopes of all records that can be read here.
    pub fn records(&self, key: &FileKey) -> Vec<String> {
        let names = self.record_names().unwrap_or_default();
        names.into_iter().filter_map(|id| self.record(key, id)).collect()
    }

    /// Writes the files that are missing, of records whose bytes are their own.
    pub fn complete(&self, key: &FileKey, store: &Store) -> Result<(), FieldError> {
        let names = self.names()?;
        for id in store.read(record::all_ids)?.into_iter().filter(|id| !names.contains(&name_of(*id))) {
            let envelope = store.read(|connection| record::envelope(connection, id))?;
            if read_record(envelope.as_bytes()).is_ok_and(|(_, read)| read.id == id) {
                self.put_record(key, id, &envelope)?;
            }
        }
        Ok(())
    }

    /// What was noticed so far, oldest first.
    pub fn noticed(&self, key: &FileKey) -> Vec<Noticed> {
        self.get(key, NOTICED).and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    pub fn put_noticed(&self, key: &FileKey, noticed: &[Noticed]) -> Result<(), FieldError> {
        let text = serde_json::to_vec(noticed).map_err(|error| FieldError::Damaged(error.to_string()))?;
        self.put(key, NOTICED, &text)
    }

    fn names(&self) -> Result<Vec<String>, FieldError> {
        let listed = std::fs::read_dir(&self.0)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect());
        match listed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            listed => listed.map_err(|source| FieldError::File { path: self.0.clone(), source }),
        }
    }

    fn put(&self, key: &FileKey, name: &str, text: &[u8]) -> Result<(), FieldError> {
        let sealed = aead::seal(key.bytes(), name.as_bytes(), text)?;
        let path = self.0.join(name);
        private::make_folder(&self.0)
            .and_then(|()| private::replace(&path, &sealed))
            .map_err(|source| FieldError::File { path, source })
    }

    fn get(&self, key: &FileKey, name: &str) -> Option<Vec<u8>> {
        aead::open(key.bytes(), name.as_bytes(), &std::fs::read(self.0.join(name)).ok()?)
    }
}

fn name_of(id: Sha256) -> String {
    format!("{id}.record")
}
