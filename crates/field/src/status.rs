//! The state of the terminal at a glance: who, which site, what waits, what went wrong.

use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, SiteId, TerminalId},
    text::Text,
    time::{ClockReading, TimestampMs},
};
use xunjian_proof::suite::KeyId;

use crate::{
    Field,
    error::FieldError,
    jumps,
    store::{
        draft, log,
        package::PackageHead,
        record::{self, RecordState},
        salvage,
    },
    tampering::Noticed,
    trust,
};

/// A person on this terminal.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PersonStatus {
    /// The person.
    pub id: PersonId,
    /// For people.
    pub name: String,
    /// The signing key.
    pub key: KeyId,
    /// Whether the site root has signed for that key, as far as this terminal knows.
    pub key_approved: bool,
}

/// Counts of records by state.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecordCounts {
    /// 已签.
    pub sealed: u64,
    /// 待上传.
    pub queued: u64,
    /// 部分送达.
    pub partly_sent: u64,
    /// 已送达.
    pub delivered: u64,
    /// Set aside by the service.
    pub quarantined: u64,
}

/// The terminal at a glance.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Status {
    /// The terminal.
    pub terminal: TerminalId,
    /// What people call it.
    pub terminal_name: String,
    /// Its key.
    pub terminal_key: KeyId,
    /// Whether the site root has signed for the terminal's key, as far as this terminal knows.
    pub terminal_key_approved: bool,
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub site_name: String,
    /// Where the service is.
    pub service_url: String,
    /// The trusted root.
    pub root_fingerprint: Sha256,
    /// Whether it was compared with a fingerprint from paper.
    pub root_pinned: bool,
    /// Everyone enrolled here.
    pub people: Vec<PersonStatus>,
    /// When the work package was pulled.
    pub pulled_at: Option<TimestampMs>,
    /// Size of the log as last checked.
    pub log_size: u64,
    /// The service's time of the last token.
    pub time_token_at: Option<TimestampMs>,
    /// Open drafts of everyone.
    pub drafts: u64,
    /// Records by state.
    pub records: RecordCounts,
    /// Photos the service does not have yet.
    pub blobs_left: u64,
    /// Their bytes.
    pub blob_bytes_left: u64,
    /// Bytes photos may still take.
    pub room_left_bytes: u64,
    /// Photos on the disk that no row names: kept, for a person to look at.
    pub orphan_photos: Vec<Sha256>,
    /// Photos that a row names but the disk does not have.
    pub missing_photos: Vec<Sha256>,
    /// What somebody did to the data behind the program's back.
    pub tampering: Vec<Noticed>,
    /// What the person should know.
    pub warnings: Vec<Text>,
}

impl Field {
    /// The terminal at a glance.
    ///
    /// # Errors
    /// [`FieldError::NotEnrolled`].
    pub fn status(&self) -> Result<Status, FieldError> {
        let terminal = self.terminal()?;
        let now = self.now();
        let mut warnings = self.clock_warnings(&now)?;
        warnings.extend(self.store.read(salvage::told)?);
        let room_left_bytes = self.photos.room_left()?;
        let recovery = self.recovery();
        warnings.extend(self.tampering_warnings()?);
        let (people, tampering) = (self.people()?, self.tampering()?);
        self.store.read(|connection| {
            let keyring = trust::keyring(connection)?;
            let is_approved = |key: &KeyId| keyring.statement(key).is_some() && keyring.revocation(key).is_none();
            let mut records =
                RecordCounts { quarantined: record::count_quarantined(connection)?, ..RecordCounts::default() };
            for (state, count) in record::count_by_state(connection)? {
                match state {
                    RecordState::Sealed => records.sealed = count,
                    RecordState::Queued => records.queued = count,
                    RecordState::PartlySent => records.partly_sent = count,
                    RecordState::Delivered => records.delivered = count,
                }
            }
            let (blobs_left, blob_bytes_left) = record::unsent_totals(connection)?;
            Ok(Status {
                terminal_key: terminal.public_key.id(),
                terminal_key_approved: is_approved(&terminal.public_key.id()),
                terminal: terminal.id,
                terminal_name: terminal.name,
                site: terminal.site_root.site,
                site_name: terminal.site_name,
                service_url: terminal.service_url,
                root_fingerprint: terminal.root_fingerprint,
                root_pinned: terminal.root_pinned,
                people: people
                    .into_iter()
                    .map(|person| PersonStatus {
                        key_approved: is_approved(&person.public_key.id()),
                        key: person.public_key.id(),
                        id: person.id,
                        name: person.name,
                    })
                    .collect(),
                pulled_at: PackageHead::get(connection)?.map(|head| head.pulled.wall_ms),
                log_size: log::checkpoint(connection)?.map_or(0, |known| known.checkpoint.size),
                time_token_at: log::time_token(connection)?.map(|token| token.time_at),
                drafts: draft::count_open(connection)?,
                records,
                blobs_left,
                blob_bytes_left,
                room_left_bytes,
                orphan_photos: recovery.orphans.iter().map(|photo| photo.sha256).collect(),
                missing_photos: recovery.missing,
                tampering,
                warnings,
            })
        })
    }

    /// Whether the clock went back since the last time token or the last sealed record. Warns, never blocks.
    pub(crate) fn clock_warnings(&self, now: &ClockReading) -> Result<Vec<Text>, FieldError> {
        self.store.read(|connection| {
            let mut found = Vec::new();
            let token = log::time_token(connection)?;
            let is_before_token =
                token.as_ref().is_some_and(|token| now.wall_ms.0 + jumps::TOLERANCE_MS < token.time_at.0);
            if is_before_token {
                found.push(Text::new(
                    "本机时钟早于服务端上次给出的时间，可能被调回过，请校准系统时间；可以继续巡检，记录会如实标注",
                    "The clock is behind the time the service last gave; it may have been set back. Set it right. You may go on; the record says so",
                ));
            }
            let token = token.and_then(|token| jumps::since(&token.received, now)).filter(|_| !is_before_token);
            let last = record::chain_end(connection)?.and_then(|end| jumps::since(&end.sealed, now));
            found.extend(token.iter().chain(&last).map(jumps::warning));
            found.dedup();
            Ok(found)
        })
    }
}
