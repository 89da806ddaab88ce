//! 巡检记录, version 1: the complete schema of what an inspector signs. Frozen.
//!
//! A record is the exact bytes of one JSON document in the spelling of RFC 8785, made once and never re-serialised; its
//! id is the SHA-256 of those bytes. Version 1 refuses fields it does not know. A field may be added to it only if it is left
//! out of the bytes while it has nothing to say, so that every record signed before keeps its spelling and its id
//! (docs/adr/0018); any other change is a new payload type.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::{FindingId, LabelPrintId, PersonId, RoomId, SiteId, TerminalId, VisitId},
    ledger::{LedgerEntry, LedgerVersion, ResourceOrder},
    plan::{TemplateVersion, VisitKind},
    reconciliation::Reconciliation,
    round::Round,
    subject::Subject,
    time::{ClockReading, TimestampMs},
    visit::{Finding, FollowUp, LineResult},
};

use crate::{
    statement::{BlobRef, Statement},
    suite::KeyId,
};

/// Most bytes a record may have (1 MiB).
pub const MAX_RECORD_BYTES: usize = 1 << 20;

/// 巡检记录 v1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The site.
    pub site: SiteId,
    /// The round it counts for.
    pub round: Round,
    /// SHA-256 of the plan statement's envelope, a leaf of the log.
    pub plan: Sha256,
    /// What was visited.
    pub visit: VisitRecord,
    /// The criteria it was walked by.
    pub template: TemplateVersion,
    /// The ledger it was held against.
    pub ledger: LedgerVersion,
    /// The ledger rows it was held against, as they stood then.
    pub compared: Vec<LedgerEntry>,
    /// Hashes of the ledger's chunks (racks, clusters, orders) it was held against, sorted: what `compared` does not repeat,
    /// such as the virtual machines of a cluster.
    pub compared_chunks: Vec<Sha256>,
    /// The resource orders it was held against.
    pub orders: Vec<ResourceOrder>,
    /// Who signs.
    pub inspector: SignerRef<PersonId>,
    /// On which terminal, and where in its chain.
    pub terminal: TerminalRef,
    /// 同行人员.
    pub present: Vec<Companion>,
    /// What the terminal knew of time.
    pub clock: ClockEvidence,
    /// One result a line of the plan.
    pub lines: Vec<LineResult>,
    /// Every label scanned, in order.
    pub scans: Vec<LabelScan>,
    /// What became of each asset of a rack; empty for other visits.
    pub reconciliation: Vec<Reconciliation>,
    /// Whether the inspector declared the rack complete; only then is an unseen asset 缺失.
    pub rack_closed: bool,
    /// 问题.
    pub findings: Vec<Finding>,
    /// Photos and other evidence, sorted by hash.
    pub evidence: Vec<Evidence>,
    /// The permit to take photos in this room, where one is needed.
    pub photo_permit: Option<PhotoPermit>,
    /// The record this one corrects.
    pub amends: Option<Amends>,
    /// 复查: what was found of the problems that earlier rounds left open. Left out of the bytes while there is none
    /// (docs/adr/0020).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follow_ups: Vec<FollowUp>,
}

impl Statement for Record {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.record.v1+json";
}

/// What was visited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct VisitRecord {
    /// The planned visit.
    pub id: VisitId,
    /// Room, rack, cluster or system.
    pub kind: VisitKind,
    /// The room, rack, cluster or system.
    pub subject: Subject,
    /// As the plan titles it.
    pub title: String,
    /// The room it happened in; `None` for clusters.
    pub room: Option<RoomId>,
    /// 1 for the first record of a visit, counting up with each amendment.
    pub revision: u32,
}

/// Who signs, with which key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct SignerRef<Id> {
    /// Person or terminal.
    pub id: Id,
    /// Name at the time.
    pub name: String,
    /// The key; one of the envelope's signatures must be its.
    pub key: KeyId,
}

/// The terminal and its chain (终端链): each record names the one before it, so that holes and forks show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct TerminalRef {
    /// The terminal.
    pub id: TerminalId,
    /// Its key; one of the envelope's signatures must be its.
    pub key: KeyId,
    /// 1 for the first record of a terminal, then one more each time.
    pub sequence: u64,
    /// Id of the terminal's record before this one; `None` for the first.
    pub previous: Option<Sha256>,
    /// Version of the software that sealed.
    pub app_version: String,
}

/// 同行人员: who else was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Companion {
    /// Name.
    pub name: String,
    /// Organisation.
    pub organisation: String,
}

/// What the terminal knew of time; from it a verifier derives an interval, never one fake-exact moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ClockEvidence {
    /// The last time token: a checkpoint cosigned with the time (C2SP tlog-cosignature), as text.
    pub token: Option<String>,
    /// The terminal's clock when it received the token.
    pub token_received: Option<ClockReading>,
    /// When the visit was started.
    pub started: ClockReading,
    /// When it was sealed.
    pub sealed: ClockReading,
    /// Every jump noticed between the two.
    pub jumps: Vec<ClockJump>,
}

/// Wall clock and monotonic clock disagreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ClockJump {
    /// The reading before.
    pub before: ClockReading,
    /// The reading after.
    pub after: ClockReading,
    /// Wall-clock movement that the monotonic clock does not explain; `None` over a reboot.
    pub jumped_ms: Option<i64>,
}

/// How a label was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ScanSource {
    /// A camera frame in the app.
    Camera,
    /// A picture file.
    File,
    /// A hand-held scanner.
    Scanner,
    /// The printed code, typed by hand.
    Typed,
}

/// What a scan turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ScanVerdict {
    /// 一致: signed by this site, current, and of this place.
    Right,
    /// Signed and current, but of another rack of this room.
    WrongRack,
    /// 不在本机房.
    WrongRoom,
    /// 台账无此码: signed, but this terminal's ledger does not have what it names.
    Unknown,
    /// 已作废: replaced by a newer print.
    Revoked,
    /// A label of another site.
    Foreign,
    /// Our form, but the signature is wrong.
    Forged,
    /// Some other code: kept as text.
    NotALabel,
    /// 重复扫: seen before in this visit.
    Repeated,
}

/// One scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LabelScan {
    /// The text read or typed.
    pub text: String,
    /// How.
    pub source: ScanSource,
    /// What it turned out to be.
    pub verdict: ScanVerdict,
    /// The print, where the text is one of our labels.
    pub print: Option<LabelPrintId>,
    /// What the print names.
    pub subject: Option<Subject>,
    /// The label key that signed the text; `None` for what was typed or is not signed by this site.
    pub key: Option<KeyId>,
    /// When.
    pub at: ClockReading,
}

/// How a photo came into being.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// Taken in the app.
    Camera,
    /// Chosen from a file.
    File,
    /// A screenshot or export of a remote system (远程 lines only).
    Imported,
}

/// A photo or other piece of evidence. The bytes are a blob named by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Hash of the original bytes.
    pub sha256: Sha256,
    /// Size of the original.
    pub bytes: u64,
    /// `image/jpeg`, `image/png`, `image/webp` or `text/csv`.
    pub media_type: String,
    /// Pixels, upright; 0 for what is not a picture.
    pub width: u32,
    /// Pixels, upright; 0 for what is not a picture.
    pub height: u32,
    /// How it came into being.
    pub capture: Capture,
    /// When it entered the terminal.
    pub taken: ClockReading,
    /// The file's own claim (EXIF DateTimeOriginal, as written); proves nothing.
    pub exif_time: Option<String>,
    /// What it shows.
    pub caption: String,
    /// Set when this is a copy that was drawn on or masked.
    pub layer: Option<Layer>,
    /// Earlier photos this one repeats, exactly (distance 0) or nearly.
    pub reuse: Vec<PhotoReuse>,
    /// The photo of the problem that this one, taken after the fix, answers: of this record or of an earlier one. Left out of
    /// the bytes where there is none (docs/adr/0020).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub after_of: Option<Sha256>,
}

/// What was done to a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LayerKind {
    /// 标注: arrows, frames and words were drawn on it.
    Markup,
    /// 遮盖: faces, names or numbers were covered.
    Masked,
}

/// This photo is a copy of another one with something laid over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// The original.
    pub of: Sha256,
    /// What was done.
    pub kind: LayerKind,
}

/// A photo looks like one used before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct PhotoReuse {
    /// The earlier photo.
    pub of: Sha256,
    /// Bits by which the perceptual hashes differ; 0 for the same bytes.
    pub distance: u32,
}

/// The permit to take photos in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct PhotoPermit {
    /// Number of the permit.
    pub number: String,
    /// Valid until this moment.
    pub valid_until: TimestampMs,
}

/// 更正记录: which record this one corrects, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Amends {
    /// The record before.
    pub record: Sha256,
    /// SHA-256 of the countersignature that returned it; `None` when the inspector corrects unasked.
    pub returned_by: Option<Sha256>,
    /// Why.
    pub reason: String,
}

impl Record {
    /// Every blob the record names, sorted by hash, without repeats.
    #[must_use]
    pub fn blobs(&self) -> Vec<BlobRef> {
        let mut blobs: Vec<BlobRef> =
            self.evidence.iter().map(|photo| BlobRef { sha256: photo.sha256, bytes: photo.bytes }).collect();
        blobs.sort();
        blobs.dedup();
        blobs
    }

    /// Rules that hold within one record whatever the site knows: every photo that lines, findings, sightings and follow-ups name is listed,
    /// evidence and chunks are sorted and unique, no photo is a copy of itself, sequence and revision start at 1 and fit their links.
    ///
    /// # Errors
    /// A sentence naming the first broken rule.
    pub fn check_consistency(&self) -> Result<(), String> {
        if self.terminal.sequence == 0 || (self.terminal.sequence == 1) != self.terminal.previous.is_none() {
            return Err("the sequence number and the link to the previous record do not fit".into());
        }
        if self.visit.revision == 0 || (self.visit.revision == 1) != self.amends.is_none() {
            return Err("the revision and the link to the amended record do not fit".into());
        }
        if !self.evidence.windows(2).all(|pair| pair[0].sha256 < pair[1].sha256) {
            return Err("the evidence is not sorted by hash, or names a photo twice".into());
        }
        if !self.compared_chunks.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err("the compared chunks are not sorted, or one stands twice".into());
        }
        if self.evidence.iter().any(|photo| photo.layer.as_ref().is_some_and(|layer| layer.of == photo.sha256)) {
            return Err("a photo calls itself a copy of itself".into());
        }
        if self.evidence.iter().any(|photo| photo.after_of == Some(photo.sha256)) {
            return Err("a photo calls itself the answer to itself".into());
        }
        let answered: BTreeSet<&FindingId> = self.follow_ups.iter().map(|answer| &answer.finding).collect();
        if answered.len() != self.follow_ups.len() {
            return Err("an open problem is answered twice".into());
        }
        let of_lines = self.lines.iter().flat_map(|line| &line.photos);
        let of_findings = self.findings.iter().flat_map(|finding| finding.photos.iter().chain(&finding.after_photos));
        let of_sightings =
            self.reconciliation.iter().filter_map(|one| one.sighting.as_ref()).flat_map(|seen| &seen.photos);
        let of_follow_ups = self.follow_ups.iter().flat_map(|answer| &answer.after_photos);
        let is_listed = |hash: &Sha256| self.evidence.binary_search_by(|photo| photo.sha256.cmp(hash)).is_ok();
        match of_lines.chain(of_findings).chain(of_sightings).chain(of_follow_ups).find(|hash| !is_listed(hash)) {
            Some(hash) => Err(format!("the photo {hash} is named but not listed as evidence")),
            None => Ok(()),
        }
    }
}
