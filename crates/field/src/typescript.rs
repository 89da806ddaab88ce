//! The types that the app's pages share with the engine, written as TypeScript into `ui/src/gen`. Only `make gen` and the
//! test that compares its outcome with the committed files turn this feature on.

use ts_rs::{Config, ExportError, TS};

use crate::{
    AmendmentView, AnswerReport, AppInfo, AssetPage, Attached, BulkReport, Carrier, CountersignatureView, EnrolRequest,
    Enrolled, IpcError, LabelLookup, NewAnswer, NewDeskCall, NewFinding, NewFollowUp, NewReading, NewReturn, NewSeal,
    NewSighting, OutboxItem, PackWritten, PhotoBudget, PhotoNote, PhotoSize, PullReport, RackView, RecordDetail,
    RecordSide, RelayExported, RelayProgress, RelayTaken, Released, ReviewQueue, ReviewRecord, ReviewedOne, ScanReport,
    Sealed, SealedVisit, SessionView, Status, SyncNews, SyncPolicy, SyncProgress, SyncReport, Today, VisitView,
    VmTable,
};

/// Writes one file a type, with every type it is made of.
///
/// # Errors
/// When a file cannot be written.
pub fn export(config: &Config) -> Result<(), ExportError> {
    AmendmentView::export_all(config)?;
    AnswerReport::export_all(config)?;
    AppInfo::export_all(config)?;
    AssetPage::export_all(config)?;
    Attached::export_all(config)?;
    BulkReport::export_all(config)?;
    Carrier::export_all(config)?;
    CountersignatureView::export_all(config)?;
    EnrolRequest::export_all(config)?;
    Enrolled::export_all(config)?;
    IpcError::export_all(config)?;
    LabelLookup::export_all(config)?;
    NewAnswer::export_all(config)?;
    NewDeskCall::export_all(config)?;
    NewFinding::export_all(config)?;
    NewFollowUp::export_all(config)?;
    NewReading::export_all(config)?;
    NewReturn::export_all(config)?;
    NewSeal::export_all(config)?;
    NewSighting::export_all(config)?;
    OutboxItem::export_all(config)?;
    PackWritten::export_all(config)?;
    PhotoBudget::export_all(config)?;
    PhotoNote::export_all(config)?;
    PhotoSize::export_all(config)?;
    PullReport::export_all(config)?;
    RackView::export_all(config)?;
    RelayExported::export_all(config)?;
    RelayProgress::export_all(config)?;
    RelayTaken::export_all(config)?;
    RecordDetail::export_all(config)?;
    RecordSide::export_all(config)?;
    ReviewQueue::export_all(config)?;
    ReviewRecord::export_all(config)?;
    ReviewedOne::export_all(config)?;
    ScanReport::export_all(config)?;
    Sealed::export_all(config)?;
    SealedVisit::export_all(config)?;
    SessionView::export_all(config)?;
    Status::export_all(config)?;
    Released::export_all(config)?;
    SyncNews::export_all(config)?;
    SyncPolicy::export_all(config)?;
    SyncProgress::export_all(config)?;
    SyncReport::export_all(config)?;
    Today::export_all(config)?;
    VisitView::export_all(config)?;
    VmTable::export_all(config)
}
