//! Organisations and people (clause 7) and the parts they may play.

use serde::{Deserialize, Serialize};

/// The four organisations of clauses 7.1–7.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// 管理方 (7.1).
    Manager,
    /// 使用方 (7.2).
    Consumer,
    /// 监理方 (7.3).
    Supervisor,
    /// 服务方 (7.4).
    Provider,
}

impl PartyKind {
    /// The term of the standard.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Manager => "管理方",
            Self::Consumer => "使用方",
            Self::Supervisor => "监理方",
            Self::Provider => "服务方",
        }
    }
}

/// What a person may do (ours; the standard names organisations only).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 巡检人员: walks, answers, seals.
    Inspector,
    /// 复核人员: of 监理方 or 管理方, never the person who signed the record.
    Reviewer,
    /// 整改人员.
    Rectifier,
    /// 台账审批人.
    LedgerApprover,
    /// 使用方联系人.
    ConsumerContact,
    /// 管理员: runs the service; cannot sign records.
    Administrator,
    /// 审计员: reads everything, changes nothing.
    Auditor,
}

impl Role {
    /// Whether a person of `party` may hold this role at all.
    #[must_use]
    pub fn is_open_to(self, party: PartyKind) -> bool {
        match self {
            Self::Inspector => party == PartyKind::Provider,
            Self::Reviewer => matches!(party, PartyKind::Supervisor | PartyKind::Manager),
            Self::ConsumerContact => party == PartyKind::Consumer,
            Self::Rectifier | Self::LedgerApprover | Self::Administrator | Self::Auditor => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_of_the_operator_can_review() {
        assert!(!Role::Reviewer.is_open_to(PartyKind::Provider), "four eyes need another organisation");
        assert!(Role::Reviewer.is_open_to(PartyKind::Supervisor));
        assert!(!Role::Inspector.is_open_to(PartyKind::Supervisor));
    }
}
