//! The log at each synchronisation, also when nothing waits: the proof that it only grew since this terminal saw it last.
//!
//! A service that was set back to an older copy of itself has a shorter log, and may have lost photos of records that count as
//! delivered here. That is never called fine: it is said at each synchronisation, on every screen that shows warnings, and no
//! original is released any more. What the service lost goes up again, because this terminal may be the last to have it; the
//! receipts of before stay, because they prove that the service had it.

use xunjian_proof::{
    keyring::Keyring,
    note::{NoteError, SignedCheckpoint},
};
use xunjian_protocol::{
    SyncApi,
    log::ConsistencyRequest,
    record::{DeliveryState, ReceiptsRequest},
};

use super::receipts::ASK_AT_ONCE;
use crate::{
    Field,
    error::FieldError,
    log_watch::LogWatch,
    pull::{newest_token, put_log_state},
    store::{
        log,
        record::{self, RecordState},
        salvage, terminal,
    },
    trust,
};

/// The setting that holds how the log contradicted itself; empty or absent when it does not.
const CONTRADICTION: &str = "log.contradiction";

impl Field {
    /// Compares the log with the state known here. A contradiction is returned, not raised: records and photos still go up, so
    /// that the office has them, and the run ends with it.
    pub(super) async fn compare_log(&self, api: &impl SyncApi) -> Result<Option<FieldError>, FieldError> {
        let (keyring, known) =
            self.store.read(|connection| Ok((trust::keyring(connection)?, log::checkpoint(connection)?)))?;
        if known.is_none() {
            return Ok(None);
        }
        let mut watch = LogWatch::new(&keyring, known);
        match watch.advance(api).await {
            Ok(()) => {
                let now = self.now();
                self.store.write(|connection| {
                    put_log_state(connection, &watch, [newest_token(&watch, &now)])?;
                    terminal::put_setting(connection, CONTRADICTION, "")
                })?;
                Ok(None)
            }
            // A key of the log that is newer than the package here: the next package brings it, and says whether it counts.
            Err(FieldError::LogInconsistent(_)) if self.is_signed_anew(api, &keyring).await? => Ok(None),
            Err(error @ FieldError::LogInconsistent(_)) => {
                self.note_contradiction(&error)?;
                self.send_again_what_was_lost(api).await?;
                Ok(Some(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the newest state bears no signature by a key of the log that is known here. Nothing is taken over then.
    async fn is_signed_anew(&self, api: &impl SyncApi, keyring: &Keyring) -> Result<bool, FieldError> {
        let answer = api.consistency(&ConsistencyRequest { from: 0 }).await?;
        let newest = SignedCheckpoint::parse(&answer.checkpoint);
        Ok(newest.is_ok_and(|note| matches!(keyring.verify_checkpoint(&note), Err(NoteError::NotSignedBy(_)))))
    }

    /// How the service's log contradicted what this terminal saw, if it did and no later comparison held.
    pub(crate) fn log_contradiction(&self) -> Result<Option<FieldError>, FieldError> {
        let reason = self.store.read(|connection| terminal::setting(connection, CONTRADICTION))?;
        Ok(reason.filter(|reason| !reason.is_empty()).map(FieldError::LogInconsistent))
    }

    /// Remembers a contradiction; any other error is none.
    pub(super) fn note_contradiction(&self, error: &FieldError) -> Result<(), FieldError> {
        let FieldError::LogInconsistent(reason) = error else { return Ok(()) };
        self.store.write(|connection| terminal::put_setting(connection, CONTRADICTION, reason))
    }

    /// Records that count as delivered here, and of which the service lacks something: from the first of them on, all wait again.
    /// What the service has all the same is identical to it.
    async fn send_again_what_was_lost(&self, api: &impl SyncApi) -> Result<(), FieldError> {
        let rows = self.store.read(record::list)?;
        let delivered: Vec<_> = rows.iter().filter(|row| row.state == RecordState::Delivered).collect();
        let mut first_lost: Option<u64> = None;
        for some in delivered.chunks(ASK_AT_ONCE) {
            let records = some.iter().map(|row| row.id).collect();
            let states = api.receipts(&ReceiptsRequest { records }).await?.states;
            let lost = some.iter().zip(&states).filter(|(_, state)| !matches!(state, DeliveryState::Delivered { .. }));
            first_lost = lost.map(|(row, _)| row.sequence).chain(first_lost).min();
        }
        match first_lost {
            Some(first) => {
                self.store.write(|connection| salvage::take_back_behind(connection, first.saturating_sub(1)))
            }
            None => Ok(()),
        }
    }
}
