//! Out: what the service does not have yet, or all there is, into one bundle or several.
//!
//! Nothing here counts as sent: what the service has is known from its answers only. Records go first and in the order of the
//! chain, and all that are not delivered go every time, because they are small and a bundle may be lost; of the photos those that
//! the service is not known to have, without those that lie in a bundle in the same folder already.

use std::path::Path;

use serde::Serialize;
use xunjian_domain::{hash::Sha256, text::Language};
use xunjian_proof::{dsse::Envelope, statement::Statement as _, suite::Signer as _};
use xunjian_protocol::relay::{
    DEFAULT_MAX_BYTES, Direction, Header, Item, RelayKeyStatement, UpHead,
    export::{Export, Plan, Written},
};

use super::{NUMBER, SERVICE, carried, key, last_number, unproved};
use crate::{
    Field,
    error::FieldError,
    http::ACCEPTED,
    store::{
        chunk, log,
        package::PackageHead,
        record::{self, RecordState},
        release, terminal,
    },
    sync::SyncFault,
};

/// How an export goes about it.
#[derive(Debug, Clone)]
pub struct RelayExport {
    /// Most bytes of a file.
    pub max_bytes: u64,
    /// Whether everything goes, also what the service is known to have.
    pub all: bool,
    /// Language that problems are to be told in.
    pub language: Language,
}

impl Default for RelayExport {
    fn default() -> Self {
        Self { max_bytes: DEFAULT_MAX_BYTES, all: false, language: Language::Zh }
    }
}

/// How far an export has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RelayProgress {
    /// Photos written.
    pub photos_done: u64,
    /// Photos to write.
    pub photos_total: u64,
}

/// What was written.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RelayExported {
    /// The files, in order.
    pub files: Vec<String>,
    /// Their bytes.
    pub bytes: u64,
    /// Records in them.
    pub records: u64,
    /// Photos in them.
    pub photos: u64,
    /// Photos left out, because a bundle in this folder has them.
    pub photos_there: u64,
    /// Photos that could not be read here.
    pub errors: Vec<SyncFault>,
}

/// What goes.
struct Load {
    head: UpHead,
    recipient: String,
    records: Vec<Sha256>,
    photos: Vec<Sha256>,
    photos_there: u64,
}

impl Field {
    /// Writes what the service lacks into `folder`. The same call again goes on where one broke off.
    ///
    /// # Errors
    /// [`FieldError::NoRelayKey`] before the first synchronisation or enrolment by bundle; [`FieldError::Relay`] when the folder
    /// cannot be written. Files that have their name are whole then.
    pub fn relay_export(
        &self,
        folder: &Path,
        options: &RelayExport,
        mut tell: impl FnMut(RelayProgress),
    ) -> Result<RelayExported, FieldError> {
        let terminal = self.terminal()?;
        let signer = self.terminal_key()?;
        let load = self.load(folder, options)?;
        let number = load.head.number;
        let id: String = terminal.id.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
        let tail = id.get(id.len().saturating_sub(8)..).unwrap_or_default();
        let head = serde_json::to_vec(&load.head).map_err(|error| FieldError::Damaged(error.to_string()))?;
        let mut export = Export::begin(Plan {
            folder,
            name: format!("xunjian-up-{tail}-{number}"),
            header: Header {
                direction: Direction::Up,
                site: terminal.site_root.site.clone(),
                terminal: terminal.id.clone(),
                sender: signer.public_key(),
                recipient: Sha256::of(b""),
                bundle: self.ids.new_id(),
                made_at: self.now().wall_ms,
                part: 1,
            },
            recipient: &load.recipient,
            signer: &signer,
            max_bytes: options.max_bytes,
            opening: vec![(Item::Head, head)],
        });
        let mut done = RelayExported { photos_there: load.photos_there, ..RelayExported::default() };
        let mut in_part = Vec::new();
        for id in &load.records {
            let envelope = self.store.read(|connection| record::envelope(connection, *id))?;
            let ended = export.put(Item::Record, &id.0, envelope.as_bytes())?;
            self.part_ended(ended, &mut in_part, &mut done)?;
            done.records += 1;
        }
        let photos_total = load.photos.len() as u64;
        for (photos_done, photo) in (0..).zip(&load.photos) {
            tell(RelayProgress { photos_done, photos_total });
            // Read when needed and hashed again: what goes out is what was signed.
            let bytes = match self.photos.read(photo) {
                Ok(bytes) => bytes,
                Err(error) => {
                    done.errors.push(SyncFault::of(&error.into()).about(None, Some(*photo)));
                    continue;
                }
            };
            let ended = export.put(Item::Photo, &photo.0, &bytes)?;
            self.part_ended(ended, &mut in_part, &mut done)?;
            fail::fail_point!("relay.after_photo");
            in_part.push(*photo);
            done.photos += 1;
        }
        let ended = export.finish()?;
        self.part_ended(ended, &mut in_part, &mut done)?;
        tell(RelayProgress { photos_done: photos_total, photos_total });
        self.store.write(|connection| load.records.iter().try_for_each(|id| record::begin_sending(connection, *id)))?;
        Ok(done)
    }

    fn part_ended(
        &self,
        ended: Option<Written>,
        photos: &mut Vec<Sha256>,
        done: &mut RelayExported,
    ) -> Result<(), FieldError> {
        let Some(written) = ended else { return Ok(()) };
        self.store.write(|connection| carried::put(connection, &written, photos))?;
        photos.clear();
        done.bytes += written.bytes;
        done.files.push(written.file.display().to_string());
        Ok(())
    }

    fn load(&self, folder: &Path, options: &RelayExport) -> Result<Load, FieldError> {
        let known = self.store.read(log::checkpoint)?.filter(|known| known.checkpoint.size > 0);
        let cosigned = known.clone().map(|known| self.cosigned(known)).transpose()?;
        let now = self.now().wall_ms.0;
        self.store.write(|connection| {
            let statement = terminal::setting(connection, SERVICE)?.ok_or(FieldError::NoRelayKey)?;
            let envelope = Envelope::from_bytes(statement.as_bytes()).map_err(|_| FieldError::NoRelayKey)?;
            // Verified when it was kept.
            let recipient = RelayKeyStatement::read(&envelope)?.key;
            let last = last_number(connection)?;
            // Later than the last export also where the clock was set back, or the folder was.
            let number = u64::try_from(now).unwrap_or(0).max(last + 1);
            terminal::put_setting(connection, NUMBER, &number.to_string())?;
            let rows = record::list(connection)?;
            let open: Vec<Sha256> =
                rows.iter().filter(|row| row.state != RecordState::Delivered).map(|row| row.id).collect();
            let head = UpHead {
                number,
                relay_key: key(connection)?.public(),
                accepts: ACCEPTED.to_owned(),
                language: match options.language {
                    Language::Zh => "zh",
                    Language::En => "en",
                }
                .to_owned(),
                etag: PackageHead::get(connection)?.map(|head| head.etag).unwrap_or_default(),
                known: known.as_ref().map(ToString::to_string).unwrap_or_default(),
                unproved: unproved(connection)?,
                cosigned: cosigned.as_ref().map(ToString::to_string).unwrap_or_default(),
                chain_end: record::chain_end(connection)?.map_or(0, |end| end.sequence),
                open,
                chunks: chunk::names(connection)?,
            };
            let there = if options.all { Default::default() } else { carried::in_folder(connection, folder)? };
            let (mut records, mut photos, mut photos_there) = (Vec::new(), Vec::new(), 0);
            let mut seen = std::collections::HashSet::new();
            for row in &rows {
                // What was set aside waits for a person, as over HTTP.
                let goes = row.quarantined.is_none() && row.state != RecordState::Delivered;
                if !options.all && !goes {
                    continue;
                }
                records.push(row.id);
                for blob in record::blobs(connection, row.id)? {
                    if (blob.is_sent && !options.all) || !seen.insert(blob.sha256) {
                        continue;
                    }
                    if there.contains(&blob.sha256) {
                        photos_there += 1;
                    } else if !release::is_released(connection, blob.sha256)? {
                        photos.push(blob.sha256);
                    }
                }
            }
            Ok(Load { head, recipient, records, photos, photos_there })
        })
    }
}
