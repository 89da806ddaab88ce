//! One record under review with everything there is: its check, its answers, the ledger rows it was held against, what changed
//! since the revision before and since the last round, and what reviewers said.

use serde::Serialize;
use xunjian_domain::{hash::Sha256, template::Template, text::Text, time::TimestampMs};
use xunjian_proof::{
    difference::{RecordDifference, difference},
    record::Record,
    verification::{SealedBetween, read_record},
};

use super::{
    CosignerView, CountersignatureView, ReviewItem, ReviewStep, ReviewStepReport, ReviewSummary, barred, checks::text,
    review_state, said_views,
};
use crate::{
    Field,
    error::FieldError,
    store::{
        chunk,
        person::Person,
        record,
        review::{self, CountersignatureState},
    },
    trust,
};

/// A record to compare with, and what changed since.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecordSide {
    /// Its id.
    pub id: Sha256,
    /// The record.
    pub record: Record,
    /// What changed from it to the record under review.
    pub difference: RecordDifference,
}

/// A record under review.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReviewRecord {
    /// As in the list, derived anew.
    pub item: ReviewItem,
    /// 校验通过: nothing failed, and everything that must be proved was.
    pub verified: bool,
    /// The check, in the order of its steps.
    pub steps: Vec<ReviewStepReport>,
    /// Who stands behind the log state of its receipt.
    pub cosigners: Vec<CosignerView>,
    /// When it was sealed, as far as that is proved.
    pub sealed_between: SealedBetween,
    /// When it was pulled.
    pub pulled_at: TimestampMs,
    /// SHA-256 of the envelope's bytes.
    pub envelope_sha256: Sha256,
    /// Place of the delivery in the log.
    pub leaf: u64,
    /// The record itself.
    pub record: Record,
    /// The criteria it was walked by, where they are here.
    pub template: Option<Template>,
    /// Photos that are not here.
    pub missing_photos: Vec<Sha256>,
    /// What reviewers said, in the log's order.
    pub countersignatures: Vec<CountersignatureView>,
    /// The revision that this one amends.
    pub amends: Option<RecordSide>,
    /// The same place in the round before.
    pub last_round: Option<RecordSide>,
    /// The later revision that stands in its place.
    pub amended_by: Option<Sha256>,
}

impl Field {
    /// Everything about a pulled record, checked anew from its stored bytes.
    ///
    /// # Errors
    /// [`FieldError::UnknownRecord`], or [`FieldError::Damaged`] when its bytes cannot even be read.
    pub fn review_record(&self, wanted: &str, person: &Person) -> Result<ReviewRecord, FieldError> {
        let id = self.find_review(wanted)?;
        self.store.read(|connection| {
            let pulled = review::get(connection, id)?.ok_or_else(|| FieldError::UnknownRecord(id.to_hex()))?;
            let keyring = trust::keyring(connection)?;
            let mut checked = self.check_review(connection, &pulled, &keyring)?;
            let said =
                said_views(connection, &checked.record, &checked.envelope, pulled.delivered.as_bytes(), &keyring)?;
            checked.steps.push(said_step(&said));
            let verified = checked.failure().is_none()
                && checked.steps.iter().filter(|step| must_pass(step.step)).all(|step| step.passed == Some(true));
            let read = &checked.record.record;
            let delivered_at = checked.sealed_between.latest.unwrap_or(pulled.pulled_at);
            let failure = checked.failure().map(|step| step.text.zh.clone()).unwrap_or_default();
            let summary = ReviewSummary::of(id, read, delivered_at, failure);
            let missing_photos = read
                .evidence
                .iter()
                .map(|photo| photo.sha256)
                .filter(|name| self.photos.verify(name).is_err())
                .collect::<Vec<_>>();
            let amended_by = review::later(connection, &read.visit.id, read.visit.revision)?;
            let counting = said.iter().rev().find(|one| one.failure.is_none());
            let waits = |one: &CountersignatureView| {
                matches!(one.state, CountersignatureState::Queued | CountersignatureState::Stored)
            };
            let item = ReviewItem {
                state: review_state(counting.map(|one| one.verdict), amended_by.is_some()),
                waits: said.iter().any(waits),
                problem: None,
                photos_missing: u32::try_from(missing_photos.len()).unwrap_or(u32::MAX),
                barred: barred(person, &read.inspector.id),
                summary,
            };
            let template = chunk::get(connection, read.template.sha256)?;
            let side = |id: Option<Sha256>| -> Result<Option<RecordSide>, FieldError> {
                let Some(id) = id else { return Ok(None) };
                let Some(other) = review::get(connection, id)? else { return Ok(None) };
                let Ok((_, other)) = read_record(other.envelope.as_bytes()) else { return Ok(None) };
                Ok(Some(RecordSide { id, difference: difference(&other.record, read), record: other.record }))
            };
            let amends = match &read.amends {
                Some(amends) => side(Some(amends.record))?,
                None => None,
            };
            Ok(ReviewRecord {
                item,
                verified,
                cosigners: checked.cosigners,
                sealed_between: checked.sealed_between,
                pulled_at: pulled.pulled_at,
                envelope_sha256: Sha256::of(pulled.envelope.as_bytes()),
                leaf: pulled.log_index,
                template: template.and_then(|bytes| xunjian_proof::jcs::from_bytes(&bytes).ok()),
                missing_photos,
                countersignatures: said,
                amends,
                last_round: side(pulled.earlier)?,
                amended_by,
                steps: checked.steps,
                record: checked.record.record,
            })
        })
    }

    /// What reviewers said of a record sealed here, in the log's order.
    ///
    /// # Errors
    /// [`FieldError::UnknownRecord`].
    pub fn countersignatures(&self, wanted: &str) -> Result<Vec<CountersignatureView>, FieldError> {
        let id = self.find_record(wanted)?;
        self.store.read(|connection| {
            let keyring = trust::keyring(connection)?;
            let envelope = record::envelope(connection, id)?;
            let (envelope, read) =
                read_record(envelope.as_bytes()).map_err(|failure| FieldError::Damaged(failure.to_string()))?;
            let Some(receipt) = record::receipt(connection, id)? else { return Ok(Vec::new()) };
            said_views(connection, &read, &envelope, receipt.delivered.as_bytes(), &keyring)
        })
    }

    /// What changed from one revision sealed here to the next.
    ///
    /// # Errors
    /// [`FieldError::UnknownRecord`]; `None` for a record that amends none.
    pub fn amended_difference(&self, wanted: &str) -> Result<Option<RecordSide>, FieldError> {
        let id = self.find_record(wanted)?;
        self.store.read(|connection| {
            let read = |id: Sha256| -> Result<Record, FieldError> {
                let envelope = record::envelope(connection, id)?;
                let (_, read) =
                    read_record(envelope.as_bytes()).map_err(|failure| FieldError::Damaged(failure.to_string()))?;
                Ok(read.record)
            };
            let later = read(id)?;
            let Some(amends) = &later.amends else { return Ok(None) };
            let record = read(amends.record)?;
            Ok(Some(RecordSide { id: amends.record, difference: difference(&record, &later), record }))
        })
    }
}

/// Without these nothing is 校验通过; the others say what nobody can tell yet.
fn must_pass(step: ReviewStep) -> bool {
    step <= ReviewStep::LogConsistency
}

fn said_step(said: &[CountersignatureView]) -> ReviewStepReport {
    let step = ReviewStep::Countersignatures;
    let is_wrong = |one: &&CountersignatureView| one.failure.is_some() && one.state != CountersignatureState::Refused;
    let wrong = said.iter().find(is_wrong).and_then(|one| one.failure.clone());
    let passed = match (&wrong, said.is_empty()) {
        (Some(_), _) => Some(false),
        (None, true) => None,
        (None, false) => Some(true),
    };
    ReviewStepReport { step, passed, text: text(step), reason: wrong.unwrap_or_else(|| Text::new("", "")) }
}
