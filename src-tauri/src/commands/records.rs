//! Sealing, and the way of records to the service.

use tauri::{State, ipc::Channel};
use xunjian_field::{
    IpcError, Language, NewSeal, OutboxItem, RecordDetail, RecordSummary, SealedVisit, SyncProgress, SyncReport,
    SyncWatch, VisitId, keys::Passphrase,
};

use crate::session::Session;

/// 签名封存 of one visit or several.
#[tauri::command(async)]
pub fn seal(
    session: State<'_, Session>,
    visits: Vec<VisitId>,
    passphrase: &str,
    seal: NewSeal,
) -> Result<Vec<SealedVisit>, IpcError> {
    let passphrase = Passphrase::new(passphrase)?;
    Ok(session.field()?.seal_several(&visits, &session.person()?.id, &passphrase, &seal)?)
}

/// 待上传队列.
#[tauri::command(async)]
pub fn outbox(session: State<'_, Session>) -> Result<Vec<OutboxItem>, IpcError> {
    session.person()?;
    Ok(session.field()?.outbox()?)
}

/// Every record of this terminal.
#[tauri::command(async)]
pub fn records(session: State<'_, Session>) -> Result<Vec<RecordSummary>, IpcError> {
    session.person()?;
    Ok(session.field()?.records()?)
}

/// One record, checked step by step.
#[tauri::command(async)]
pub fn record(session: State<'_, Session>, id: &str) -> Result<RecordDetail, IpcError> {
    session.person()?;
    Ok(session.field()?.verify_local(id)?)
}

/// 同步: sends what waits, fetches receipts, then new work; answers when the run is over.
#[tauri::command]
pub async fn sync_start(session: State<'_, Session>, channel: Channel<SyncProgress>) -> Result<SyncReport, IpcError> {
    session.person()?;
    // A page that is gone hears nothing; the run goes on.
    let (watch, stop) = SyncWatch::new(move |progress| drop(channel.send(progress)));
    let _turn = session.begin_run(stop)?;
    Ok(session.field()?.synchronise(&watch, Language::Zh).await?)
}

/// Stops the run under way; its report says how far it came.
#[tauri::command(async)]
pub fn sync_cancel(session: State<'_, Session>) {
    session.stop_run();
}
