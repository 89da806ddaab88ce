//! 复核: the reviewer's list, one record with its check, accepting and returning; and the inspector's answer to a return.

use tauri::State;
use xunjian_field::{
    AmendmentView, CountersignatureView, IpcError, Language, NewReturn, RecordSide, ReviewQueue, ReviewRecord,
    ReviewedOne, Sha256, VisitId, keys::Passphrase,
};

use crate::session::Session;

/// 待复核: every record pulled for review, by risk.
#[tauri::command(async)]
pub fn review_queue(session: State<'_, Session>) -> Result<ReviewQueue, IpcError> {
    Ok(session.field()?.review_queue(&session.person()?)?)
}

/// One record under review, checked anew step by step.
#[tauri::command(async)]
pub fn review_record(session: State<'_, Session>, id: &str) -> Result<ReviewRecord, IpcError> {
    Ok(session.field()?.review_record(id, &session.person()?)?)
}

/// Fetches the photos of a record under review that are not here; how many came.
#[tauri::command]
pub async fn fetch_review_photos(session: State<'_, Session>, id: Sha256) -> Result<u32, IpcError> {
    session.person()?;
    Ok(session.field()?.fetch_photos_of(id, Language::Zh).await?)
}

/// 复核通过: countersigns one record or many; each has its own result.
#[tauri::command(async)]
pub fn countersign(
    session: State<'_, Session>,
    records: Vec<Sha256>,
    comment: &str,
    passphrase: &str,
) -> Result<Vec<ReviewedOne>, IpcError> {
    let passphrase = Passphrase::new(passphrase)?;
    let signed = session.field()?.countersign(&records, comment, &session.person()?.id, &passphrase)?;
    session.bell.ring();
    Ok(signed)
}

/// 退回: returns a record with reasons, line by line.
#[tauri::command(async)]
pub fn return_record(
    session: State<'_, Session>,
    record: Sha256,
    reasons: NewReturn,
    passphrase: &str,
) -> Result<Sha256, IpcError> {
    let passphrase = Passphrase::new(passphrase)?;
    let signed = session.field()?.return_record(record, &reasons, &session.person()?.id, &passphrase)?;
    session.bell.ring();
    Ok(signed)
}

/// 更正: opens a returned visit again with everything its record says.
#[tauri::command(async)]
pub fn amend(session: State<'_, Session>, visit: VisitId) -> Result<AmendmentView, IpcError> {
    Ok(session.field()?.amend(&visit, &session.person()?)?)
}

/// What reviewers said of a record sealed here.
#[tauri::command(async)]
pub fn countersignatures(session: State<'_, Session>, id: &str) -> Result<Vec<CountersignatureView>, IpcError> {
    session.person()?;
    Ok(session.field()?.countersignatures(id)?)
}

/// What changed from the record that this one amends.
#[tauri::command(async)]
pub fn amended_difference(session: State<'_, Session>, id: &str) -> Result<Option<RecordSide>, IpcError> {
    session.person()?;
    Ok(session.field()?.amended_difference(id)?)
}
