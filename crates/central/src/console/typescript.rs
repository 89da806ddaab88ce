//! The console's messages as TypeScript, for `ui/src/gen`.

use ts_rs::{Config, ExportError, TS};

use super::{
    beside::BesideView,
    counted::{CountedView, IndicatorView, LineItem},
    findings::{DiscrepancyItem, FindingItem},
    keys::KeyItem,
    labels::{LabelItem, NewLabels, PrintedLabels},
    ledger::{AssetItem, ImportPreview, LedgerTable, LedgerVersionItem},
    ledger_changes::{ChangeSetDetail, ChangeSetItem},
    log::{AsideItem, AuditItem, CheckpointView, LogItem, LogLeaf},
    monitoring::MonitoringView,
    overview::Overview,
    page::Page,
    people::{EnrolCode, NewPerson, PartyItem, PersonItem},
    record::ConsoleRecord,
    records::RecordItem,
    rectifications::RectificationDetail,
    round_form::{NewRoundRequest, RoundPreview},
    rounds::{RoundDetail, RoundItem},
    session::{ConsoleSession, NewConsoleSession},
    terminals::TerminalItem,
    verification::VerificationRun,
    visits::{AssignRequest, VisitItem},
};
use crate::rectification::{Candidate, Standing};

/// Writes every message of the console, and every type those use.
///
/// # Errors
/// [`ExportError`] when the folder cannot be written.
pub fn export(config: &Config) -> Result<(), ExportError> {
    macro_rules! export {
        ($($name:ty,)+) => { $(<$name>::export_all(config)?;)+ };
    }
    export! {
        Page<RecordItem>,
        NewConsoleSession, ConsoleSession, Overview, VerificationRun,
        RoundItem, RoundDetail, NewRoundRequest, RoundPreview, VisitItem, AssignRequest,
        RecordItem, ConsoleRecord, BesideView, FindingItem, DiscrepancyItem,
        CountedView, IndicatorView, LineItem, RectificationDetail, Standing, Candidate,
        LedgerVersionItem, AssetItem, ImportPreview, LedgerTable, ChangeSetItem, ChangeSetDetail,
        MonitoringView,
        LabelItem, NewLabels, PrintedLabels,
        PartyItem, PersonItem, NewPerson, EnrolCode, TerminalItem, KeyItem,
        LogItem, LogLeaf, CheckpointView, AsideItem, AuditItem,
    }
    xunjian_protocol::problem::Problem::export_all(config)
}
