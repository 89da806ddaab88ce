//! The signed statements of a site: who holds which key, what was planned, what was delivered, who did what.
//! Each is a frozen document with its own media type, and each becomes a leaf of the log as its envelope's exact bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use xunjian_domain::{
    hash::Sha256,
    ids::{LabelPrintId, PartyId, PersonId, SiteId},
    party::{PartyKind, Role},
    plan::Plan,
    subject::Subject,
    time::TimestampMs,
};

use crate::{
    dsse::{Envelope, EnvelopeError},
    jcs::{self, JcsError},
    suite::{KeyId, PublicKey, Signer, SuiteError},
};

/// A document that is signed as a statement.
pub trait Statement: Serialize + DeserializeOwned {
    /// Media type of the payload.
    const PAYLOAD_TYPE: &'static str;

    /// Signs the canonical bytes.
    ///
    /// # Errors
    /// [`StatementError`] when the document cannot be spelled canonically or a key cannot sign.
    fn sign(&self, signers: &[&dyn Signer]) -> Result<Envelope, StatementError> {
        Ok(Envelope::sign(Self::PAYLOAD_TYPE, &jcs::to_bytes(self)?, signers)?)
    }

    /// Reads the statement out of its envelope and insists on canonical bytes. Checks no signature.
    ///
    /// # Errors
    /// [`StatementError`] when the envelope carries something else.
    fn read(envelope: &Envelope) -> Result<Self, StatementError> {
        Ok(jcs::from_bytes(&envelope.payload_of(Self::PAYLOAD_TYPE)?)?)
    }
}

/// Why a statement cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The payload is not the document.
    #[error(transparent)]
    Document(#[from] JcsError),
    /// The envelope is wrong.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// A key could not sign.
    #[error(transparent)]
    Signing(#[from] SuiteError),
}

/// Who is trusted to say who holds which key: the root of everything. Its fingerprint is confirmed on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteRoot {
    /// The site.
    pub site: SiteId,
    /// For people.
    pub name: String,
    /// The log's origin line (C2SP tlog-checkpoint), which ties a log to this site.
    pub log_origin: String,
    /// How many of `keys` must sign a key statement.
    pub threshold: u32,
    /// Root keys, held offline by 监理方 or 管理方.
    pub keys: Vec<RootKey>,
}

/// One root key and who keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootKey {
    /// The key.
    pub key: PublicKey,
    /// The organisation that keeps it.
    pub party: PartyRef,
}

/// An organisation as statements name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PartyRef {
    /// Its id.
    pub id: PartyId,
    /// 管理方、使用方、监理方 or 服务方.
    pub kind: PartyKind,
    /// Its name.
    pub name: String,
}

impl SiteRoot {
    /// The fingerprint that is confirmed on paper.
    ///
    /// # Errors
    /// [`JcsError`] never in practice: a root holds only texts and a small number.
    pub fn fingerprint(&self) -> Result<Sha256, JcsError> {
        jcs::hash(self)
    }
}

/// What holds a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderKind {
    /// A person, who signs records or reviews them.
    Person,
    /// A terminal.
    Terminal,
    /// The service, which signs plans, deliveries and admin actions.
    Service,
    /// The log, which signs checkpoints.
    Log,
    /// The clock of the service, which cosigns checkpoints with the time.
    Clock,
    /// The label press.
    Label,
    /// A witness, which cosigns checkpoints independently.
    Witness,
}

/// 密钥声明: this holder has this key, for this party, in these roles, from this moment on. Signed by the site root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyStatement {
    /// The site.
    pub site: SiteId,
    /// The key.
    pub key: PublicKey,
    /// What kind of holder.
    pub holder_kind: HolderKind,
    /// The person's, terminal's or instance's id.
    pub holder: String,
    /// For people.
    pub holder_name: String,
    /// The organisation the holder belongs to.
    pub party: PartyRef,
    /// What a person may do; empty for machines.
    pub roles: Vec<Role>,
    /// Valid from this moment, inclusive.
    pub valid_from: TimestampMs,
    /// Valid until this moment, exclusive; `None` until revoked.
    pub valid_until: Option<TimestampMs>,
}

impl Statement for KeyStatement {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.key-statement.v1+json";
}

/// 吊销: this key no longer counts for what is logged after this statement. Signed by the site root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The site.
    pub site: SiteId,
    /// The key.
    pub key: KeyId,
    /// When it was decided.
    pub revoked_at: TimestampMs,
    /// Why: lost tablet, left the company.
    pub reason: String,
}

impl Statement for Revocation {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.revocation.v1+json";
}

/// A plan as it is logged, before anyone walks. Signed by the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanStatement {
    /// The site.
    pub site: SiteId,
    /// What is due.
    pub plan: Plan,
    /// When the round was opened.
    pub opened_at: TimestampMs,
    /// Who opened it.
    pub opened_by: String,
}

impl Statement for PlanStatement {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.plan.v1+json";
}

/// A blob by name and size.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobRef {
    /// Its hash.
    pub sha256: Sha256,
    /// Its size.
    pub bytes: u64,
}

/// 送达声明: record and every one of its blobs are stored, re-hashed from the disk. Signed by the service, and only then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    /// The site.
    pub site: SiteId,
    /// The record's id: SHA-256 of its bytes.
    pub record: Sha256,
    /// SHA-256 of the envelope's bytes, which are an earlier leaf of the log.
    pub envelope: Sha256,
    /// Every blob the record names, sorted by hash.
    pub blobs: Vec<BlobRef>,
    /// When the last of them was stored.
    pub stored_at: TimestampMs,
}

impl Statement for Delivered {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.delivered.v1+json";
}

/// An administrative action: who did what. Signed by the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminAction {
    /// The site.
    pub site: SiteId,
    /// Who: an account or `xunjian` on the service's machine.
    pub actor: String,
    /// What: `ledger.import`, `terminal.enrol_code`, `label.print`.
    pub action: String,
    /// Details by name; never secrets.
    pub details: BTreeMap<String, String>,
    /// When.
    pub at: TimestampMs,
}

impl Statement for AdminAction {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.admin-action.v1+json";
}

/// What a reviewer says of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ReviewVerdict {
    /// 通过.
    Accepted,
    /// 退回.
    Returned,
}

/// 复核签名: a reviewer, another person of 监理方 or 管理方, stands by a delivered record or returns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Countersignature {
    /// The site.
    pub site: SiteId,
    /// The record: SHA-256 of its bytes, so that a verdict on one revision can never be held under another.
    pub record: Sha256,
    /// The record's revision, said once more for people; it must be the one in the record's bytes.
    pub revision: u32,
    /// The leaf hash of its `Delivered` statement: what the reviewer saw was complete.
    pub delivered_leaf: Sha256,
    /// The reviewer.
    pub reviewer: PersonId,
    /// The organisation the reviewer signs for, 监理方 or 管理方.
    pub party: PartyId,
    /// Accepted or returned.
    pub verdict: ReviewVerdict,
    /// Lines the verdict speaks of, by their numbers (`12`), with what is wrong; whole record when empty.
    pub lines: BTreeMap<String, String>,
    /// What else the reviewer says.
    pub comment: String,
    /// When, by the reviewer's terminal.
    pub at: TimestampMs,
}

impl Statement for Countersignature {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.countersignature.v1+json";
}

/// 标签清单: every label print that a terminal may meet, replaced ones too. Signed by the service; its envelope's canonical
/// bytes are a chunk of the work package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelPrints {
    /// The site.
    pub site: SiteId,
    /// In order of their ids.
    pub prints: Vec<LabelPrint>,
    /// When the list came to be as it is: the same list has the same bytes.
    pub made_at: TimestampMs,
}

impl Statement for LabelPrints {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.label-prints.v1+json";
}

/// A printed label, so that a terminal knows offline what a print names and whether it still counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelPrint {
    /// The print.
    pub id: LabelPrintId,
    /// What it is stuck to.
    pub subject: Subject,
    /// Which side of a rack; empty for others.
    pub side: String,
    /// When it was printed.
    pub printed_at: TimestampMs,
    /// The print that replaced it; `None` while it counts.
    pub replaced_by: Option<LabelPrintId>,
}
