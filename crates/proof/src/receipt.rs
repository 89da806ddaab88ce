//! 存证回执: the C2SP `tlog-proof` of a leaf — index, inclusion proof and checkpoint in one small text.

use data_encoding::BASE64;
use xunjian_domain::hash::Sha256;

use crate::{
    merkle::{self, ProofError},
    note::{NoteError, SignedCheckpoint},
    suite::PublicKey,
};

/// First line of every receipt.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A receipt: this leaf stands at this place of the log that this checkpoint describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The leaf's place, from 0.
    pub index: u64,
    /// Inclusion proof, sibling of the leaf first.
    pub proof: Vec<Sha256>,
    /// The log's state, signed.
    pub checkpoint: SignedCheckpoint,
}

/// Why a receipt is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not a receipt.
    #[error("not a receipt: {0}")]
    Malformed(&'static str),
    /// The checkpoint is wrong.
    #[error(transparent)]
    Checkpoint(#[from] NoteError),
    /// The leaf does not stand there.
    #[error("the statement is not in the log: {0}")]
    NotIncluded(#[from] ProofError),
}

impl Receipt {
    /// Reads a receipt. Checks neither proof nor signature.
    ///
    /// # Errors
    /// [`ReceiptError::Malformed`] or [`ReceiptError::Checkpoint`].
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        let rest = text
            .strip_prefix(HEADER)
            .and_then(|rest| rest.strip_prefix('\n'))
            .ok_or(ReceiptError::Malformed("the first line is another"))?;
        let (head, note) = rest.split_once("\n\n").ok_or(ReceiptError::Malformed("no checkpoint"))?;
        let mut lines = head.split('\n');
        let number =
            lines.next().and_then(|line| line.strip_prefix("index ")).ok_or(ReceiptError::Malformed("no index"))?;
        let index: u64 = number.parse().map_err(|_| ReceiptError::Malformed("the index is not a number"))?;
        let proof = lines
            .map(|line| {
                let bytes = BASE64.decode(line.as_bytes()).ok()?;
                Some(Sha256(bytes.try_into().ok()?))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(ReceiptError::Malformed("a hash of the proof is broken"))?;
        let receipt = Self { index, proof, checkpoint: SignedCheckpoint::parse(note)? };
        if receipt.to_string() != text {
            return Err(ReceiptError::Malformed("not in its one spelling"));
        }
        Ok(receipt)
    }

    /// Checks that the log of `origin` with `key` holds exactly these leaf bytes.
    ///
    /// # Errors
    /// [`ReceiptError`] naming what does not fit.
    pub fn verify(&self, leaf: &[u8], origin: &str, key: &PublicKey) -> Result<(), ReceiptError> {
        self.checkpoint.verify_log(origin, key)?;
        self.verify_inclusion(leaf)
    }

    /// Checks that the checkpoint's tree holds exactly these leaf bytes. Checks no signature.
    ///
    /// # Errors
    /// [`ReceiptError::NotIncluded`].
    pub fn verify_inclusion(&self, leaf: &[u8]) -> Result<(), ReceiptError> {
        let state = &self.checkpoint.checkpoint;
        Ok(merkle::verify_inclusion(merkle::leaf_hash(leaf), self.index, state.size, &self.proof, &state.root)?)
    }
}

impl std::fmt::Display for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{HEADER}\nindex {}", self.index)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", BASE64.encode(&hash.0)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
