//! In: the service's answer. The whole file is verified, then its parts are used as answers over HTTP are: chunks are stored as
//! they come, because their names prove them; everything that decides goes through [`crate::pull`] and [`crate::sync`].
//!
//! A bundle that comes after a later one has nothing new: its acknowledgements are taken, its work package and receipts are not,
//! and the log state it shows is remembered until a proof comes that it is of the same log.

use std::{collections::HashMap, path::Path};

use serde::Serialize;
use xunjian_domain::hash::Sha256;
use xunjian_proof::{keyring::Keyring, note::SignedCheckpoint, statement::HolderKind};
use xunjian_protocol::{
    SyncApi,
    relay::{
        Direction, DownHead, Header, Item, LogStretch, MAX_DOCUMENT_BYTES, RecordNews, RelayError, RelayKey,
        RelayKeyStatement, read::Verified,
    },
};

use super::{Answers, MOST_UNPROVED, SERVICE, contents, known_key, put_unproved, show_bundle, unproved};
use crate::{
    Field,
    error::FieldError,
    log_watch::LogWatch,
    pull::put_log_state,
    store::{chunk, log, terminal},
    sync::SyncReport,
    trust,
};

/// Chunks stored in one transaction, in bytes.
const CHUNK_BATCH: usize = 8 << 20;

/// What a bundle brought.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RelayImported {
    /// What came of its answers, as after a synchronisation.
    pub report: SyncReport,
    /// Whether a later one came before: its work package and receipts were passed over.
    pub is_older: bool,
    /// Which part of the service's export it is.
    pub part: u32,
}

/// A down bundle, read.
pub(super) struct Opened {
    pub header: Header,
    pub answers: Answers,
}

impl Field {
    /// Takes the service's answer in. Doing it twice is the same as once.
    ///
    /// # Errors
    /// [`FieldError::Relay`] when the bundle is not for this terminal, not whole, or not of this site's service; nothing was
    /// changed then. What its answers say stands in the report.
    pub async fn relay_import(&self, file: &Path) -> Result<RelayImported, FieldError> {
        let terminal = self.terminal()?;
        let verified = show_bundle(file)?;
        let header = &verified.header;
        let site = &terminal.site_root.site;
        if header.site != *site {
            return Err(RelayError::WrongSite(header.site.to_string()).into());
        }
        if header.direction != Direction::Down {
            return Err(RelayError::WrongDirection.into());
        }
        let key = self.store.read(known_key)?.filter(|_| header.terminal == terminal.id);
        let key = key.ok_or(RelayError::WrongRecipient)?;
        let opened = self.open_bundle(file, &verified, &key, |head| {
            let mut statements = self.store.read(log::root_statements)?;
            if let Some(package) = &head.package {
                statements = self.merged_statements(package)?;
            }
            trust::keyring_of(&terminal, &statements)
        })?;
        let known = self.store.read(log::checkpoint)?.map_or(0, |known| known.checkpoint.size);
        let answers = &opened.answers;
        // One that shows fewer leaves than this terminal had shown itself is not late: the log lost some.
        let is_older = answers.size < known && answers.size >= answers.head.shown;
        if is_older {
            self.remember(&answers.head.checkpoint)?;
        }
        let report = self.take_answers(answers, is_older).await?;
        Ok(RelayImported { report, is_older, part: opened.header.part })
    }

    /// Opens a verified bundle; `keyring_with` says what this terminal believes beside what the head brings.
    pub(super) fn open_bundle(
        &self,
        file: &Path,
        verified: &Verified,
        key: &RelayKey,
        keyring_with: impl FnOnce(&DownHead) -> Result<Keyring, FieldError>,
    ) -> Result<Opened, FieldError> {
        let mut contents = contents(file, verified, key)?;
        let Some((Item::Head, _)) = contents.next_item()? else {
            return Err(RelayError::Malformed("it does not begin with its head".to_owned()).into());
        };
        let head: DownHead = contents.document(MAX_DOCUMENT_BYTES)?;
        let header = &verified.header;
        check_sender(header, &keyring_with(&head)?)?;
        let (mut stretch, mut news, mut chunks, mut waiting) = (LogStretch::default(), HashMap::new(), Vec::new(), 0);
        while let Some((item, _)) = contents.next_item()? {
            match item {
                Item::Log => stretch = LogStretch::from_bytes(&contents.bytes(MAX_DOCUMENT_BYTES)?)?,
                Item::News => {
                    let one: RecordNews = contents.document(MAX_DOCUMENT_BYTES)?;
                    news.insert(one.record, one);
                }
                Item::Chunk => {
                    let bytes = contents.bytes(MAX_DOCUMENT_BYTES)?;
                    waiting += bytes.len();
                    chunks.push(bytes);
                    if waiting > CHUNK_BATCH {
                        self.keep_chunks(&mut chunks)?;
                        waiting = 0;
                    }
                }
                other => return Err(RelayError::Malformed(format!("{other:?} from the service")).into()),
            }
        }
        self.keep_chunks(&mut chunks)?;
        let size = SignedCheckpoint::parse(&head.checkpoint)
            .map_err(|error| RelayError::Malformed(error.to_string()))?
            .checkpoint
            .size;
        if stretch.size != size {
            return Err(RelayError::Malformed("its log ends elsewhere than its checkpoint".to_owned()).into());
        }
        let answers = Answers::new(head, size, stretch.nodes(), news);
        Ok(Opened { header: verified.header.clone(), answers })
    }

    fn keep_chunks(&self, chunks: &mut Vec<Vec<u8>>) -> Result<(), FieldError> {
        self.store
            .write(|connection| chunks.iter().try_for_each(|bytes| chunk::put(connection, Sha256::of(bytes), bytes)))?;
        chunks.clear();
        Ok(())
    }

    /// A log state that cannot be compared yet is not forgotten: what it shows may contradict what is known.
    fn remember(&self, note: &str) -> Result<(), FieldError> {
        self.store.write(|connection| {
            let keyring = trust::keyring(connection)?;
            let shown =
                SignedCheckpoint::parse(note).map_err(|error| FieldError::LogInconsistent(error.to_string()))?;
            keyring.verify_checkpoint(&shown).map_err(|error| FieldError::LogInconsistent(error.to_string()))?;
            let mut notes = unproved(connection)?;
            let is_known = notes
                .iter()
                .any(|other| SignedCheckpoint::parse(other).is_ok_and(|other| other.checkpoint == shown.checkpoint));
            if !is_known && notes.len() < MOST_UNPROVED {
                notes.push(note.to_owned());
                put_unproved(connection, &notes)?;
            }
            Ok(())
        })
    }

    /// Compares the log states of bundles that came too late to be compared.
    ///
    /// # Errors
    /// [`FieldError::LogInconsistent`] when one is of another history. It stays remembered: the next comparison says so again.
    pub(crate) async fn prove_remembered(&self, api: &impl SyncApi) -> Result<(), FieldError> {
        let notes = self.store.read(unproved)?;
        if notes.is_empty() {
            return Ok(());
        }
        let keyring = self.store.read(trust::keyring)?;
        let mut watch = LogWatch::new(&keyring, self.store.read(log::checkpoint)?);
        let mut left = notes.clone();
        for note in &notes {
            let Ok(shown) = SignedCheckpoint::parse(note) else { continue };
            match watch.compare(api, &shown).await {
                Ok(()) => left.retain(|other| other != note),
                // A bundle says nothing of states that it was not asked about.
                Err(FieldError::Api(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.store.write(|connection| {
            put_log_state(connection, &watch, [])?;
            put_unproved(connection, &left)
        })
    }

    /// Keeps the key that bundles for the service are sealed for. One that does not verify is not kept, and does no harm.
    pub(crate) fn keep_relay_key(&self, statement: &str) -> Result<(), FieldError> {
        if statement.is_empty() {
            return Ok(());
        }
        let keyring = self.store.read(trust::keyring)?;
        match RelayKeyStatement::verified(statement, &keyring) {
            Ok(_) => self.store.write(|connection| terminal::put_setting(connection, SERVICE, statement)),
            Err(error) => {
                tracing::warn!(%error, "the service's relay key does not verify and is not kept");
                Ok(())
            }
        }
    }
}

/// The bundle is signed by a service key that the root vouches for.
pub(super) fn check_sender(header: &Header, keyring: &Keyring) -> Result<(), RelayError> {
    let id = header.sender.id();
    let unknown = || RelayError::UnknownSender(id.to_string());
    let holder = keyring.holder(&id, HolderKind::Service, header.made_at).map_err(|_| unknown())?;
    if holder.key != header.sender || keyring.revocation(&id).is_some() {
        return Err(unknown());
    }
    Ok(())
}
