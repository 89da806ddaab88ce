//! The check of a record under review, step by step, on this terminal: bytes, signatures, whose keys and whether they were
//! revoked before, neighbours in the chain, delivery, receipt, the log this terminal knows, and who else stands behind it.

use rusqlite::Connection;
use serde::Serialize;
use xunjian_domain::{hash::Sha256, party::PartyKind, text::Text, time::TimestampMs};
use xunjian_proof::{
    chain::{ChainFault, Link, faults},
    dsse::Envelope,
    keyring::Keyring,
    note::SignedCheckpoint,
    receipt::Receipt,
    statement::{Delivered, HolderKind},
    verification::{
        Failure, SealedBetween, Step, VerifiedRecord, read_record, sealed_between, verify_receipt, verify_record,
    },
};

use crate::{
    Field,
    error::FieldError,
    store::{
        log,
        review::{self, PulledRecord},
    },
};

/// A step of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ReviewStep {
    /// The bytes are canonical, and those of the id.
    Bytes,
    /// Within the record everything fits together.
    Consistency,
    /// The inspector's key is of an inspector of the site and was valid then.
    InspectorKey,
    /// The inspector signed.
    InspectorSignature,
    /// The terminal's key is of that terminal and was valid then.
    TerminalKey,
    /// The terminal signed.
    TerminalSignature,
    /// The service says that record and photos are stored.
    Delivered,
    /// The log holds that statement and the record itself.
    Receipt,
    /// Neither key was revoked before the record was logged.
    Revocation,
    /// The log state of the receipt is one this terminal compared with its own.
    LogConsistency,
    /// The neighbours in the terminal's chain fit.
    Chain,
    /// Somebody outside the operator's control cosigned.
    Cosigners,
    /// The photos hash to their names.
    Photos,
    /// Every countersignature counts.
    Countersignatures,
}

/// One step and what it came to.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReviewStepReport {
    /// Which step.
    pub step: ReviewStep,
    /// Whether it passed; `None` where there is nothing to check yet, or nobody can tell.
    pub passed: Option<bool>,
    /// What it says, for people.
    pub text: Text,
    /// Why it failed, or what is missing.
    pub reason: Text,
}

/// Somebody who cosigned the state of the log that the receipt stands on.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CosignerView {
    /// Who: the terminal, witness or clock.
    pub name: String,
    /// The organisation that stands behind it.
    pub party_name: String,
    /// 管理方、监理方、服务方.
    pub party_kind: PartyKind,
    /// Whether it stands outside the control of whoever runs the service.
    pub is_outside: bool,
    /// Not after this, by its own clock.
    pub at: TimestampMs,
}

/// What the check came to.
pub(crate) struct Checked {
    pub steps: Vec<ReviewStepReport>,
    pub envelope: Envelope,
    pub record: VerifiedRecord,
    pub sealed_between: SealedBetween,
    pub cosigners: Vec<CosignerView>,
}

impl Checked {
    /// The first step that failed.
    pub fn failure(&self) -> Option<&ReviewStepReport> {
        self.steps.iter().find(|step| step.passed == Some(false))
    }
}

fn nothing() -> Text {
    Text::new("", "")
}

/// The steps that the record's own bytes and proofs decide, as [`xunjian_proof::verification`] takes them.
const PROVED: [(ReviewStep, Step); 8] = [
    (ReviewStep::Bytes, Step::Bytes),
    (ReviewStep::Consistency, Step::Consistency),
    (ReviewStep::InspectorKey, Step::InspectorKey),
    (ReviewStep::InspectorSignature, Step::InspectorSignature),
    (ReviewStep::TerminalKey, Step::TerminalKey),
    (ReviewStep::TerminalSignature, Step::TerminalSignature),
    (ReviewStep::Delivered, Step::Delivered),
    (ReviewStep::Receipt, Step::Receipt),
];

/// Whether a pulled record verifies by its own bytes and proofs; when it was declared stored, and at which leaf.
pub(crate) fn proved(pulled: &PulledRecord, keyring: &Keyring) -> Result<(VerifiedRecord, Delivered, u64), Failure> {
    let at = |step: Step| move |error: &dyn std::fmt::Display| Failure { step, reason: error.to_string() };
    let record = verify_record(pulled.envelope.as_bytes(), keyring)?;
    if record.id != pulled.id {
        return Err(at(Step::Bytes)(&"the id is another"));
    }
    let receipt = Receipt::parse(&pulled.receipt).map_err(|error| at(Step::Receipt)(&error))?;
    let envelope = Sha256::of(pulled.envelope.as_bytes());
    let delivered = verify_receipt(&record, envelope, pulled.delivered.as_bytes(), &receipt, keyring)?;
    let own = Receipt::parse(&pulled.record_receipt).map_err(|error| at(Step::Receipt)(&error))?;
    keyring.verify_receipt(pulled.envelope.as_bytes(), &own).map_err(|error| at(Step::Receipt)(&error))?;
    Ok((record, delivered, own.index))
}

impl Field {
    /// Checks a pulled record; [`FieldError::Damaged`] when its bytes cannot even be read.
    pub(super) fn check_review(
        &self,
        connection: &Connection,
        pulled: &PulledRecord,
        keyring: &Keyring,
    ) -> Result<Checked, FieldError> {
        let (envelope, record) =
            read_record(pulled.envelope.as_bytes()).map_err(|failure| FieldError::Damaged(failure.to_string()))?;
        let result = proved(pulled, keyring);
        let failure = result.as_ref().err();
        let mut steps: Vec<ReviewStepReport> =
            PROVED.iter().map(|(step, of)| proved_step(*step, *of, failure)).collect();
        let logged = result.as_ref().ok().map(|(_, _, index)| *index);
        let revoked = review::revocations(connection)?;
        steps.push(revocation(&record, keyring, logged, |key| revoked.get(key).copied()));
        let note = Receipt::parse(&pulled.receipt).ok().map(|receipt| receipt.checkpoint);
        steps.push(log_step(note.as_ref(), log::checkpoint(connection)?.as_ref()));
        let terminal = &record.record.terminal;
        let mut links = review::neighbours(connection, &terminal.id, terminal.sequence)?;
        links.push(Link::of(record.id, terminal));
        steps.push(chain_step(&links, terminal.sequence));
        let cosigners = note.filter(|_| result.is_ok()).map(|note| cosigners(&note, keyring)).unwrap_or_default();
        steps.push(cosigner_step(&cosigners, result.is_ok()));
        steps.push(self.photo_step(connection, &record)?);
        let sealed_between = match &result {
            Ok((record, delivered, _)) => sealed_between(&record.record, Some(delivered), keyring),
            Err(_) => SealedBetween::default(),
        };
        Ok(Checked { steps, envelope, record, sealed_between, cosigners })
    }

    fn photo_step(&self, connection: &Connection, record: &VerifiedRecord) -> Result<ReviewStepReport, FieldError> {
        let (mut broken, mut missing) = (None, 0_usize);
        for photo in &record.record.evidence {
            if self.photos.verify(&photo.sha256).is_ok() {
                continue;
            }
            if review::has_photo(connection, photo.sha256)? {
                broken.get_or_insert(photo.sha256);
            } else {
                missing += 1;
            }
        }
        let (passed, reason) = match (broken, missing) {
            (Some(name), _) => (
                Some(false),
                Text::new(format!("照片 {} 的字节已改变", name.short()), format!("the photo {} changed", name.short())),
            ),
            (None, 0) => (Some(true), nothing()),
            (None, missing) => {
                (None, Text::new(format!("{missing} 张照片尚未取到本机"), format!("{missing} photos are not here yet")))
            }
        };
        Ok(ReviewStepReport { step: ReviewStep::Photos, passed, text: text(ReviewStep::Photos), reason })
    }
}

fn proved_step(step: ReviewStep, of: Step, failure: Option<&Failure>) -> ReviewStepReport {
    let (passed, reason) = match failure {
        Some(failure) if failure.step == of => (Some(false), failure.reason.as_str()),
        // What comes after a step that failed cannot be told any more.
        Some(failure) if failure.step < of => (None, ""),
        _ => (Some(true), ""),
    };
    ReviewStepReport { step, passed, text: text(step), reason: Text::new(reason, reason) }
}

fn revocation(
    record: &VerifiedRecord,
    keyring: &Keyring,
    logged: Option<u64>,
    place: impl Fn(&xunjian_proof::suite::KeyId) -> Option<u64>,
) -> ReviewStepReport {
    let step = ReviewStep::Revocation;
    let keys = [&record.record.inspector.key, &record.record.terminal.key];
    let revoked = keys.into_iter().filter(|key| keyring.revocation(key).is_some());
    let (mut passed, mut reason) = (logged.map(|_| true), nothing());
    for key in revoked {
        match (logged, place(key)) {
            (Some(logged), Some(at)) if logged < at => {}
            (Some(_), None) | (None, _) => {
                passed = None;
                reason = Text::new(
                    format!("密钥 {key} 后来被吊销，本机尚不能证明先后"),
                    format!("the key {key} was revoked since; nothing here proves which came first"),
                );
            }
            (Some(_), Some(_)) => {
                let zh = format!("密钥 {key} 在记录入库前已吊销；只有经裁定才计入");
                let en = format!("the key {key} was revoked before: it counts by a decision only");
                return ReviewStepReport { step, passed: Some(false), text: text(step), reason: Text::new(zh, en) };
            }
        }
    }
    ReviewStepReport { step, passed, text: text(step), reason }
}

/// The receipt's state was compared with this terminal's when it was pulled; nothing later than the known state was.
fn log_step(note: Option<&SignedCheckpoint>, known: Option<&SignedCheckpoint>) -> ReviewStepReport {
    let step = ReviewStep::LogConsistency;
    let (passed, reason) = match (note, known) {
        (Some(note), Some(known)) if note.checkpoint.size < known.checkpoint.size => (Some(true), nothing()),
        (Some(note), Some(known)) if note.checkpoint == known.checkpoint => (Some(true), nothing()),
        (Some(note), Some(known)) if note.checkpoint.size == known.checkpoint.size => (
            Some(false),
            Text::new(
                "回执所依的日志与本机核对过的日志不是同一份",
                "the receipt stands on another log than the one this terminal compared",
            ),
        ),
        _ => (None, Text::new("本机尚未核对到这一状态，请同步", "not compared here yet: synchronise")),
    };
    ReviewStepReport { step, passed, text: text(step), reason }
}

fn chain_step(links: &[Link], sequence: u64) -> ReviewStepReport {
    let step = ReviewStep::Chain;
    let found = faults(links.iter().cloned());
    let broken = found.iter().find(|fault| matches!(fault, ChainFault::Fork(_) | ChainFault::BrokenLink(_)));
    let has = |place: u64| links.iter().any(|link| link.sequence == place);
    let is_first = sequence == 1;
    let (passed, reason) = match broken {
        Some(fault) => (Some(false), Text::new(format!("终端链有误：{fault}"), fault.to_string())),
        None if is_first || has(sequence - 1) => (Some(true), nothing()),
        None => (
            None,
            Text::new(
                "前一份记录不在本机（不在待复核的轮次内）",
                "the record before is not here (not of the rounds pulled)",
            ),
        ),
    };
    ReviewStepReport { step, passed, text: text(step), reason }
}

fn cosigners(note: &SignedCheckpoint, keyring: &Keyring) -> Vec<CosignerView> {
    let found = keyring.cosignatures(note);
    let view = |one: &xunjian_proof::cosigner::Cosigner<'_>| CosignerView {
        name: one.statement.holder_name.clone(),
        party_name: one.statement.party.name.clone(),
        party_kind: one.statement.party.kind,
        is_outside: one.is_outside(),
        at: one.not_after(),
    };
    let is_other = |one: &&xunjian_proof::cosigner::Cosigner<'_>| one.statement.holder_kind != HolderKind::Clock;
    found.valid.iter().filter(is_other).map(view).collect()
}

fn cosigner_step(cosigners: &[CosignerView], is_proved: bool) -> ReviewStepReport {
    let step = ReviewStep::Cosigners;
    let outside = cosigners.iter().filter(|one| one.is_outside).map(|one| one.party_name.as_str());
    let names = outside.collect::<Vec<_>>().join("、");
    let (passed, reason) = match (is_proved, names.is_empty()) {
        (false, _) => (None, nothing()),
        (true, true) => {
            (None, Text::new("时间上界仅由服务方证明", "only the operator of the service says how late it was"))
        }
        (true, false) => (Some(true), Text::new(names.clone(), names)),
    };
    ReviewStepReport { step, passed, text: text(step), reason }
}

pub(super) fn text(step: ReviewStep) -> Text {
    match step {
        ReviewStep::Bytes => Text::new("记录字节为规范格式", "the record's bytes are canonical"),
        ReviewStep::Consistency => Text::new("记录内部前后一致", "the record is consistent in itself"),
        ReviewStep::InspectorKey => {
            Text::new("巡检人员密钥经站点根确认，当时有效", "the root vouches for the inspector's key, valid then")
        }
        ReviewStep::InspectorSignature => Text::new("巡检人员签名正确", "the inspector's signature is right"),
        ReviewStep::TerminalKey => {
            Text::new("终端密钥经站点根确认，当时有效", "the root vouches for the terminal's key, valid then")
        }
        ReviewStep::TerminalSignature => Text::new("终端签名正确", "the terminal's signature is right"),
        ReviewStep::Delivered => {
            Text::new("服务端声明记录和照片已全部入库", "the service declared record and photos stored")
        }
        ReviewStep::Receipt => Text::new("记录与声明均在存证日志中", "the log holds the record and that declaration"),
        ReviewStep::Revocation => Text::new("入库前密钥未被吊销", "no key was revoked before it was logged"),
        ReviewStep::LogConsistency => {
            Text::new("日志与本机所见前后一致", "the log extends what this terminal saw before")
        }
        ReviewStep::Chain => Text::new("终端链前后衔接", "the neighbours in the terminal's chain fit"),
        ReviewStep::Cosigners => Text::new("有服务方以外的见证", "somebody outside the operator's control cosigned"),
        ReviewStep::Photos => Text::new("照片与哈希一致", "the photos hash to their names"),
        ReviewStep::Countersignatures => Text::new("复核签名均有效", "every countersignature counts"),
    }
}
