//! Photos: kept whole, attached, taken back, and shown as large as needed.

use serde::Deserialize;
use tauri::{
    State,
    ipc::{Request, Response},
};
use xunjian_field::{Attached, IpcError, PhotoNote, PhotoSize, Sha256, VisitId, VisitView};

use crate::{raw, session::Session};

/// What goes beside a photo's bytes.
#[derive(Deserialize)]
struct PhotoArguments {
    visit: VisitId,
    photo: PhotoNote,
}

/// 拍照: keeps the photo in the body.
#[tauri::command(async)]
pub fn attach_photo(session: State<'_, Session>, request: Request<'_>) -> Result<Attached, IpcError> {
    let PhotoArguments { visit, photo } = raw::arguments(&request)?;
    let bytes = raw::bytes(&request)?;
    session.on_draft(&visit, |field, whose| field.attach_noted(whose, &photo, bytes))
}

/// Takes a photo from a line, or from the visit.
#[tauri::command(async)]
pub fn detach_photo(
    session: State<'_, Session>,
    visit: VisitId,
    line: Option<u32>,
    sha256: Sha256,
) -> Result<VisitView, IpcError> {
    session.changed(&visit, |field, whose| field.detach_photo(whose, line, sha256))
}

/// A photo's bytes.
#[tauri::command(async)]
pub fn photo(session: State<'_, Session>, sha256: Sha256, size: PhotoSize) -> Result<Response, IpcError> {
    session.person()?;
    Ok(Response::new(session.field()?.photo_rendition(sha256, size)?))
}
