//! Scanning: from a camera frame or a picture to texts, and what a text means.

use serde::Deserialize;
use tauri::{State, ipc::Request};
use xunjian_field::{
    AssetPage, FieldError, IpcError, LabelLookup, ScanReport, ScanSource, VisitId,
    scan::{Decoder as _, Effort, GrayFrame, ScannedCode, decode_bytes},
};

use crate::{raw, session::Session};

/// The size of a frame, beside its bytes.
#[derive(Deserialize)]
struct FrameSize {
    width: usize,
    height: usize,
}

fn texts(codes: Vec<ScannedCode>) -> Vec<String> {
    codes.into_iter().map(|code| code.text).collect()
}

/// The codes of one camera frame: grey bytes, row by row.
#[tauri::command(async)]
pub fn read_frame(session: State<'_, Session>, request: Request<'_>) -> Result<Vec<String>, IpcError> {
    let FrameSize { width, height } = raw::arguments(&request)?;
    let frame = GrayFrame::new(width, height, raw::bytes(&request)?.to_vec());
    let frame = frame.ok_or_else(|| FieldError::BadInput(format!("a frame of {width} × {height}")))?;
    Ok(texts(session.decoder.decode(&frame, Effort::Live)))
}

/// The codes of a picture file.
#[tauri::command(async)]
pub fn read_picture(session: State<'_, Session>, request: Request<'_>) -> Result<Vec<String>, IpcError> {
    Ok(texts(decode_bytes(&session.decoder, raw::bytes(&request)?).map_err(FieldError::from)?))
}

/// What a text names, before any visit was chosen.
#[tauri::command(async)]
pub fn look_up(session: State<'_, Session>, text: &str) -> Result<LabelLookup, IpcError> {
    Ok(session.field()?.look_up(text, &session.person()?)?)
}

/// 按名称、序列号查找.
#[tauri::command(async)]
pub fn search_assets(
    session: State<'_, Session>,
    visit: Option<VisitId>,
    text: &str,
    after: Option<&str>,
) -> Result<AssetPage, IpcError> {
    Ok(session.field()?.search_assets(&session.person()?, visit.as_ref(), text, after)?)
}

/// Judges a text in a visit, and records it.
#[tauri::command(async)]
pub fn scan_label(
    session: State<'_, Session>,
    visit: VisitId,
    text: &str,
    source: ScanSource,
) -> Result<ScanReport, IpcError> {
    session.on_draft(&visit, |field, whose| field.scan_label(whose, text, source))
}
