//! Reviews: countersignatures up, records under review and what was said of them down. Every leaf that comes is held against its
//! receipt and the log this terminal knows, before it is stored.
//!
//! Order of effects: countersignatures go up first, so that the same run may bring their receipts. What came down, the log state
//! it stands on and where to go on are one transaction; a run that breaks goes on from there.

use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    dsse::Envelope,
    keyring::Keyring,
    receipt::Receipt,
    statement::{Countersignature, Revocation, Statement as _},
    verification::{Failure, VerifiedRecord, read_record},
};
use xunjian_protocol::{
    ApiError, SyncApi,
    problem::ProblemCode,
    review::{
        CountersignatureAnswer, DeliveredRecord, LoggedLeaf, ReviewEntry, ReviewsAnswer, ReviewsRequest,
        SubmitCountersignatures,
    },
};

use super::{Pass, SyncFault};
use crate::{
    Field,
    error::FieldError,
    log_watch::LogWatch,
    pull::{newest_token, put_log_state},
    review::{ReviewSummary, proved},
    store::{
        log,
        review::{self, CountersignatureState, Place, PulledRecord},
        terminal,
    },
    trust,
};

/// Countersignatures in one call.
const AT_ONCE: usize = 100;

/// Where to go on asking.
const AFTER: &str = "reviews.after";

fn refused(part: &str, reason: impl ToString) -> FieldError {
    FieldError::PackageRefused { part: part.to_owned(), reason: reason.to_string() }
}

/// A record that came, checked.
struct Came {
    pulled: PulledRecord,
    read: VerifiedRecord,
    summary: ReviewSummary,
    is_due: bool,
}

/// What an answer brought, checked and ready to be stored.
#[derive(Default)]
struct Batch {
    records: Vec<Came>,
    said: Vec<(LoggedLeaf, Countersignature, u64)>,
    revocations: Vec<(xunjian_proof::suite::KeyId, u64)>,
}

impl Field {
    /// Sends what was signed here and fetches what came since.
    pub(super) async fn exchange_reviews(&self, api: &impl SyncApi, pass: &mut Pass<'_>) -> Result<(), FieldError> {
        if !self.send_countersignatures(api, pass).await? {
            return Ok(());
        }
        self.fetch_reviews(api, pass).await
    }

    /// Whether the service knows of reviews at all.
    async fn send_countersignatures(&self, api: &impl SyncApi, pass: &mut Pass<'_>) -> Result<bool, FieldError> {
        let queued = self.store.read(review::queued)?;
        for some in queued.chunks(AT_ONCE) {
            let envelopes = some.iter().map(|(_, envelope)| envelope.clone()).collect();
            let Some(answer) = api.countersign(&SubmitCountersignatures { envelopes }).await? else { return Ok(false) };
            if answer.answers.len() != some.len() {
                let reason = format!("{} answers for {} countersignatures", answer.answers.len(), some.len());
                return Err(ApiError::NotUnderstood(reason).into());
            }
            fail::fail_point!("review.after_answer");
            for ((sha256, _), answer) in some.iter().zip(answer.answers) {
                self.note_answer(*sha256, answer, pass)?;
            }
        }
        Ok(true)
    }

    fn note_answer(
        &self,
        sha256: Sha256,
        answer: CountersignatureAnswer,
        pass: &mut Pass<'_>,
    ) -> Result<(), FieldError> {
        let problem = match answer {
            CountersignatureAnswer::Stored { .. } | CountersignatureAnswer::Identical { .. } => {
                pass.report.countersigned += 1;
                let stored = CountersignatureState::Stored;
                return self.store.write(|connection| review::set_said_state(connection, sha256, stored, None));
            }
            CountersignatureAnswer::Refused { problem } => problem,
        };
        let may_pass = problem.code.is_retryable() || problem.code == ProblemCode::KeyNotApproved;
        if !may_pass {
            let refused = CountersignatureState::Refused;
            self.store.write(|connection| review::set_said_state(connection, sha256, refused, Some(&problem)))?;
        }
        let fault = SyncFault::of(&FieldError::Api(ApiError::Problem(Box::new(problem))));
        pass.report.errors.push(SyncFault { retryable: may_pass, ..fault });
        Ok(())
    }

    async fn fetch_reviews(&self, api: &impl SyncApi, pass: &mut Pass<'_>) -> Result<(), FieldError> {
        let mut after = self.store.read(|connection| terminal::setting(connection, AFTER))?;
        loop {
            let from = after.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0);
            let Some(answer) = api.reviews(&ReviewsRequest { after: from }).await? else { return Ok(()) };
            // An answer that leads nowhere must not be asked for again and again.
            let more = answer.more && answer.next > from;
            let next = answer.next.to_string();
            self.take_reviews(api, answer, &next, pass).await?;
            after = Some(next);
            if !more {
                return Ok(());
            }
        }
    }

    async fn take_reviews(
        &self,
        api: &impl SyncApi,
        answer: ReviewsAnswer,
        next: &str,
        pass: &mut Pass<'_>,
    ) -> Result<(), FieldError> {
        let keyring = self.store.read(trust::keyring)?;
        let mut watch = LogWatch::new(&keyring, self.store.read(log::checkpoint)?);
        let mut batch = Batch::default();
        for leaf in answer.revocations {
            let envelope =
                Envelope::from_bytes(leaf.envelope.as_bytes()).map_err(|error| refused("revocation", error))?;
            let revocation = Revocation::read(&envelope).map_err(|error| refused("revocation", error))?;
            let index = logged(api, &leaf, &keyring, &mut watch, "revocation").await?;
            batch.revocations.push((revocation.key, index));
        }
        for entry in answer.entries {
            match entry {
                ReviewEntry::Record { record, earlier } => {
                    let before = match earlier {
                        Some(earlier) => Some(self.came(api, *earlier, None, &keyring, &mut watch).await?),
                        None => None,
                    };
                    let earlier = before.as_ref().map(|one| one.pulled.id);
                    let one = self.came(api, *record, Some(earlier), &keyring, &mut watch).await?;
                    batch.records.extend(before);
                    batch.records.push(one);
                    pass.report.reviews_fetched += 1;
                }
                ReviewEntry::Countersignature { leaf } => {
                    let part = "countersignature";
                    let envelope =
                        Envelope::from_bytes(leaf.envelope.as_bytes()).map_err(|error| refused(part, error))?;
                    let said = Countersignature::read(&envelope).map_err(|error| refused(part, error))?;
                    let index = logged(api, &leaf, &keyring, &mut watch, part).await?;
                    batch.said.push((leaf, said, index));
                }
            }
        }
        let now = self.now();
        self.store.write(|connection| {
            put_log_state(connection, &watch, [newest_token(&watch, &now)])?;
            for (key, index) in &batch.revocations {
                review::put_revocation(connection, key, *index)?;
            }
            for one in &batch.records {
                let record = &one.read.record;
                let place = Place {
                    visit: &record.visit.id,
                    revision: record.visit.revision,
                    terminal: &record.terminal.id,
                    sequence: record.terminal.sequence,
                    is_due: one.is_due,
                };
                review::put(connection, &one.pulled, &place, &one.summary)?;
            }
            for (leaf, said, index) in &batch.said {
                review::put_logged(connection, &leaf.envelope, said, (&leaf.receipt, *index))?;
            }
            terminal::put_setting(connection, AFTER, next)
        })
    }

    /// A record with its proofs. One that does not verify is kept all the same, with the step that failed: a reviewer is to see it.
    async fn came(
        &self,
        api: &impl SyncApi,
        came: DeliveredRecord,
        due: Option<Option<Sha256>>,
        keyring: &Keyring,
        watch: &mut LogWatch,
    ) -> Result<Came, FieldError> {
        let (_, read) = read_record(came.record.envelope.as_bytes()).map_err(|failure| refused("record", failure))?;
        let index = logged(api, &came.delivered, keyring, watch, "delivery").await?;
        logged(api, &came.record, keyring, watch, "record").await?;
        let pulled = PulledRecord {
            id: read.id,
            earlier: due.flatten(),
            envelope: came.record.envelope,
            record_receipt: came.record.receipt,
            delivered: came.delivered.envelope,
            receipt: came.delivered.receipt,
            log_index: index,
            pulled_at: self.now().wall_ms,
        };
        let (delivered_at, failure) = match proved(&pulled, keyring) {
            Ok((_, delivered, _)) => (delivered.stored_at, String::new()),
            Err(failure @ Failure { .. }) => (pulled.pulled_at, failure.to_string()),
        };
        let summary = ReviewSummary::of(read.id, &read.record, delivered_at, failure);
        Ok(Came { pulled, read, summary, is_due: due.is_some() })
    }
}

/// The place of a leaf in the log, once its receipt and the log state under it hold.
async fn logged(
    api: &impl SyncApi,
    leaf: &LoggedLeaf,
    keyring: &Keyring,
    watch: &mut LogWatch,
    part: &str,
) -> Result<u64, FieldError> {
    let receipt = Receipt::parse(&leaf.receipt).map_err(|error| refused(part, error))?;
    keyring.verify_receipt(leaf.envelope.as_bytes(), &receipt).map_err(|error| refused(part, error))?;
    watch.compare(api, &receipt.checkpoint).await?;
    Ok(receipt.index)
}
