//! Records up, in batches, an answer each.

use xunjian_domain::hash::Sha256;
use xunjian_protocol::{
    ApiError, SyncApi,
    path::{MAX_BATCH, MAX_BATCH_BYTES},
    problem::{Problem, ProblemCode},
    record::{RecordAnswer, SubmitRecords},
};

use super::{Pass, SyncFault};
use crate::{
    Field,
    error::FieldError,
    store::record::{self, RecordState},
};

type Queued = (Sha256, String);

impl Field {
    pub(super) async fn submit(&self, api: &impl SyncApi, pass: &mut Pass<'_>) -> Result<(), FieldError> {
        let again = std::mem::take(&mut pass.forgotten);
        let queue: Vec<Queued> = self.store.write(|connection| {
            let mut queue = record::to_submit(connection)?;
            for (id, _) in &queue {
                record::set_state(connection, *id, RecordState::Queued)?;
            }
            for id in again {
                queue.push((id, record::envelope(connection, id)?));
            }
            Ok(queue)
        })?;
        pass.tracker.records_to_come(queue.len() as u64);
        for batch in batches(queue) {
            self.submit_batch(api, batch, pass).await?;
        }
        Ok(())
    }

    async fn submit_batch(
        &self,
        api: &impl SyncApi,
        batch: Vec<Queued>,
        pass: &mut Pass<'_>,
    ) -> Result<(), FieldError> {
        match self.submit_together(api, &batch, pass).await {
            // The service cannot take the batch as it is: one bad record must not hold up the others.
            Err(FieldError::Api(ApiError::Problem(problem))) if is_of_the_body(problem.code) => {
                for one in batch {
                    match self.submit_together(api, std::slice::from_ref(&one), pass).await {
                        Err(FieldError::Api(ApiError::Problem(problem))) if is_of_the_body(problem.code) => {
                            self.refused(one.0, &problem, false, pass)?;
                        }
                        other => other?,
                    }
                }
                Ok(())
            }
            other => other,
        }
    }

    async fn submit_together(
        &self,
        api: &impl SyncApi,
        batch: &[Queued],
        pass: &mut Pass<'_>,
    ) -> Result<(), FieldError> {
        let envelopes = batch.iter().map(|(_, envelope)| envelope.clone()).collect();
        let answers = match api.submit_records(&SubmitRecords { envelopes }).await {
            Ok(answer) => answer.answers,
            Err(error) => {
                let error = FieldError::from(error);
                self.note_batch_failure(batch, &error)?;
                return Err(error);
            }
        };
        fail::fail_point!("sync.after_records_answer");
        if answers.len() != batch.len() {
            let reason = format!("{} answers to {} records", answers.len(), batch.len());
            return Err(ApiError::NotUnderstood(reason).into());
        }
        let mut is_waiting = false;
        for ((id, _), answer) in batch.iter().zip(answers) {
            match answer {
                RecordAnswer::Stored { record } | RecordAnswer::Identical { record } if record != *id => {
                    return Err(ApiError::NotUnderstood(format!("the answer speaks of {record}, not of {id}")).into());
                }
                RecordAnswer::Stored { .. } => {
                    pass.report.submitted += 1;
                    pass.tracker.record_taken();
                    self.acknowledged(*id)?;
                }
                RecordAnswer::Identical { .. } => {
                    pass.report.identical += 1;
                    pass.tracker.record_taken();
                    self.acknowledged(*id)?;
                }
                RecordAnswer::Refused { problem } => {
                    is_waiting |= self.refused(*id, &problem, is_waiting, pass)?;
                }
            }
        }
        Ok(())
    }

    fn acknowledged(&self, id: Sha256) -> Result<(), FieldError> {
        let at = self.now().wall_ms;
        self.store.write(|connection| {
            record::note_attempt(connection, id, "", at)?;
            record::set_state(connection, id, RecordState::PartlySent)
        })
    }

    /// Notes the refusal; true when the record stays in the queue. A broken chain behind a waiting record will mend.
    fn refused(
        &self,
        id: Sha256,
        problem: &Problem,
        is_behind_waiting: bool,
        pass: &mut Pass<'_>,
    ) -> Result<bool, FieldError> {
        let waits = problem.code.is_retryable() || (is_behind_waiting && problem.code == ProblemCode::BrokenChain);
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
}

/// Problems of the message itself, not of the terminal or the service.
fn is_of_the_body(code: ProblemCode) -> bool {
    matches!(code, ProblemCode::Malformed | ProblemCode::TooLarge | ProblemCode::RecordMalformed)
}

/// At most [`MAX_BATCH`] envelopes and about [`MAX_BATCH_BYTES`] a call, oldest first.
fn batches(queue: Vec<Queued>) -> Vec<Vec<Queued>> {
    let mut batches: Vec<Vec<Queued>> = Vec::new();
    let mut bytes = 0;
    for (id, envelope) in queue {
        // In the JSON message every quote of the envelope is escaped.
        let size = envelope.len() + envelope.matches(['"', '\\']).count() + 3;
        let is_full =
            batches.last().is_none_or(|batch| batch.len() >= MAX_BATCH || bytes + size > MAX_BATCH_BYTES - 64);
        if is_full {
            batches.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(batch) = batches.last_mut() {
            batch.push((id, envelope));
        }
    }
    batches
}
