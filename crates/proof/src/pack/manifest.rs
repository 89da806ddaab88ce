//! What is in a pack and what is not: signed by whoever made it, so that nobody on its way can take a file out of it.
//!
//! The manifest proves nothing about the records. It tells one pack from another, and it makes the archive's bytes follow.

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::{RoundId, SiteId},
};

use super::{coverage::Coverage, name};
use crate::statement::Statement;

/// The format of this file.
pub const FORMAT: u32 = 1;
/// Most files of a pack, so that a manifest cannot fill the memory of whoever reads it.
pub const MAX_FILES: usize = 400_000;
/// Most bytes of a manifest in its envelope.
pub const MAX_MANIFEST_BYTES: u64 = 160 << 20;

/// What a pack is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackKind {
    /// One record.
    Record,
    /// Every delivered record of a round, with the plan.
    Round,
}

/// How much of the photos is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Originals.
    Full,
    /// 脱敏: masked copies only; of the originals the hashes stand in the records.
    Redacted,
}

/// Who made a pack, and with which kind of key the manifest is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Maker {
    /// The service: every statement comes with its place in the log.
    Service,
    /// A terminal, of a record of its own: it knows the receipt, and no order of the log beside it.
    Terminal,
}

/// Why a photo that a record names is not in the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyLeftOut {
    /// Left out of a redacted pack: nobody made a masked copy, or the copy stands for it.
    Redacted,
    /// The photo is not there any more: released from the terminal after delivery.
    Released,
}

/// A photo that is named by a record and is not in the pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Its hash, as the record has it.
    pub sha256: Sha256,
    /// Why.
    pub why: WhyLeftOut,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRef {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its hash.
    pub sha256: Sha256,
}

/// The manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The site.
    pub site: SiteId,
    /// [`FORMAT`].
    pub format: u32,
    /// Which version of the fixed texts and of the pages is in it (`super::texts::VERSION`).
    pub texts: u32,
    /// Version of the software.
    pub software: String,
    /// What it is about.
    pub kind: PackKind,
    /// Originals or masked copies.
    pub profile: Profile,
    /// Who made and signed it.
    pub made_by: Maker,
    /// The round of a round's pack.
    pub round: Option<RoundId>,
    /// The log's size that the pack was made at; of a terminal's pack that of the receipt.
    pub log_size: u64,
    /// The records, sorted.
    pub records: Vec<Sha256>,
    /// Records of the round that were not delivered at that size, sorted: they are not in the pack.
    pub undelivered: Vec<Sha256>,
    /// Photos that records name and that are not in the pack, sorted.
    pub left_out: Vec<LeftOut>,
    /// How much of the plan the records cover; `None` for a record's pack.
    pub coverage: Option<Coverage>,
    /// Every file but this one, in the order of their names.
    pub files: Vec<FileRef>,
}

impl Statement for Manifest {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.pack.v1+json";
}

impl Manifest {
    /// Rules that hold of the manifest alone.
    ///
    /// # Errors
    /// The name at fault, and what is wrong with it.
    pub fn check(&self) -> Result<(), (String, String)> {
        let of_manifest = |reason: &str| Err((name::MANIFEST.to_owned(), reason.to_owned()));
        if self.format != FORMAT {
            return of_manifest("the format is another version than this program reads");
        }
        if self.files.len() > MAX_FILES {
            return of_manifest("it names too many files");
        }
        let is_ascending = |list: &[Sha256]| list.windows(2).all(|pair| pair[0] < pair[1]);
        if !is_ascending(&self.records) || !is_ascending(&self.undelivered) || self.records.is_empty() {
            return of_manifest("its records are not named once each, in order");
        }
        if !self.left_out.windows(2).all(|pair| pair[0].sha256 < pair[1].sha256) {
            return of_manifest("the photos it leaves out are not named once each, in order");
        }
        let is_whole = match self.kind {
            PackKind::Record => self.records.len() == 1 && self.round.is_none() && self.coverage.is_none(),
            PackKind::Round => self.round.is_some() && self.coverage.is_some() && self.made_by == Maker::Service,
        };
        if !is_whole {
            return of_manifest("kind, round, coverage and records do not fit together");
        }
        for file in &self.files {
            if !name::is_allowed(&file.name) {
                return Err((file.name.clone(), "no file of a pack has such a name".to_owned()));
            }
            if file.bytes > super::zip::MAX_FILE_BYTES {
                return Err((file.name.clone(), format!("a file of {} bytes is too large", file.bytes)));
            }
        }
        match self.files.windows(2).find(|pair| pair[0].name >= pair[1].name) {
            Some(pair) => Err((pair[1].name.clone(), "the files are not named once each, in order".to_owned())),
            None => Ok(()),
        }
    }
}
