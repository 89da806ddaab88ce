//! Whose turn it is to write a partial upload: one request at a time, and the newest one wins. A terminal that lost its
//! connection comes again while the service still waits on the dead one; the old request must make way at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedMutexGuard, watch};
use xunjian_domain::{hash::Sha256, ids::TerminalId};
use xunjian_protocol::problem::ProblemCode;

use crate::error::Error;

/// Which upload: two terminals may send the same photo, each into a file of its own.
type UploadKey = (TerminalId, Sha256);

/// Uploads under way.
#[derive(Default)]
pub struct Uploads(Mutex<HashMap<UploadKey, Arc<Upload>>>);

/// One upload: how many requests have come for it, and the right to write.
struct Upload {
    newest: watch::Sender<u64>,
    pen: Arc<tokio::sync::Mutex<()>>,
}

/// A request's place at an upload; with its turn it holds the right to write the partial file. Given back when dropped, so
/// it moves along with whatever still works on the file.
pub struct Turn {
    uploads: Arc<Uploads>,
    key: UploadKey,
    upload: Arc<Upload>,
    number: u64,
    newest: watch::Receiver<u64>,
    pen: Option<OwnedMutexGuard<()>>,
}

impl Turn {
    /// Tells an older request for the same upload to make way, and waits until it has.
    ///
    /// # Errors
    /// [`Error::Problem`] 409.2 when a still newer request came meanwhile.
    pub async fn take(uploads: &Arc<Uploads>, terminal: &TerminalId, sha256: Sha256) -> Result<Self, Error> {
        let mut turn = Self::queue(uploads, (terminal.clone(), sha256));
        let pen = Arc::clone(&turn.upload.pen).lock_owned().await;
        turn.pen = Some(pen);
        if turn.is_superseded() { Err(superseded()) } else { Ok(turn) }
    }

    fn queue(uploads: &Arc<Uploads>, key: UploadKey) -> Self {
        let mut all = uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
        let upload = Arc::clone(
            all.entry(key.clone())
                .or_insert_with(|| Arc::new(Upload { newest: watch::channel(0).0, pen: Arc::default() })),
        );
        let newest = upload.newest.subscribe();
        upload.newest.send_modify(|number| *number += 1);
        let number = *newest.borrow();
        Self { uploads: Arc::clone(uploads), key, upload, number, newest, pen: None }
    }

    fn is_superseded(&self) -> bool {
        *self.newest.borrow() != self.number
    }

    /// Resolves when a newer request wants this turn.
    pub async fn superseded(&mut self) -> Error {
        let number = self.number;
        // The sender lives as long as this turn holds its upload, so waiting cannot fail.
        let _ = self.newest.wait_for(|newest| *newest != number).await;
        superseded()
    }
}

fn superseded() -> Error {
    Error::Problem(ProblemCode::WrongOffset, "a newer upload of this photo went on in its place".to_owned())
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.pen = None;
        let mut all = self.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The map's and this one: nobody else writes or waits.
        if Arc::strong_count(&self.upload) == 2 {
            all.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_request_gets_the_turn_and_nothing_is_left_behind() {
        let uploads = Arc::new(Uploads::default());
        let (terminal, photo) = (TerminalId::new("terminal_a"), Sha256::of(b"photo"));
        let mut first = Turn::take(&uploads, &terminal, photo).await.unwrap();
        let waiting = tokio::spawn({
            let (uploads, terminal) = (Arc::clone(&uploads), terminal.clone());
            async move { Turn::take(&uploads, &terminal, photo).await }
        });
        assert!(matches!(first.superseded().await, Error::Problem(ProblemCode::WrongOffset, _)));
        assert!(!waiting.is_finished(), "while the first still writes, the second waits");
        drop(first);
        let second = waiting.await.unwrap().unwrap();
        let other = Turn::take(&uploads, &TerminalId::new("terminal_b"), photo).await;
        assert!(other.is_ok(), "another terminal writes a file of its own");
        drop((second, other));
        assert!(uploads.0.lock().unwrap().is_empty());
    }
}
