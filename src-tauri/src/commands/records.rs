//! Sealing, and the way of records to the service.

use tauri::{State, ipc::Channel};
use xunjian_field::{
    IpcError, Language, NewSeal, OutboxItem, RecordDetail, RecordSummary, Released, SealedVisit, SyncNews, SyncPolicy,
    SyncProgress, SyncReport, SyncWatch, VisitId, keys::Passphrase,
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
    let sealed = session.field()?.seal_several(&visits, &session.person()?.id, &passphrase, &seal)?;
    session.bell.ring();
    Ok(sealed)
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

/// 同步: sends what waits, fetches receipts, then new work; answers when the run is over. Somebody asked for it, so it goes
/// over any network.
#[tauri::command]
pub async fn sync_start(session: State<'_, Session>, channel: Channel<SyncProgress>) -> Result<SyncReport, IpcError> {
    session.person()?;
    // A page that is gone hears nothing; the run goes on.
    let (watch, stop) = SyncWatch::new(move |progress| drop(channel.send(progress)));
    let _turn = session.begin_run(stop)?;
    Ok(session.field()?.synchronise(&watch, true, Language::Zh).await?)
}

/// The run under way tries again now.
#[tauri::command(async)]
pub fn sync_retry(session: State<'_, Session>) {
    session.retry_run();
}

/// From now on this page hears of the synchronisation in the background.
#[tauri::command(async)]
pub fn sync_listen(session: State<'_, Session>, channel: Channel<SyncNews>) {
    session.listen(channel);
}

/// What synchronisation may do by itself, and over which network.
#[tauri::command(async)]
pub fn sync_policy(session: State<'_, Session>) -> Result<SyncPolicy, IpcError> {
    session.person()?;
    Ok(session.field()?.sync_policy()?)
}

/// Sets it; the run under way ends, and the next one goes by it.
#[tauri::command(async)]
pub fn set_sync_policy(session: State<'_, Session>, policy: SyncPolicy) -> Result<SyncPolicy, IpcError> {
    session.person()?;
    let policy = session.field()?.set_sync_policy(&policy)?;
    session.stop_run();
    session.bell.ring();
    Ok(policy)
}

/// What 释放空间 would remove.
#[tauri::command(async)]
pub fn releasable(session: State<'_, Session>) -> Result<Released, IpcError> {
    session.person()?;
    Ok(session.field()?.releasable()?)
}

/// 释放空间: removes the originals of delivered photos, oldest first.
#[tauri::command(async)]
pub fn release_photos(session: State<'_, Session>) -> Result<Released, IpcError> {
    session.person()?;
    Ok(session.field()?.release_photos(None)?)
}

/// Stops the run under way; its report says how far it came.
#[tauri::command(async)]
pub fn sync_cancel(session: State<'_, Session>) {
    session.stop_run();
}
