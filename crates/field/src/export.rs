//! One record with all that is needed to check it by hand, as plain files (`docs/EVIDENCE.md` shows the commands).

use std::path::{Path, PathBuf};

use serde::Serialize;
use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    dsse::Envelope,
    jcs,
    keyring::Keyring,
    note,
    receipt::Receipt,
    statement::{HolderKind, KeyStatement},
    suite::PublicKey,
};

use crate::{
    Field,
    error::FieldError,
    store::{log, record, review},
    trust,
};

/// What was written.
#[derive(Debug, Clone, Serialize)]
pub struct Exported {
    /// The record.
    pub record: Sha256,
    /// The folder.
    pub folder: PathBuf,
    /// Names of the files, relative to the folder.
    pub files: Vec<String>,
}

impl Field {
    /// Writes a record, its envelope, receipt, photos and the keys to check them with into `folder`.
    ///
    /// # Errors
    /// [`FieldError::UnknownRecord`], or [`FieldError::File`] when the folder cannot be written.
    pub fn export_record(&self, wanted: &str, folder: &Path) -> Result<Exported, FieldError> {
        let id = self.find_record(wanted)?;
        let terminal = self.terminal()?;
        let (envelope, receipt, keyring, statements, blobs, said) = self.store.read(|connection| {
            Ok((
                record::envelope(connection, id)?,
                record::receipt(connection, id)?,
                trust::keyring(connection)?,
                log::root_statements(connection)?,
                record::blobs(connection, id)?,
                review::said_of(connection, id)?,
            ))
        })?;
        let mut files = Folder { root: folder.to_owned(), written: Vec::new() };
        let parsed = Envelope::from_bytes(envelope.as_bytes()).map_err(damaged)?;
        files.write("record.json", &parsed.payload().map_err(damaged)?)?;
        files.write("envelope.json", envelope.as_bytes())?;
        if let Some(row) = &receipt {
            files.write("delivered.json", row.delivered.as_bytes())?;
            files.write("receipt.tlog-proof", row.receipt.as_bytes())?;
            let delivered = Envelope::from_bytes(row.delivered.as_bytes()).map_err(damaged)?;
            files.write_keys("service", &delivered, &keyring)?;
        }
        files.write("site-root.json", &jcs::to_bytes(&terminal.site_root)?)?;
        for (no, root) in terminal.site_root.keys.iter().enumerate() {
            files.write(&format!("root-{}.pem", no + 1), root.key.to_pem().as_bytes())?;
        }
        for (folder, texts) in [("key-statements", &statements.holders), ("revocations", &statements.revocations)] {
            for text in texts {
                let name = Sha256::of(text.as_bytes()).short();
                files.write(&format!("{folder}/{name}.json"), text.as_bytes())?;
            }
        }
        files.write_keys("record", &parsed, &keyring)?;
        files.write("terminal.pem", terminal.public_key.to_pem().as_bytes())?;
        if let Some(person) =
            self.people()?.iter().find(|person| parsed.key_ids().any(|id| *id == person.public_key.id()))
        {
            files.write("inspector.pem", person.public_key.to_pem().as_bytes())?;
        }
        // The key that signed this receipt, which a newer one may have replaced since.
        let origin = &terminal.site_root.log_origin;
        let receipt = receipt.and_then(|row| Receipt::parse(&row.receipt).ok());
        let signed = |log: &&KeyStatement| {
            receipt.as_ref().is_some_and(|receipt| receipt.checkpoint.verify_log(origin, &log.key).is_ok())
        };
        let log = keyring.of_kind(HolderKind::Log).find(signed).or_else(|| keyring.current(HolderKind::Log));
        if let Some(key) = log {
            files.write("log.vkey", verifier_key(origin, &key.key)?.as_bytes())?;
            files.write("log.pem", key.key.to_pem().as_bytes())?;
        }
        for said in said {
            let name = said.sha256.short();
            files.write(&format!("countersignatures/{name}.json"), said.envelope.as_bytes())?;
            if !said.receipt.is_empty() {
                files.write(&format!("countersignatures/{name}.tlog-proof"), said.receipt.as_bytes())?;
            }
        }
        for blob in blobs {
            files.write(&format!("photos/{}", blob.sha256), &self.photo(blob.sha256)?)?;
        }
        Ok(Exported { record: id, folder: files.root, files: files.written })
    }
}

fn damaged(error: impl ToString) -> FieldError {
    FieldError::Damaged(error.to_string())
}

fn verifier_key(origin: &str, key: &PublicKey) -> Result<String, FieldError> {
    Ok(format!("{}\n", note::verifier_key(origin, key).map_err(damaged)?))
}

struct Folder {
    root: PathBuf,
    written: Vec<String>,
}

impl Folder {
    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), FieldError> {
        let path = self.root.join(name);
        let failed = |source| FieldError::File { path: path.clone(), source };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(&path, bytes).map_err(failed)?;
        self.written.push(name.to_owned());
        Ok(())
    }

    /// The public keys that signed an envelope, as far as the root vouches for them.
    fn write_keys(&mut self, what: &str, envelope: &Envelope, keyring: &Keyring) -> Result<(), FieldError> {
        for (no, id) in envelope.key_ids().enumerate() {
            if let Some(statement) = keyring.statement(id) {
                self.write(&format!("{what}-{}.pem", no + 1), statement.key.to_pem().as_bytes())?;
            }
        }
        Ok(())
    }
}
