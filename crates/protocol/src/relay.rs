//! 摆渡包: synchronisation without a line. What terminal and service would say over HTTP travels as a file, on a USB stick or
//! through a front server: the same records, photos, receipts, work packages and statements, judged by the same rules.
//!
//! A bundle is one file: a clear [`Header`], a stream sealed for its recipient (HPKE base mode, RFC 9180: X25519, HKDF-SHA256,
//! ChaCha20-Poly1305, one context, one frame after the other), and the sender's signature over all of it ([`write`], [`read`]).
//! Inside are [`Item`]s. Every bundle stands by itself: bundles may come in any order, any number of times, and a lost one costs
//! nothing but another export. `docs/PROTOCOL.md` has the bytes, `docs/adr/0026-relay-bundles.md` the reasons.

pub mod error;
pub mod export;
pub mod read;
pub mod stretch;
#[cfg(test)]
mod tests;
pub mod write;

use data_encoding::BASE64;
use hpke::{Deserializable as _, Kem as _, Serializable as _, kem::X25519HkdfSha256 as Suite};
use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::{SiteId, TerminalId},
    time::TimestampMs,
};
use xunjian_proof::{
    dsse::Envelope,
    keyring::{Keyring, KeyringError},
    statement::{HolderKind, SiteRoot, Statement},
    suite::{KeyId, PublicKey},
};
use zeroize::Zeroizing;

pub use self::{error::RelayError, stretch::LogStretch};
use crate::{
    enrol::{EnrolAnswer, EnrolRequest},
    hello::Hello,
    package::WorkPackage,
    problem::Problem,
    record::{ChainAnswer, DeliveryState},
};

/// First bytes of every bundle.
pub const MAGIC: &[u8] = b"XUNJIAN-RELAY\n";
/// Version of the format.
pub const VERSION: u16 = 1;
/// Ending of a bundle's file name.
pub const ENDING: &str = "xunjian-relay";
/// Most bytes a bundle has unless somebody says otherwise: a FAT32 stick takes no file of 4 GiB.
pub const DEFAULT_MAX_BYTES: u64 = 4_000_000_000;
/// Plain bytes of a full frame.
pub(crate) const FRAME_BYTES: usize = 64 << 10;
/// What the cipher adds to a frame.
pub(crate) const TAG_BYTES: usize = 16;
/// Most bytes of a header.
pub(crate) const MAX_HEADER_BYTES: usize = 64 << 10;
/// Most bytes of a head, a chunk or the log's hashes.
pub const MAX_DOCUMENT_BYTES: u64 = 256 << 20;

/// Which way a bundle goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From an enrolled terminal to the service. Begins with an [`UpHead`].
    Up,
    /// A terminal asks to be enrolled. Begins with an [`EnrolHead`] and has nothing more.
    Enrol,
    /// From the service to one terminal. Begins with a [`DownHead`].
    Down,
}

/// What everybody may read of a bundle: whoever carries it sees where it belongs, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Which way it goes.
    pub direction: Direction,
    /// The site.
    pub site: SiteId,
    /// The terminal that sent it, or that it is for; empty in a request to be enrolled.
    pub terminal: TerminalId,
    /// The key that signed it. It proves nothing by itself: the recipient says whether it knows it.
    pub sender: PublicKey,
    /// SHA-256 of the public key it is sealed for.
    pub recipient: Sha256,
    /// Names this bundle.
    pub bundle: String,
    /// When it was made, by the sender's clock.
    pub made_at: TimestampMs,
    /// 1 for the first bundle of an export.
    pub part: u32,
}

/// What stands in a bundle, one after the other: a byte that says what, the length, and as many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Item {
    /// JSON: [`UpHead`], [`EnrolHead`] or [`DownHead`]. Always first, once.
    Head = 1,
    /// 32 bytes of a record's id and its envelope in canonical text.
    Record = 2,
    /// 32 bytes of a hash and the photo of that name.
    Photo = 3,
    /// JSON: [`RecordNews`].
    News = 4,
    /// A chunk of a work package; its hash is its name.
    Chunk = 5,
    /// The log's growth ([`LogStretch`]).
    Log = 6,
}

impl Item {
    pub(crate) fn of(byte: u8) -> Option<Self> {
        [Self::Head, Self::Record, Self::Photo, Self::News, Self::Chunk, Self::Log]
            .into_iter()
            .find(|item| *item as u8 == byte)
    }
}

/// What a terminal has and lacks, at the head of each of its bundles: the service answers to the newest it was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpHead {
    /// Grows with every export; the bundles of one export share it.
    pub number: u64,
    /// Base 64: the X25519 key that answers are to be sealed for.
    pub relay_key: String,
    /// What it takes beyond the first version, as in [`crate::path::ACCEPTS`].
    pub accepts: String,
    /// Language of problems: `zh` or `en`.
    pub language: String,
    /// `ETag` of the work package it works from; empty for none.
    pub etag: String,
    /// The newest log state it verified; empty for none.
    pub known: String,
    /// Log states that it was shown and could not compare: it wants to see proofs of these.
    pub unproved: Vec<String>,
    /// Its cosignature of the state it knows; empty for none.
    pub cosigned: String,
    /// The last place of its chain.
    pub chain_end: u64,
    /// Its records that are not delivered yet, those set aside too.
    pub open: Vec<Sha256>,
    /// Chunks of work packages that it holds.
    pub chunks: Vec<Sha256>,
}

/// A terminal asks to be enrolled: what it would send over HTTP, and the key its answer is to be sealed for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolHead {
    /// The request, with its proofs of possession.
    pub request: EnrolRequest,
    /// Base 64: the X25519 key that answers are to be sealed for.
    pub relay_key: String,
    /// As in [`crate::path::ACCEPTS`].
    pub accepts: String,
}

/// What the service says, at the head of each bundle down. The work package is in every part, because it is small and a part
/// may come alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DownHead {
    /// Number of the export that is answered; 0 for the answer to a request to be enrolled.
    pub answers: u64,
    /// Leaves of the log state that the terminal showed in that export. A checkpoint with fewer is of a log that shrank; one with
    /// fewer than the terminal knows by now is merely older.
    pub shown: u64,
    /// Who answers.
    pub hello: Hello,
    /// The answer to a request to be enrolled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment: Option<RelayEnrolment>,
    /// The newest checkpoint, cosigned with the time.
    pub checkpoint: String,
    /// `ETag` of the work package; empty for a terminal that gets none.
    pub etag: String,
    /// The work package; left out for a terminal that works from it already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<WorkPackage>,
    /// Why there is no work package: 403.5 for a terminal whose key was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// What is here of the terminal's chain, with the records that it does not have any more.
    pub chain: ChainAnswer,
}

/// The answer to a request to be enrolled, and to which: several may be on their way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayEnrolment {
    /// The person's key in the request.
    pub person_key: KeyId,
    /// What would be answered over HTTP.
    pub answer: EnrolAnswer,
}

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordNews {
    /// The record.
    pub record: Sha256,
    /// How far it has come. `pending` names the photos that are still wanted.
    pub state: DeliveryState,
    /// Why it was not taken in, while its state is `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// The public half of a site's relay key. Signed by a service key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayKeyStatement {
    /// The site.
    pub site: SiteId,
    /// Base 64 of the 32 bytes of the X25519 public key.
    pub key: String,
    /// When it was stated.
    pub stated_at: TimestampMs,
}

impl Statement for RelayKeyStatement {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.relay-key.v1+json";
}

impl RelayKeyStatement {
    /// Reads a statement that a service key of this site signed, and that the root vouches for.
    ///
    /// # Errors
    /// [`RelayError::UnknownSender`] for any other.
    pub fn verified(text: &str, keyring: &Keyring) -> Result<Self, RelayError> {
        let wrong = |reason: String| RelayError::UnknownSender(reason);
        let envelope = Envelope::from_bytes(text.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        let statement = Self::read(&envelope).map_err(|error| wrong(error.to_string()))?;
        let signed = keyring.signer::<KeyringError>(&envelope, HolderKind::Service, statement.stated_at);
        let id = signed.map_err(|error| wrong(error.to_string()))?.key.id();
        if keyring.revocation(&id).is_some() || statement.site != keyring.root().site {
            return Err(wrong(id.to_string()));
        }
        Ok(statement)
    }
}

/// What a new terminal needs before it can ask to be enrolled without a line. It is no secret and the same for everyone: the
/// one-time code goes another way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayInvite {
    /// The site root, to be compared with the fingerprint on paper.
    pub site_root: SiteRoot,
    /// Envelope: the service's key statement, signed by the root.
    pub service_key: String,
    /// Envelope: [`RelayKeyStatement`], signed by that key.
    pub relay_key: String,
    /// Where the service answers once there is a line; may be empty.
    #[serde(default)]
    pub service_url: String,
}

impl RelayInvite {
    /// The keys this invitation shows, under its own root: whether that root is the right one is for the paper to say.
    ///
    /// # Errors
    /// [`RelayError::UnknownSender`] when they do not vouch for each other.
    pub fn keyring(&self) -> Result<Keyring, RelayError> {
        let wrong = |error: &dyn std::fmt::Display| RelayError::UnknownSender(error.to_string());
        let mut keyring = Keyring::new(self.site_root.clone(), None).map_err(|error| wrong(&error))?;
        let envelope = Envelope::from_bytes(self.service_key.as_bytes()).map_err(|error| wrong(&error))?;
        keyring.admit(&envelope).map_err(|error| wrong(&error))?;
        Ok(keyring)
    }
}

/// An X25519 key pair that bundles are sealed for.
pub struct RelayKey {
    secret: <Suite as hpke::Kem>::PrivateKey,
    public: <Suite as hpke::Kem>::PublicKey,
}

impl RelayKey {
    /// A fresh pair from the randomness of the operating system.
    #[must_use]
    pub fn generate() -> Self {
        let (secret, public) = Suite::gen_keypair();
        Self { secret, public }
    }

    /// From the 32 bytes of the secret half.
    ///
    /// # Errors
    /// [`RelayError::BadKey`] when they are not 32.
    pub fn from_secret(bytes: &[u8]) -> Result<Self, RelayError> {
        let secret = <Suite as hpke::Kem>::PrivateKey::from_bytes(bytes).map_err(|_| RelayError::BadKey)?;
        let public = Suite::sk_to_pk(&secret);
        Ok(Self { secret, public })
    }

    /// The 32 bytes of the secret half.
    #[must_use]
    pub fn secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.secret.to_bytes().to_vec())
    }

    /// Base 64 of the public half.
    #[must_use]
    pub fn public(&self) -> String {
        BASE64.encode(&self.public.to_bytes())
    }

    /// SHA-256 of the public half, as headers name it.
    #[must_use]
    pub fn fingerprint(&self) -> Sha256 {
        Sha256::of(&self.public.to_bytes())
    }

    pub(crate) fn secret(&self) -> &<Suite as hpke::Kem>::PrivateKey {
        &self.secret
    }
}

/// The public half from base 64, with its fingerprint.
pub(crate) fn public_of(text: &str) -> Result<(<Suite as hpke::Kem>::PublicKey, Sha256), RelayError> {
    let bytes = BASE64.decode(text.as_bytes()).map_err(|_| RelayError::BadKey)?;
    let key = <Suite as hpke::Kem>::PublicKey::from_bytes(&bytes).map_err(|_| RelayError::BadKey)?;
    Ok((key, Sha256::of(&bytes)))
}

/// Whether a text is a public key that something can be sealed for.
///
/// # Errors
/// [`RelayError::BadKey`].
pub fn check_public(text: &str) -> Result<(), RelayError> {
    public_of(text).map(drop)
}

/// The message that the sender signs: SHA-256 of everything before the signature, in a frame of its own.
pub(crate) fn signed_message(content: &Sha256) -> Vec<u8> {
    format!("xunjian-relay-v1\n{content}\n").into_bytes()
}
