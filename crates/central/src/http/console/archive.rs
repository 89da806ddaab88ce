//! The archive of a closed round as a download. It is made while it goes out: nothing of it is kept on the service's disk, which
//! may hold the photos once and not twice. Its size is known before its first byte, so that a browser tells a broken download.

use std::{
    io::{self, BufWriter, Write},
    sync::Arc,
};

use axum::{
    body::{Body, Bytes},
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tokio::sync::mpsc::{self, Sender};
use xunjian_domain::ids::RoundId;
use xunjian_protocol::problem::ProblemCode;

use super::{
    super::{App, answer::Failed},
    files::SANDBOX,
    seat::{Seated, told},
};
use crate::{closing, error::Error, pack};

/// Bytes that go out at a time.
const PART_BYTES: usize = 256 << 10;
/// Parts that wait for a slow line.
const PARTS: usize = 4;

/// Hands bytes over to the connection, and fails once that is gone.
struct Outgoing(Sender<io::Result<Bytes>>);

impl Write for Outgoing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `GET rounds/ID/archive`.
pub async fn archive(State(app): State<App>, who: Seated, Path(id): Path<String>) -> Result<Response, Failed> {
    let language = who.language;
    let turn = Arc::clone(&app.console.archives).acquire_owned().await;
    let turn = turn.map_err(|_| told(Error::Problem(ProblemCode::Unavailable, "archive".to_owned()), language))?;
    let name: String = id.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    let mut prepared =
        who.run(&app, move |site, _| pack::prepare(site, &closing::archive_request(site, &RoundId::new(id))?)).await?;
    let total = prepared.layout().total_bytes();
    let (sender, receiver) = mpsc::channel(PARTS);
    tokio::task::spawn_blocking(move || {
        let failed = sender.clone();
        let mut out = BufWriter::with_capacity(PART_BYTES, Outgoing(sender));
        let written = prepared.write_from(0, &mut out, pack::open_photo).and_then(|()| out.flush());
        if let Err(error) = written {
            // Whoever hung up needs no answer; everybody else sees a download that ends too early.
            tracing::warn!(%error, "an archive did not go out whole");
            drop(failed.blocking_send(Err(error)));
        }
        drop(turn);
    });
    let parts = stream::unfold(receiver, |mut receiver| async { receiver.recv().await.map(|part| (part, receiver)) });
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_LENGTH, total.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"round-{name}.zip\"")),
        (header::CONTENT_SECURITY_POLICY, SANDBOX.to_owned()),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}
