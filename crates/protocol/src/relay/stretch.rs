//! The log's growth, as bundles carry it.

use std::collections::HashMap;

use xunjian_domain::hash::Sha256;
use xunjian_proof::merkle::{self, Nodes};

use super::RelayError;

/// How the log grew: enough of its tree to prove any state from `base` leaves on a prefix of any later one up to `size`.
///
/// A proof over HTTP is made for the one state that the terminal knows at that moment. A bundle is read later, by a terminal that
/// may have seen more since, so it carries the hashes that such proofs are made of: the complete subtrees of the first `base`
/// leaves, from left to right, and the hash of each later leaf. Nobody has to believe them: they lead to a signed root, or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogStretch {
    /// Leaves it begins from.
    pub base: u64,
    /// Leaves it ends with.
    pub size: u64,
    /// As many as `base` has bits that are 1, and one for each later leaf.
    pub hashes: Vec<Sha256>,
}

impl LogStretch {
    /// The subtrees that `base` leaves consist of, as (level, index).
    #[must_use]
    pub fn subtrees(base: u64) -> Vec<(u32, u64)> {
        let mut from = 0;
        (0..u64::BITS)
            .rev()
            .filter(|level| base >> level & 1 == 1)
            .map(|level| {
                let place = (level, from >> level);
                from += 1 << level;
                place
            })
            .collect()
    }

    /// The bytes of an [`Item::Log`]: `base` and `size`, eight bytes each with the highest first, then the hashes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + self.hashes.len() * 32);
        bytes.extend(self.base.to_be_bytes());
        bytes.extend(self.size.to_be_bytes());
        self.hashes.iter().for_each(|hash| bytes.extend(hash.0));
        bytes
    }

    /// Reads them back.
    ///
    /// # Errors
    /// [`RelayError::Malformed`] when the count of hashes is not the one that `base` and `size` say.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RelayError> {
        let wrong = || RelayError::Malformed("the log's hashes".to_owned());
        let (base, rest) = bytes.split_first_chunk::<8>().ok_or_else(wrong)?;
        let (size, rest) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
        let (base, size) = (u64::from_be_bytes(*base), u64::from_be_bytes(*size));
        let (hashes, over) = rest.as_chunks::<32>();
        let wanted = size.checked_sub(base).and_then(|later| later.checked_add(u64::from(base.count_ones())));
        if !over.is_empty() || wanted != Some(hashes.len() as u64) {
            return Err(wrong());
        }
        Ok(Self { base, size, hashes: hashes.iter().map(|hash| Sha256(*hash)).collect() })
    }
}

/// A stretch made ready for proofs.
#[derive(Debug, Clone, Default)]
pub struct StretchNodes {
    base: u64,
    size: u64,
    nodes: HashMap<(u32, u64), Sha256>,
}

/// A node outside the stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotThere;

impl Nodes for &StretchNodes {
    type Error = NotThere;

    fn node(&self, level: u32, index: u64) -> Result<Sha256, NotThere> {
        self.nodes.get(&(level, index)).copied().ok_or(NotThere)
    }
}

impl LogStretch {
    /// Computes the nodes that proofs are made of.
    #[must_use]
    pub fn nodes(&self) -> StretchNodes {
        let mut ready = StretchNodes { base: self.base, size: self.size, nodes: HashMap::new() };
        let mut hashes = self.hashes.iter().copied();
        for (place, hash) in Self::subtrees(self.base).into_iter().zip(hashes.by_ref()) {
            ready.nodes.insert(place, hash);
        }
        for (index, hash) in (self.base..self.size).zip(hashes) {
            // What comes of a leaf are the subtrees that it completes; their left halves are there already.
            let made = merkle::append(&&ready, index, hash).unwrap_or_default();
            ready.nodes.extend(made.into_iter().map(|(level, index, hash)| ((level, index), hash)));
        }
        ready
    }
}

impl StretchNodes {
    /// One node.
    #[must_use]
    pub fn get(&self, place: (u32, u64)) -> Option<Sha256> {
        self.nodes.get(&place).copied()
    }

    /// The root of the first `size` leaves, from `base` on.
    #[must_use]
    pub fn root(&self, size: u64) -> Option<Sha256> {
        (self.base..=self.size).contains(&size).then(|| merkle::root(&self, size).ok()).flatten()
    }

    /// The proof that `old` leaves are a prefix of `new`; `None` outside the stretch.
    #[must_use]
    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<Sha256>> {
        let is_inside = (old == 0 || old >= self.base) && old <= new && new <= self.size;
        is_inside.then(|| merkle::consistency_proof(&self, old, new).ok()).flatten()
    }
}
