//! One pass up: records, photos and receipts side by side, as [`Submissions`] and [`Uploads`] say.
//!
//! Records go first and in order; the photos of a record go as soon as the service has acknowledged it; receipts are asked
//! for now and then meanwhile, so that what is complete is delivered even where the line is lost before the rest. Outcomes
//! are taken one after the other, each stored before the next step it allows.

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::time::{Duration, Instant};
use xunjian_domain::hash::Sha256;
use xunjian_proof::statement::BlobRef;
use xunjian_protocol::{
    ApiError, SyncApi,
    blob::{BlobState, HaveBlobs},
    problem::{Problem, ProblemCode},
    record::{RecordAnswer, SubmitAnswer, SubmitRecords},
};

use super::{
    Pass, SyncFault, SyncOptions, SyncStage,
    receipts::{Fetched, Which},
    submissions::{Queued, Submissions},
    uploads::{Fate, Next, Upload, Uploads},
};
use crate::{
    Field,
    error::FieldError,
    store::record::{self, RecordState},
};

/// How often receipts are asked for while photos go up.
const RECEIPTS_EVERY: Duration = Duration::from_secs(10);
/// How often a question is asked again at once: the connection that it went out on may have died unnoticed.
const ASK_TRIES: u32 = 2;

/// What one request led to.
enum Outcome {
    Submitted(Vec<Queued>, Result<SubmitAnswer, ApiError>),
    Known(Vec<BlobRef>, Result<Vec<BlobState>, ApiError>),
    Sent(Upload, Result<BlobState, FieldError>),
    Receipts(Result<Fetched, FieldError>),
}

type Work<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

impl Field {
    pub(super) async fn carry(
        &self,
        api: &impl SyncApi,
        options: &SyncOptions,
        pass: &mut Pass<'_>,
    ) -> Result<(), FieldError> {
        let mut records = Submissions::new(self.queue(pass)?);
        let mut uploads = Uploads::new(options.connections);
        if options.photos {
            uploads.add(self.store.read(record::unsent_blobs)?);
        }
        let mut work = FuturesUnordered::<Work<'_>>::new();
        let mut questions = 0;
        let mut receipts_at = Some(Instant::now() + RECEIPTS_EVERY);
        loop {
            if let Some(batch) = records.next() {
                work.push(Box::pin(submit(api, batch)));
            }
            while let Some(next) = uploads.next() {
                work.push(match next {
                    Next::Ask(blobs) => Box::pin(ask(api, blobs)),
                    Next::Send(upload) => {
                        pass.tracker.blob_begins(&upload.blob, upload.offset);
                        Box::pin(self.send(api, upload))
                    }
                });
            }
            if receipts_at.is_some_and(|at| Instant::now() >= at) && !work.is_empty() {
                receipts_at = None;
                work.push(Box::pin(async { Outcome::Receipts(self.ask_for_receipts(api, Which::Complete).await) }));
            }
            let Some(outcome) = work.next().await else { return Ok(()) };
            match outcome {
                Outcome::Submitted(batch, answer) => {
                    let taken = self.submitted(batch, answer, &mut records, pass)?;
                    if options.photos && !taken.is_empty() {
                        pass.tracker.stage(SyncStage::Photos);
                        uploads.add(self.unsent_of(&taken)?);
                    }
                }
                Outcome::Known(blobs, Ok(states)) if states.len() == blobs.len() => {
                    questions = 0;
                    for fate in uploads.known(states) {
                        self.settle(fate, pass)?;
                    }
                }
                Outcome::Known(blobs, Ok(states)) => {
                    let reason = format!("{} states for {} photos", states.len(), blobs.len());
                    return Err(ApiError::NotUnderstood(reason).into());
                }
                Outcome::Known(_, Err(error)) => {
                    questions += 1;
                    if questions >= ASK_TRIES || matches!(error, ApiError::Problem(_)) {
                        return Err(error.into());
                    }
                    uploads.not_known();
                }
                Outcome::Sent(upload, state) => self.photo_sent(&upload, state, &mut uploads, pass)?,
                Outcome::Receipts(fetched) => {
                    match fetched {
                        Ok(fetched) => pass.take(fetched),
                        // They are asked for again at the end; until then photos go on.
                        Err(FieldError::Api(error)) if error.is_retryable() => {}
                        Err(error) => return Err(error),
                    }
                    receipts_at = Some(Instant::now() + RECEIPTS_EVERY);
                }
            }
        }
    }

    /// What goes up: what was never acknowledged, and what the service has forgotten.
    fn queue(&self, pass: &mut Pass<'_>) -> Result<Vec<Queued>, FieldError> {
        let again = std::mem::take(&mut pass.forgotten);
        let (queue, (blobs, bytes)) = self.store.write(|connection| {
            let mut queue = record::to_submit(connection)?;
            for (id, _) in &queue {
                record::set_state(connection, *id, RecordState::Queued)?;
            }
            for id in again {
                queue.push((id, record::envelope(connection, id)?));
            }
            Ok((queue, record::totals_to_send(connection)?))
        })?;
        pass.tracker.records_to_come(queue.len() as u64);
        pass.tracker.blobs_to_come(blobs, bytes);
        if queue.is_empty() {
            pass.tracker.stage(SyncStage::Photos);
        }
        Ok(queue)
    }

    fn unsent_of(&self, records: &[Sha256]) -> Result<Vec<BlobRef>, FieldError> {
        self.store.read(|connection| {
            let mut unsent = Vec::new();
            for id in records {
                let blobs = record::blobs(connection, *id)?.into_iter().filter(|blob| !blob.is_sent);
                unsent.extend(blobs.map(|blob| BlobRef { sha256: blob.sha256, bytes: blob.bytes }));
            }
            Ok(unsent)
        })
    }

    /// Takes the answers to a batch; the records that the service has now.
    fn submitted(
        &self,
        mut batch: Vec<Queued>,
        answer: Result<SubmitAnswer, ApiError>,
        records: &mut Submissions,
        pass: &mut Pass<'_>,
    ) -> Result<Vec<Sha256>, FieldError> {
        let answers = match answer {
            Ok(answer) => answer.answers,
            Err(ApiError::Problem(problem)) if is_of_the_body(problem.code) => {
                // One bad record must not hold up the others.
                if !records.take_apart(&mut batch) {
                    let one = batch.first().map(|(id, _)| *id);
                    one.map_or(Ok(false), |id| self.refused(id, &problem, false, pass))?;
                }
                return Ok(Vec::new());
            }
            Err(error) => {
                let error = FieldError::from(error);
                self.note_batch_failure(&batch, &error)?;
                return Err(error);
            }
        };
        records.answered();
        fail::fail_point!("sync.after_records_answer");
        if answers.len() != batch.len() {
            let reason = format!("{} answers to {} records", answers.len(), batch.len());
            return Err(ApiError::NotUnderstood(reason).into());
        }
        let mut taken = Vec::new();
        for ((id, _), answer) in batch.iter().zip(answers) {
            match answer {
                RecordAnswer::Stored { record } | RecordAnswer::Identical { record } if record != *id => {
                    return Err(ApiError::NotUnderstood(format!("the answer speaks of {record}, not of {id}")).into());
                }
                RecordAnswer::Stored { .. } => {
                    pass.report.submitted += 1;
                    taken.push(*id);
                }
                RecordAnswer::Identical { .. } => {
                    pass.report.identical += 1;
                    taken.push(*id);
                }
                RecordAnswer::Refused { problem } => {
                    records.is_one_waiting |= self.refused(*id, &problem, records.is_one_waiting, pass)?;
                }
            }
        }
        self.acknowledged(&taken)?;
        taken.iter().for_each(|_| pass.tracker.record_taken());
        Ok(taken)
    }

    fn acknowledged(&self, records: &[Sha256]) -> Result<(), FieldError> {
        let at = self.now().wall_ms;
        self.store.write(|connection| {
            records.iter().try_for_each(|id| {
                record::note_attempt(connection, *id, "", at)?;
                record::set_state(connection, *id, RecordState::PartlySent)
            })
        })
    }

    /// Notes the refusal; true when the record stays in the queue. A broken chain behind a waiting record will mend; what a
    /// service wants from a newer version of this program goes up once it was updated.
    fn refused(
        &self,
        id: Sha256,
        problem: &Problem,
        is_behind_waiting: bool,
        pass: &mut Pass<'_>,
    ) -> Result<bool, FieldError> {
        let waits = problem.code.is_retryable()
            || problem.code == ProblemCode::VersionTooOld
            || (is_behind_waiting && problem.code == ProblemCode::BrokenChain);
        let at = self.now().wall_ms;
        self.store.write(|connection| {
            record::note_attempt(connection, id, &problem.to_string(), at)?;
            if waits { Ok(()) } else { record::quarantine(connection, id, problem, at) }
        })?;
        let fault = SyncFault::of(&FieldError::Api(ApiError::Problem(Box::new(problem.clone()))));
        pass.report.errors.push(SyncFault { retryable: waits, ..fault }.about(Some(id), None));
        pass.report.refused += 1;
        Ok(waits)
    }

    fn note_batch_failure(&self, batch: &[Queued], error: &FieldError) -> Result<(), FieldError> {
        let (at, text) = (self.now().wall_ms, error.text().zh);
        self.store
            .write(|connection| batch.iter().try_for_each(|(id, _)| record::note_attempt(connection, *id, &text, at)))
    }

    async fn send(&self, api: &impl SyncApi, upload: Upload) -> Outcome {
        let from = usize::try_from(upload.offset).unwrap_or(usize::MAX);
        // Read when needed and hashed again: what goes up is what was signed.
        let state = match self.photos.read(&upload.blob.sha256).map(Bytes::from) {
            Ok(bytes) if upload.blob.bytes == bytes.len() as u64 => {
                let rest = bytes.slice(from.min(bytes.len())..);
                drop(bytes);
                api.send_blob(upload.blob.sha256, upload.offset, upload.blob.bytes, rest).await.map_err(Into::into)
            }
            Ok(bytes) => Err(ApiError::NotUnderstood(format!(
                "the record says {} bytes, the photo has {}",
                upload.blob.bytes,
                bytes.len()
            ))
            .into()),
            Err(error) => Err(error.into()),
        };
        Outcome::Sent(upload, state)
    }

    fn photo_sent(
        &self,
        upload: &Upload,
        state: Result<BlobState, FieldError>,
        uploads: &mut Uploads,
        pass: &mut Pass<'_>,
    ) -> Result<(), FieldError> {
        let sha256 = upload.blob.sha256;
        let error = match state {
            Ok(state) => {
                fail::fail_point!("sync.after_blob_answer");
                if state == BlobState::Stored {
                    pass.report.blobs_sent += 1;
                    pass.report.blob_bytes_sent += upload.blob.bytes - upload.found.unwrap_or(upload.offset);
                }
                let fate = uploads.sent(sha256, &state);
                return self.settle(fate, pass);
            }
            Err(error) => error,
        };
        pass.tracker.blob_left(sha256);
        match &error {
            FieldError::Api(ApiError::Problem(problem)) if is_of_the_session(problem.code) => return Err(error),
            // The line, somebody between, or a state that asking again clears up.
            FieldError::Api(ApiError::Unreachable(_) | ApiError::NotUnderstood(_)) => {}
            FieldError::Api(ApiError::Problem(problem)) if problem.code.is_retryable() => {}
            // A photo that is gone or changed here is that photo's trouble; the others go on.
            FieldError::Photo(_) | FieldError::Api(_) => {
                uploads.failed(sha256);
                pass.report.errors.push(SyncFault::of(&error).about(None, Some(sha256)));
                return Ok(());
            }
            _ => return Err(error),
        }
        let fate = uploads.broke(sha256);
        if uploads.is_line_gone() {
            return Err(error);
        }
        if matches!(fate, Fate::LeftForLater(_)) {
            pass.report.errors.push(SyncFault::of(&error).about(None, Some(sha256)));
        }
        Ok(())
    }

    fn settle(&self, fate: Fate, pass: &mut Pass<'_>) -> Result<(), FieldError> {
        let (sha256, reason) = match fate {
            Fate::Again => return Ok(()),
            Fate::Stored(blob) => {
                self.store.write(|connection| record::set_blob_sent(connection, blob.sha256, true))?;
                pass.tracker.blob_taken(&blob);
                return Ok(());
            }
            Fate::NotNamed(sha256) => {
                (sha256, format!("the service has the record, but says that none names photo {}", sha256.short()))
            }
            Fate::LeftForLater(sha256) => (sha256, format!("photo {} does not get through", sha256.short())),
        };
        let error = FieldError::Api(ApiError::NotUnderstood(reason));
        pass.report.errors.push(SyncFault::of(&error).about(None, Some(sha256)));
        Ok(())
    }
}

async fn submit(api: &impl SyncApi, batch: Vec<Queued>) -> Outcome {
    let envelopes = batch.iter().map(|(_, envelope)| envelope.clone()).collect();
    let answer = api.submit_records(&SubmitRecords { envelopes }).await;
    Outcome::Submitted(batch, answer)
}

async fn ask(api: &impl SyncApi, blobs: Vec<BlobRef>) -> Outcome {
    let request = HaveBlobs { blobs: blobs.iter().map(|blob| blob.sha256).collect() };
    let states = api.have_blobs(&request).await.map(|answer| answer.states);
    Outcome::Known(blobs, states)
}

/// Problems of the message itself, not of the terminal or the service.
fn is_of_the_body(code: ProblemCode) -> bool {
    matches!(code, ProblemCode::Malformed | ProblemCode::TooLarge | ProblemCode::RecordMalformed)
}

/// Problems that every other photo would meet, too.
fn is_of_the_session(code: ProblemCode) -> bool {
    matches!(
        code,
        ProblemCode::NoSession
            | ProblemCode::BadChallenge
            | ProblemCode::TerminalRevoked
            | ProblemCode::VersionTooOld
            | ProblemCode::TooMany
            | ProblemCode::Unavailable
    )
}
