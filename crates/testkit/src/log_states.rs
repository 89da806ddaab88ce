//! States of the vectors' log, signed with its key: one history that grows, and another one that its key signed as well.

use xunjian_domain::{hash::Sha256, party::PartyKind, time::TimestampMs};
use xunjian_proof::{
    dsse::Envelope,
    merkle::{self, Nodes},
    note::{Checkpoint, SignedCheckpoint},
    statement::{HolderKind, KeyStatement, PartyRef, SiteRoot, Statement as _},
    suite::Signer as _,
    witness::WitnessRequest,
};

use crate::export::{key, seed};

/// A tree in memory whose first leaf tells which history it is.
struct History(Vec<Sha256>);

impl Nodes for History {
    type Error = std::convert::Infallible;

    fn node(&self, level: u32, index: u64) -> Result<Sha256, Self::Error> {
        let width = 1_usize << level;
        let first = usize::try_from(index).unwrap_or(0) * width;
        let mut hashes = self.0[first..first + width].to_vec();
        while hashes.len() > 1 {
            hashes = hashes.chunks(2).map(|pair| merkle::node_hash(&pair[0], &pair[1])).collect();
        }
        Ok(hashes[0])
    }
}

fn history(first: &str, size: u64) -> History {
    let leaf = |at: u64| if at == 0 { first.to_owned() } else { format!("leaf {at}") };
    History((0..size).map(|at| merkle::leaf_hash(leaf(at).as_bytes())).collect())
}

/// The checkpoint of `size` leaves of a history, signed by the log.
///
/// # Panics
/// Never: keys in memory sign.
#[must_use]
#[expect(clippy::expect_used, reason = "keys in memory sign")]
pub fn checkpoint(root: &SiteRoot, first: &str, size: u64) -> SignedCheckpoint {
    let Ok(hash) = merkle::root(&history(first, size), size);
    let state = Checkpoint { origin: root.log_origin.clone(), size, root: hash };
    state.sign(&key(seed::LOG)).expect("keys in memory sign")
}

/// What `xunjian log export --since` would write.
///
/// # Panics
/// Never: keys in memory sign.
#[must_use]
#[expect(clippy::expect_used, reason = "keys in memory sign")]
pub fn request(root: &SiteRoot, log_key: &KeyStatement, first: &str, from: u64, size: u64) -> WitnessRequest {
    let Ok(proof) = merkle::consistency_proof(&history(first, size), from, size);
    let log_key: Envelope = log_key.sign(&[&key(seed::ROOT)]).expect("keys in memory sign");
    WitnessRequest {
        site_root: root.clone(),
        log_keys: vec![log_key],
        from,
        proof,
        checkpoint: checkpoint(root, first, size).to_string(),
    }
}

/// The statement of a witness of 监理方, or of whom it is told.
#[must_use]
pub fn witness_statement(root: &SiteRoot, name: &str, seed: u8, kind: PartyKind) -> KeyStatement {
    KeyStatement {
        site: root.site.clone(),
        key: key(seed).public_key(),
        holder_kind: HolderKind::Witness,
        holder: name.to_owned(),
        holder_name: name.to_owned(),
        party: PartyRef { id: kind.zh().into(), kind, name: format!("某{}", kind.zh()) },
        roles: Vec::new(),
        valid_from: TimestampMs(1_790_000_000_000),
        valid_until: None,
    }
}
