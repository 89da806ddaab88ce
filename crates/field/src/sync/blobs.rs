//! Photos up: ask what the service has, send the rest of each from there on.

use bytes::Bytes;
use xunjian_domain::hash::Sha256;
use xunjian_proof::statement::BlobRef;
use xunjian_protocol::{
    ApiError, SyncApi,
    blob::{BlobState, HaveBlobs},
    problem::ProblemCode,
};

use super::{Pass, SyncFault};
use crate::{Field, error::FieldError, store::record};

/// Names in one question.
const ASK_AT_ONCE: usize = 500;
/// How often one photo is taken up again within a pass.
const TRIES: u32 = 4;

impl Field {
    pub(super) async fn send_blobs(&self, api: &impl SyncApi, pass: &mut Pass<'_>) -> Result<(), FieldError> {
        let unsent = self.store.read(record::unsent_blobs)?;
        pass.tracker.blobs_to_come(unsent.len() as u64, unsent.iter().map(|blob| blob.bytes).sum());
        for some in unsent.chunks(ASK_AT_ONCE) {
            let states = have(api, some).await?;
            for (blob, state) in some.iter().zip(states) {
                match self.send_blob(api, blob, state, pass).await {
                    Ok(()) => {}
                    // A photo that is gone or changed here is that photo's trouble; the others go on.
                    Err(error @ FieldError::Photo(_)) => {
                        pass.report.errors.push(SyncFault::of(&error).about(None, Some(blob.sha256)));
                    }
                    Err(error @ FieldError::Api(ApiError::Problem(_))) if !is_of_the_session(&error) => {
                        pass.report.errors.push(SyncFault::of(&error).about(None, Some(blob.sha256)));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    async fn send_blob(
        &self,
        api: &impl SyncApi,
        blob: &BlobRef,
        mut state: BlobState,
        pass: &mut Pass<'_>,
    ) -> Result<(), FieldError> {
        let mut original: Option<Bytes> = None;
        for _ in 0..TRIES {
            let offset = match state {
                BlobState::Stored => return self.blob_is_there(blob, pass),
                BlobState::NotNamed => return Err(not_named(blob.sha256)),
                BlobState::Partial { offset } => offset.min(blob.bytes),
            };
            let bytes = match &original {
                Some(bytes) => bytes.clone(),
                // Read when needed, one at a time, and hashed again: what goes up is what was signed.
                None => original.insert(Bytes::from(self.photos.read(&blob.sha256)?)).clone(),
            };
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            pass.tracker.blob_begins(blob.bytes - offset);
            state = match api.send_blob(blob.sha256, offset, blob.bytes, bytes.slice(from..)).await {
                Ok(state) => {
                    pass.report.blob_bytes_sent += blob.bytes - offset;
                    fail::fail_point!("sync.after_blob_answer");
                    if state == BlobState::Stored {
                        pass.report.blobs_sent += 1;
                    }
                    state
                }
                Err(ApiError::Problem(problem))
                    if matches!(problem.code, ProblemCode::WrongOffset | ProblemCode::Incomplete) =>
                {
                    first(have(api, std::slice::from_ref(blob)).await?)?
                }
                Err(error) => return Err(error.into()),
            };
        }
        match state {
            BlobState::Stored => self.blob_is_there(blob, pass),
            _ => Err(ApiError::Unreachable(format!("photo {} does not get through", blob.sha256.short())).into()),
        }
    }

    fn blob_is_there(&self, blob: &BlobRef, pass: &Pass<'_>) -> Result<(), FieldError> {
        self.store.write(|connection| record::set_blob_sent(connection, blob.sha256, true))?;
        pass.tracker.blob_taken(blob.bytes);
        Ok(())
    }
}

async fn have(api: &impl SyncApi, blobs: &[BlobRef]) -> Result<Vec<BlobState>, FieldError> {
    let answer = api.have_blobs(&HaveBlobs { blobs: blobs.iter().map(|blob| blob.sha256).collect() }).await?;
    if answer.states.len() != blobs.len() {
        let reason = format!("{} states for {} photos", answer.states.len(), blobs.len());
        return Err(ApiError::NotUnderstood(reason).into());
    }
    Ok(answer.states)
}

fn first(states: Vec<BlobState>) -> Result<BlobState, FieldError> {
    states.into_iter().next().ok_or_else(|| ApiError::NotUnderstood("no state".to_owned()).into())
}

fn not_named(sha256: Sha256) -> FieldError {
    ApiError::NotUnderstood(format!("the service has the record, but says that none names photo {}", sha256.short()))
        .into()
}

/// Problems that every other photo would meet, too.
fn is_of_the_session(error: &FieldError) -> bool {
    let FieldError::Api(ApiError::Problem(problem)) = error else { return true };
    matches!(
        problem.code,
        ProblemCode::NoSession
            | ProblemCode::BadChallenge
            | ProblemCode::TerminalRevoked
            | ProblemCode::VersionTooOld
            | ProblemCode::TooMany
            | ProblemCode::Internal
            | ProblemCode::Unavailable
    )
}
