//! What a leaf of the log says, read from its payload type. The columns `kind` and `subject` beside a leaf follow from it and
//! are never believed by themselves.

use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    closing::Closing,
    decision::Decision,
    dsse::Envelope,
    ledger_change::ChangeDecision,
    record::Record,
    rectification::RectificationStep,
    statement::{AdminAction, Countersignature, Delivered, KeyStatement, PlanStatement, Revocation, Statement},
};

use crate::error::Error;

/// A leaf as it was read.
pub enum Leaf {
    /// A record with its id.
    Record(Sha256, Box<Record>),
    /// 送达声明.
    Delivered(Delivered),
    /// 密钥声明.
    KeyStatement(KeyStatement),
    /// 吊销.
    Revocation(Revocation),
    /// A plan.
    Plan(Box<PlanStatement>),
    /// An administrative action.
    AdminAction(AdminAction),
    /// 裁定.
    Decision(Box<Decision>),
    /// 复核签名.
    Countersignature(Box<Countersignature>),
    /// 台账变更单, approved or rejected.
    LedgerChange(Box<ChangeDecision>),
    /// 整改步骤.
    Rectification(Box<RectificationStep>),
    /// 关闭声明.
    Closing(Box<Closing>),
}

impl Leaf {
    /// Reads the statement in an envelope. Checks no signature.
    ///
    /// # Errors
    /// [`Error::Damaged`] for payloads that the service never logs.
    pub fn read(envelope: &Envelope) -> Result<Self, Error> {
        Ok(match envelope.payload_type.as_str() {
            Record::PAYLOAD_TYPE => Self::Record(Sha256::of(&envelope.payload()?), Box::new(Record::read(envelope)?)),
            Delivered::PAYLOAD_TYPE => Self::Delivered(Delivered::read(envelope)?),
            KeyStatement::PAYLOAD_TYPE => Self::KeyStatement(KeyStatement::read(envelope)?),
            Revocation::PAYLOAD_TYPE => Self::Revocation(Revocation::read(envelope)?),
            PlanStatement::PAYLOAD_TYPE => Self::Plan(Box::new(PlanStatement::read(envelope)?)),
            AdminAction::PAYLOAD_TYPE => Self::AdminAction(AdminAction::read(envelope)?),
            Decision::PAYLOAD_TYPE => Self::Decision(Box::new(Decision::read(envelope)?)),
            Countersignature::PAYLOAD_TYPE => Self::Countersignature(Box::new(Countersignature::read(envelope)?)),
            ChangeDecision::PAYLOAD_TYPE => Self::LedgerChange(Box::new(ChangeDecision::read(envelope)?)),
            RectificationStep::PAYLOAD_TYPE => Self::Rectification(Box::new(RectificationStep::read(envelope)?)),
            Closing::PAYLOAD_TYPE => Self::Closing(Box::new(Closing::read(envelope)?)),
            other => return Err(Error::Damaged(format!("the service never logs {other}"))),
        })
    }

    /// Its kind, as the column spells it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Record(..) => "record",
            Self::Delivered(_) => "delivered",
            Self::KeyStatement(_) => "key_statement",
            Self::Revocation(_) => "revocation",
            Self::Plan(_) => "plan",
            Self::AdminAction(_) => "admin_action",
            Self::Decision(_) => "decision",
            Self::Countersignature(_) => "countersignature",
            Self::LedgerChange(_) => "ledger_change",
            Self::Rectification(_) => "rectification",
            Self::Closing(_) => "closing",
        }
    }

    /// What it speaks of, as the column spells it: a record, a key, a round or a visit; empty for the others.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::Record(id, _) => id.to_hex(),
            Self::Delivered(delivered) => delivered.record.to_hex(),
            Self::KeyStatement(statement) => statement.key.id().to_string(),
            Self::Revocation(revocation) => revocation.key.to_string(),
            Self::Plan(statement) => statement.plan.round.id.to_string(),
            Self::AdminAction(_) => String::new(),
            Self::Decision(decision) => decision.visit.to_string(),
            Self::Countersignature(said) => said.record.to_hex(),
            Self::LedgerChange(decision) => decision.change_set.round.to_string(),
            Self::Rectification(step) => step.round.to_string(),
            Self::Closing(closing) => closing.round.to_string(),
        }
    }
}
