//! Cosigning: this terminal signs the newest state of the log that it verified, and hands the signature to the service.
//!
//! What is stored as known was compared with everything this terminal saw before, so that is what it signs, never what an
//! answer has just said. A service that shows others another history would have to show this signature, too. Nothing waits
//! for it: a cosignature that does not arrive is made again at the next comparison.

use xunjian_proof::{cosigner::terminal_name, note::SignedCheckpoint};
use xunjian_protocol::{
    ApiError, SyncApi,
    log::{CosignatureOutcome, CosignatureRequest},
};

use crate::{
    Field,
    error::FieldError,
    store::{log, terminal},
};

/// Which state was handed over last: `{size} {root}`.
const HANDED_OVER: &str = "log.cosigned";

impl Field {
    /// Cosigns the state of the log that this terminal knows, once each, and hands it over.
    ///
    /// # Errors
    /// [`FieldError::LogInconsistent`] when the service says that its own log is another; a failing database. A service that
    /// takes no cosignatures, or cannot be reached now, is no error.
    pub(crate) async fn cosign_known(&self, api: &impl SyncApi) -> Result<(), FieldError> {
        let (known, before) = self
            .store
            .read(|connection| Ok((log::checkpoint(connection)?, terminal::setting(connection, HANDED_OVER)?)))?;
        let Some(known) = known.filter(|known| known.checkpoint.size > 0) else { return Ok(()) };
        let state = format!("{} {}", known.checkpoint.size, known.checkpoint.root);
        if before.as_deref() == Some(&state) {
            return Ok(());
        }
        let request = CosignatureRequest { checkpoint: self.cosigned(known)?.to_string() };
        match api.cosign(&request).await {
            Ok(Some(answer)) if answer.outcome == CosignatureOutcome::Contradicts => Err(FieldError::LogInconsistent(
                format!("it says itself that the state “{state}”, which its key signed, is none of its own"),
            )),
            Ok(Some(_)) => self.store.write(|connection| terminal::put_setting(connection, HANDED_OVER, &state)),
            Ok(None) => Ok(()),
            Err(error @ (ApiError::Problem(_) | ApiError::Unreachable(_) | ApiError::NotUnderstood(_))) => {
                tracing::info!(%error, "the cosignature was not taken; it is made again at the next synchronisation");
                Ok(())
            }
        }
    }

    /// The checkpoint with this terminal's cosignature; the time is this terminal's clock, which is its claim.
    pub(crate) fn cosigned(&self, mut note: SignedCheckpoint) -> Result<SignedCheckpoint, FieldError> {
        let terminal = self.terminal()?;
        let name = terminal_name(&note.checkpoint.origin, &terminal.id);
        let seconds = u64::try_from(self.now().wall_ms.0 / 1000).unwrap_or(0);
        let cannot = |error: xunjian_proof::note::NoteError| FieldError::Damaged(format!("terminal key: {error}"));
        note.cosign(&name, seconds, &self.terminal_key()?).map_err(cannot)?;
        Ok(note)
    }
}
