//! The Merkle tree of RFC 6962 §2.1: leaf and node hashes, and proofs of inclusion and consistency.
//!
//! The tree lives in storage as the hashes of its *complete* subtrees, addressed by level and index: `(0, i)` is leaf i,
//! `(l, i)` covers the leaves from `i·2^l` on. A complete subtree never changes, so storage only ever grows.

use sha2::{Digest, Sha256 as Hasher};
use xunjian_domain::hash::Sha256;

/// Where the hashes of complete subtrees are kept.
pub trait Nodes {
    /// What can go wrong when reading.
    type Error;

    /// The hash of the complete subtree `index` of `level`.
    ///
    /// # Errors
    /// When storage fails or the node is not there.
    fn node(&self, level: u32, index: u64) -> Result<Sha256, Self::Error>;
}

/// A proof that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Index or size out of range.
    #[error("the leaf index or tree size of the proof is out of range")]
    OutOfRange,
    /// Too few or too many hashes.
    #[error("the proof has the wrong number of hashes")]
    WrongLength,
    /// Another root comes out.
    #[error("the proof leads to another root hash")]
    WrongRoot,
}

/// Hash of a leaf: SHA-256 of 0x00 and the data.
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Sha256 {
    Sha256(Hasher::new().chain_update([0]).chain_update(data).finalize().into())
}

/// Hash of a node: SHA-256 of 0x01 and both children.
#[must_use]
pub fn node_hash(left: &Sha256, right: &Sha256) -> Sha256 {
    Sha256(Hasher::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The root of the tree with no leaves.
#[must_use]
pub fn empty_root() -> Sha256 {
    Sha256::of(&[])
}

/// The complete subtrees that come into being when leaf `index` with `hash` is appended: the leaf first, then upwards.
/// `nodes` must hold those of the tree before.
///
/// # Errors
/// Whatever `nodes` fails with.
pub fn append<N: Nodes>(nodes: &N, index: u64, hash: Sha256) -> Result<Vec<(u32, u64, Sha256)>, N::Error> {
    let mut made = vec![(0, index, hash)];
    let (mut level, mut at, mut hash) = (0, index, hash);
    while at % 2 == 1 {
        hash = node_hash(&nodes.node(level, at - 1)?, &hash);
        level += 1;
        at /= 2;
        made.push((level, at, hash));
    }
    Ok(made)
}

/// Hash of the leaves `from..to` of a tree (MTH of RFC 6962), where the range is one that the recursion visits.
fn range_hash<N: Nodes>(nodes: &N, from: u64, to: u64) -> Result<Sha256, N::Error> {
    let width = to - from;
    if width.is_power_of_two() && from.is_multiple_of(width) {
        return nodes.node(width.trailing_zeros(), from / width);
    }
    let middle = from + split(width);
    Ok(node_hash(&range_hash(nodes, from, middle)?, &range_hash(nodes, middle, to)?))
}

/// The largest power of two smaller than `width`, for widths of at least 2.
fn split(width: u64) -> u64 {
    1 << (63 - (width - 1).leading_zeros())
}

/// The root of the first `size` leaves.
///
/// # Errors
/// Whatever `nodes` fails with.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Sha256, N::Error> {
    if size == 0 { Ok(empty_root()) } else { range_hash(nodes, 0, size) }
}

/// The inclusion proof of leaf `index` in the tree of `size` leaves, sibling of the leaf first (RFC 6962 §2.1.1).
/// `index` must be below `size`.
///
/// # Errors
/// Whatever `nodes` fails with.
pub fn inclusion_proof<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Sha256>, N::Error> {
    let (mut from, mut to) = (0, size);
    let mut path = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            path.push(range_hash(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(range_hash(nodes, from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `old` leaves is a prefix of the tree of `new` (RFC 6962 §2.1.2). Empty when `old` is 0 or
/// equal to `new`. `old` must not exceed `new`.
///
/// # Errors
/// Whatever `nodes` fails with.
pub fn consistency_proof<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Sha256>, N::Error> {
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut from, mut to) = (0, new);
    let mut path = Vec::new();
    // Walk down towards the old tree's right edge; `whole` says that the old part is still all of its subtree.
    let mut whole = true;
    while old != to {
        let middle = from + split(to - from);
        if old <= middle {
            path.push(range_hash(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(range_hash(nodes, from, middle)?);
            from = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(range_hash(nodes, from, to)?);
    }
    path.reverse();
    Ok(path)
}

/// Checks that a leaf with `hash` stands at `index` of the tree with `size` leaves and `root` (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`ProofError`].
pub fn verify_inclusion(
    hash: Sha256,
    index: u64,
    size: u64,
    proof: &[Sha256],
    root: &Sha256,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange);
    }
    let (mut at, mut last) = (index, size - 1);
    let mut found = hash;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::WrongLength);
        }
        if at % 2 == 1 || at == last {
            found = node_hash(sibling, &found);
            while at % 2 == 0 && at != 0 {
                at /= 2;
                last /= 2;
            }
        } else {
            found = node_hash(&found, sibling);
        }
        at /= 2;
        last /= 2;
    }
    match (last, found == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::WrongRoot),
        _ => Err(ProofError::WrongLength),
    }
}

/// Checks that the tree of `old` leaves with `old_root` is a prefix of that of `new` with `new_root`
/// (RFC 9162 §2.1.4.2).
///
/// # Errors
/// [`ProofError`].
pub fn verify_consistency(
    old: u64,
    old_root: &Sha256,
    new: u64,
    new_root: &Sha256,
    proof: &[Sha256],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::OutOfRange);
    }
    if old == new || old == 0 {
        let fits = if old == 0 { *old_root == empty_root() } else { old_root == new_root };
        return match (proof.is_empty(), fits) {
            (false, _) => Err(ProofError::WrongLength),
            (true, false) => Err(ProofError::WrongRoot),
            (true, true) => Ok(()),
        };
    }
    let mut path = proof.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { path.next() };
    let Some(first) = first else { return Err(ProofError::WrongLength) };
    let (mut at, mut last) = (old - 1, new - 1);
    while at % 2 == 1 {
        at /= 2;
        last /= 2;
    }
    let (mut from_old, mut from_new) = (*first, *first);
    for hash in path {
        if last == 0 {
            return Err(ProofError::WrongLength);
        }
        if at % 2 == 1 || at == last {
            from_old = node_hash(hash, &from_old);
            from_new = node_hash(hash, &from_new);
            while at % 2 == 0 && at != 0 {
                at /= 2;
                last /= 2;
            }
        } else {
            from_new = node_hash(&from_new, hash);
        }
        at /= 2;
        last /= 2;
    }
    match (last, from_old == *old_root && from_new == *new_root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::WrongRoot),
        _ => Err(ProofError::WrongLength),
    }
}
