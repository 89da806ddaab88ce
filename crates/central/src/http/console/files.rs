//! Files in and out: photos, envelopes, labels, ledgers, and what travels to the keepers of the root.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest as _, Multipart, Path, Request, State, multipart::MultipartError},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use xunjian_domain::text::Language;
use xunjian_protocol::problem::ProblemCode;

use super::{
    super::{
        App,
        answer::{Failed, hash},
    },
    MAX_UPLOAD_BYTES,
    seat::{Answer, Asks, Seated, Writer, told},
};
use crate::{
    console::{
        keys::{self, KeyItem},
        labels,
        ledger::{self, ImportPreview, LedgerTable, LedgerUpload},
        page::{bad, missing},
        photo::{self, Sent, Size},
        record,
    },
    error::Error,
    ledger::ImportMode,
};
use xunjian_ledger::import::{Mapping, NotAMapping, SourceFile};

/// Nothing in a file may run, wherever it is opened.
pub(super) const SANDBOX: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

pub(super) fn attached(name: &str, media_type: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_DISPOSITION, &disposition),
        (header::CONTENT_SECURITY_POLICY, SANDBOX),
    ];
    (headers, bytes).into_response()
}

fn shown(media_type: &str, age: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_DISPOSITION, "inline"),
        (header::CONTENT_SECURITY_POLICY, SANDBOX),
        (header::CACHE_CONTROL, age),
    ];
    (headers, bytes).into_response()
}

/// A record's exact bytes.
pub async fn envelope(State(app): State<App>, who: Seated, Path(id): Path<String>) -> Result<Response, Failed> {
    let name = format!("{}.json", id.chars().filter(char::is_ascii_hexdigit).take(12).collect::<String>());
    let bytes = who.run(&app, move |site, _| record::envelope(site, &id)).await?;
    Ok(attached(&name, "application/json", bytes))
}

/// A photo of a record.
pub async fn photo(
    State(app): State<App>,
    who: Seated,
    Path((id, sha256)): Path<(String, String)>,
    asks: Asks,
) -> Result<Response, Failed> {
    let turn = Arc::clone(&app.console.pictures).acquire_owned().await;
    let sent = who.run(&app, move |site, _| {
        let size = Size::read(asks.only(&["size"])?.text("size"))?;
        let sent = photo::photo(site, &id, &hash(&sha256).map_err(|_| missing(sha256))?, size)?;
        drop(turn);
        Ok((sent, size))
    });
    let (Sent { media_type, is_picture, name, bytes }, size) = sent.await?;
    if !is_picture {
        return Ok(attached(&name, "application/octet-stream", bytes));
    }
    let age = if size == Size::Thumbnail { "private, max-age=300" } else { "private, no-store" };
    Ok(shown(&media_type, age, bytes))
}

/// The picture of a label.
pub async fn label(State(app): State<App>, who: Seated, Path(picture): Path<String>) -> Result<Response, Failed> {
    let svg = who.run(&app, move |site, _| {
        let print = picture.strip_suffix(".svg").ok_or_else(|| missing(&*picture))?;
        labels::picture(site, print)
    });
    Ok(shown("image/svg+xml", "private, no-store", svg.await?))
}

/// What waits for the site root, as the file its keepers sign.
pub async fn key_requests(State(app): State<App>, who: Seated) -> Result<Response, Failed> {
    let bytes = who.run(&app, |site, _| keys::requests(site)).await?;
    Ok(attached("key-requests.json", "application/json", bytes))
}

/// The file with which the keepers of the root revoke a key.
pub async fn revocation(
    State(app): State<App>,
    who: Seated,
    Path(id): Path<String>,
    asks: Asks,
) -> Result<Response, Failed> {
    let bytes = who.run(&app, move |site, seat| {
        seat.may_write()?;
        keys::revocation(site, &id, asks.only(&["reason"])?.text("reason"))
    });
    Ok(attached("revocation.json", "application/json", bytes.await?))
}

/// Signed key statements.
pub async fn admit_keys(State(app): State<App>, Writer(who): Writer, request: Request) -> Answer<Vec<KeyItem>> {
    let file = one_file(request, who.language).await?;
    who.answer(&app, move |site, seat| keys::admit(site, &seat.account, &file)).await
}

/// A signed revocation.
pub async fn revoke_key(State(app): State<App>, Writer(who): Writer, request: Request) -> Answer<KeyItem> {
    let file = one_file(request, who.language).await?;
    who.answer(&app, move |site, seat| keys::revoke(site, &seat.account, &file)).await
}

/// What an import would do.
pub async fn preview_ledger(State(app): State<App>, Writer(who): Writer, form: Multipart) -> Answer<ImportPreview> {
    let mut upload = ledger_files(form).await.map_err(|error| told(error, who.language))?;
    upload.mode = ImportMode::DryRun;
    who.answer(&app, move |site, seat| ledger::import(site, &seat.account, &upload)).await
}

/// The headings of files, for whoever says by hand what they mean.
pub async fn ledger_columns(State(app): State<App>, Writer(who): Writer, form: Multipart) -> Answer<Vec<LedgerTable>> {
    let upload = ledger_files(form).await.map_err(|error| told(error, who.language))?;
    who.answer(&app, move |site, _| ledger::columns(site, &upload)).await
}

/// Imports files.
pub async fn import_ledger(State(app): State<App>, Writer(who): Writer, form: Multipart) -> Answer<ImportPreview> {
    let upload = ledger_files(form).await.map_err(|error| told(error, who.language))?;
    who.answer(&app, move |site, seat| ledger::import(site, &seat.account, &upload)).await
}

fn broken(error: &MultipartError) -> Error {
    let is_large = error.status() == StatusCode::PAYLOAD_TOO_LARGE;
    let code = if is_large { ProblemCode::TooLarge } else { ProblemCode::BadParameter };
    Error::Problem(code, error.body_text())
}

async fn ledger_files(mut form: Multipart) -> Result<LedgerUpload, Error> {
    let (mut files, mut mode, mut total) = (Vec::new(), ImportMode::Careful, 0);
    let mut mapping = Mapping::default();
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|error| broken(&error))?;
        total += bytes.len();
        if total > MAX_UPLOAD_BYTES {
            return Err(Error::Problem(ProblemCode::TooLarge, format!("at most {MAX_UPLOAD_BYTES} bytes")));
        }
        match name.as_str() {
            "file" => files.push(SourceFile { name: plain_name(&file), bytes: bytes.to_vec() }),
            "allow_removals" => match &bytes[..] {
                b"true" | b"1" => mode = ImportMode::AllowRemovals,
                b"false" | b"0" | b"" => {}
                _ => return Err(bad("allow_removals", "must be true or false")),
            },
            "map" => {
                let text = std::str::from_utf8(&bytes).map_err(|_| bad("map", "is no text"))?;
                mapping.set_from(text).map_err(|NotAMapping(text)| Error::Told(text))?;
            }
            "room" => {
                let text = std::str::from_utf8(&bytes).map_err(|_| bad("room", "is no text"))?;
                mapping.room = Some(text.trim().to_owned()).filter(|room| !room.is_empty());
            }
            other => return Err(bad(other, "is not one of: file, allow_removals, map, room")),
        }
    }
    Ok(LedgerUpload { files, mapping, mode })
}

/// The last part of a file's name: some browsers send the whole path.
fn plain_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect()
}

/// One file, as a form or as the body itself.
async fn one_file(request: Request, language: Language) -> Result<Bytes, Failed> {
    let read = async {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !media_type.is_some_and(|media_type| media_type.starts_with("multipart/form-data")) {
            let body = Bytes::from_request(request, &()).await;
            return body.map_err(|error| Error::Problem(ProblemCode::TooLarge, error.body_text()));
        }
        let form = Multipart::from_request(request, &()).await;
        let mut form = form.map_err(|error| bad("file", error.body_text()))?;
        match form.next_field().await.map_err(|error| broken(&error))? {
            Some(field) => field.bytes().await.map_err(|error| broken(&error)),
            None => Err(bad("file", "no file was sent")),
        }
    };
    read.await.map_err(|error| told(error, language))
}
