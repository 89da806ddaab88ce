//! A masked copy of a photo, for packs that leave the site: what a person marked was painted over, and the service signs which
//! original it was made of. The original stays what the record names; only its hash leaves.

use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, ids::SiteId};

use crate::statement::{BlobRef, Statement};

/// 脱敏副本. No time stands in it: the same marks make the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rendition {
    /// The site.
    pub site: SiteId,
    /// The photo it was made of, as records name it.
    pub of: Sha256,
    /// The copy.
    pub rendition: BlobRef,
    /// Its media type.
    pub media_type: String,
    /// What was painted over, in pixels of the copy.
    pub covered: Vec<Region>,
    /// Who looked at the photo and marked it, in words.
    pub marked_by: String,
}

impl Statement for Rendition {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.rendition.v1+json";
}

/// A rectangle, from the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// From the left.
    pub x: u32,
    /// From above.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}
