//! The names of the files in a pack: lower-case ASCII, so that no two of them are one on any file system, relative, and built
//! from hashes wherever there is more than one of a kind.

use xunjian_domain::hash::Sha256;

use crate::suite::KeyId;

/// The first file: what is in the pack, signed by whoever made it.
pub const MANIFEST: &str = "manifest.json";
/// The trust root.
pub const SITE_ROOT: &str = "site-root.json";
/// The log's state that the proofs lead to, with every cosignature.
pub const CHECKPOINT: &str = "log/checkpoint";
/// The page for people.
pub const INDEX: &str = "index.html";
/// Files whose text is part of this software.
pub const VERIFY_PY: &str = "verify.py";
/// As above.
pub const README_ZH: &str = "readme.zh.md";
/// As above.
pub const README_EN: &str = "readme.en.md";

/// Ending of a proof that stands beside a document.
pub const PROOF: &str = ".tlog-proof";

/// Folders of documents, each named by its hash or key.
pub mod folder {
    /// Key statements.
    pub const KEYS: &str = "keys";
    /// Revocations.
    pub const REVOCATIONS: &str = "revocations";
    /// Plan statements.
    pub const PLANS: &str = "plans";
    /// Planned visits.
    pub const VISITS: &str = "visits";
    /// Templates.
    pub const TEMPLATES: &str = "templates";
    /// Ledger manifests and chunks.
    pub const LEDGER: &str = "ledger";
    /// Everything else that was said in the log of what is in the pack: decisions, countersignatures, what comes later.
    pub const STATEMENTS: &str = "statements";
    /// Records.
    pub const RECORDS: &str = "records";
    /// The records before and after in a terminal's chain.
    pub const NEIGHBOURS: &str = "neighbours";
    /// Statements about masked copies.
    pub const RENDITIONS: &str = "renditions";
    /// Photos.
    pub const PHOTOS: &str = "photos";
    /// Earlier states of the log, each with the proof that the checkpoint extends it.
    pub const OLDER: &str = "log/older";
}

/// `keys/0123….json`.
#[must_use]
pub fn of_key(folder: &str, key: &KeyId) -> String {
    let hex = key.as_str().replace(':', "-");
    format!("{folder}/{hex}.json")
}

/// `plans/0123….json`.
#[must_use]
pub fn of_hash(folder: &str, sha256: &Sha256) -> String {
    format!("{folder}/{sha256}.json")
}

/// A file of a record: `records/0123…/envelope.json`.
#[must_use]
pub fn of_record(folder: &str, record: &Sha256, file: &str) -> String {
    format!("{folder}/{record}/{file}")
}

/// The proof beside a document.
#[must_use]
pub fn proof_of(document: &str) -> String {
    let stem = document.strip_suffix(".json").unwrap_or(document);
    format!("{stem}{PROOF}")
}

/// `photos/0123….jpg`: a browser needs the ending.
#[must_use]
pub fn of_photo(sha256: &Sha256, media_type: &str) -> String {
    let ending = match media_type {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "text/csv" => "csv",
        _ => "bin",
    };
    format!("{}/{sha256}.{ending}", folder::PHOTOS)
}

/// An earlier state of the log.
#[must_use]
pub fn of_older(size: u64) -> String {
    // Zeroes in front keep the order of names that of sizes.
    format!("{}/{size:020}.json", folder::OLDER)
}

/// Whether a name may stand in a manifest.
#[must_use]
pub fn is_allowed(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    let is_segment =
        |segment: &str| !segment.is_empty() && !segment.starts_with('.') && segment.chars().all(is_allowed);
    name.len() <= 200 && name != MANIFEST && name.split('/').all(is_segment)
}
