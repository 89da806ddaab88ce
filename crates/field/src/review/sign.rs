//! 复核签名: accepting one record or many, returning one with reasons, and fetching photos to look at.
//!
//! Order of effects: the record is checked anew, the statement signed and held against the rules, and only then stored; what is
//! stored waits in the outbox until the log's receipt for it is here. A crash before the row leaves nothing; after it, the
//! countersignature goes up with the next synchronisation.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, ids::PersonId, text::Language};
use xunjian_proof::{
    keyring::Keyring,
    merkle,
    review::{LogOrder, Reviewed as Under, verify_countersignature},
    statement::{Countersignature, ReviewVerdict, Statement as _},
    suite::Ed25519Signer,
};
use xunjian_protocol::SyncApi;

use super::checks::Checked;
use crate::{
    Field,
    error::FieldError,
    http::HttpClient,
    ipc::IpcError,
    keys::Passphrase,
    store::{
        person::Person,
        review::{self, PulledRecord},
    },
    trust,
};

/// Why a record goes back.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct NewReturn {
    /// What is wrong in which line, by the line's number.
    #[serde(default)]
    pub lines: BTreeMap<u32, String>,
    /// What else there is to say.
    #[serde(default)]
    pub comment: String,
}

/// What became of one of several records.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Reviewed {
    /// The record.
    pub record: Sha256,
    /// As the plan titles it.
    pub title: String,
    /// The countersignature, where one was signed.
    pub countersignature: Option<Sha256>,
    /// Why none was; nothing changed then.
    pub error: Option<IpcError>,
}

/// A verdict with its words.
struct Words<'a> {
    verdict: ReviewVerdict,
    lines: BTreeMap<String, String>,
    comment: &'a str,
}

impl Field {
    /// Accepts records, one or many, with one passphrase. Each is checked anew and stands for itself: one that cannot be
    /// accepted does not stop the others.
    ///
    /// # Errors
    /// [`FieldError::PassphraseWrong`] and what else concerns all of them; nothing is signed then.
    pub fn countersign(
        &self,
        records: &[Sha256],
        comment: &str,
        person: &PersonId,
        passphrase: &Passphrase,
    ) -> Result<Vec<Reviewed>, FieldError> {
        let (person, signer) = self.reviewer(person, passphrase)?;
        let accept = |record: &Sha256| {
            let words = Words { verdict: ReviewVerdict::Accepted, lines: BTreeMap::new(), comment };
            let signed = self.say(*record, &person, &signer, words);
            let title = self.title_of(*record);
            match signed {
                Ok(said) => Reviewed { record: *record, title, countersignature: Some(said), error: None },
                Err(error) => Reviewed { record: *record, title, countersignature: None, error: Some(error.into()) },
            }
        };
        Ok(records.iter().map(accept).collect())
    }

    /// 退回: returns a record with reasons, line by line.
    ///
    /// # Errors
    /// [`FieldError::ReviewRefused`] when a rule forbids it (no reason, one's own record), [`FieldError::RecordFails`] when the
    /// record does not verify, [`FieldError::PassphraseWrong`].
    pub fn return_record(
        &self,
        record: Sha256,
        reasons: &NewReturn,
        person: &PersonId,
        passphrase: &Passphrase,
    ) -> Result<Sha256, FieldError> {
        let (person, signer) = self.reviewer(person, passphrase)?;
        let lines = reasons.lines.iter().map(|(no, reason)| (no.to_string(), reason.trim().to_owned())).collect();
        let words = Words { verdict: ReviewVerdict::Returned, lines, comment: &reasons.comment };
        self.say(record, &person, &signer, words)
    }

    fn reviewer(&self, person: &PersonId, passphrase: &Passphrase) -> Result<(Person, Ed25519Signer), FieldError> {
        let person = self.person(Some(person.as_str()))?;
        let signer = self.door.try_keys(&person.id, passphrase, &self.now())?.signer;
        Ok((person, signer))
    }

    fn title_of(&self, record: Sha256) -> String {
        let pulled = self.store.read(|connection| review::get(connection, record)).ok().flatten();
        let read = pulled.and_then(|one| xunjian_proof::verification::read_record(one.envelope.as_bytes()).ok());
        read.map_or_else(|| record.short(), |(_, read)| read.record.visit.title)
    }

    fn say(
        &self,
        record: Sha256,
        person: &Person,
        signer: &Ed25519Signer,
        words: Words<'_>,
    ) -> Result<Sha256, FieldError> {
        let now = self.now();
        self.store
            .write(|connection| {
                let keyring = trust::keyring(connection)?;
                let pulled =
                    review::get(connection, record)?.ok_or_else(|| FieldError::UnknownRecord(record.to_hex()))?;
                let checked = self.check_review(connection, &pulled, &keyring)?;
                refuse_failing(&checked)?;
                refuse_amended(connection, &checked)?;
                let said = Countersignature {
                    site: checked.record.record.site.clone(),
                    record,
                    revision: checked.record.record.visit.revision,
                    delivered_leaf: merkle::leaf_hash(pulled.delivered.as_bytes()),
                    reviewer: person.id.clone(),
                    party: person.party.id.clone(),
                    verdict: words.verdict,
                    lines: words.lines,
                    comment: words.comment.trim().to_owned(),
                    at: now.wall_ms,
                };
                let envelope = sign(&said, signer, &pulled, &checked, &keyring)?;
                let sha256 = review::queue(connection, &envelope, &said)?;
                fail::fail_point!("review.before_queue");
                Ok(sha256)
            })
            .inspect(|_| fail::fail_point!("review.after_queue"))
    }

    /// As [`Self::fetch_review_photos`], from the service this terminal enrolled at.
    ///
    /// # Errors
    /// As [`Self::fetch_review_photos`].
    pub async fn fetch_photos_of(&self, record: Sha256, language: Language) -> Result<u32, FieldError> {
        let client = HttpClient::of(self, &self.service_url()?, language)?;
        self.fetch_review_photos(&client, record).await
    }

    /// Fetches the photos of a record that are not here; how many came.
    ///
    /// # Errors
    /// [`FieldError::UnknownRecord`], or when the service cannot be reached or the disk is full.
    pub async fn fetch_review_photos(&self, api: &impl SyncApi, record: Sha256) -> Result<u32, FieldError> {
        let pulled = self.store.read(|connection| review::get(connection, record))?;
        let pulled = pulled.ok_or_else(|| FieldError::UnknownRecord(record.to_hex()))?;
        let (_, read) = xunjian_proof::verification::read_record(pulled.envelope.as_bytes())
            .map_err(|failure| FieldError::Damaged(failure.to_string()))?;
        let mut fetched = 0;
        for photo in read.record.evidence {
            if self.photos.verify(&photo.sha256).is_ok() {
                continue;
            }
            let bytes = api.review_photo(photo.sha256).await?;
            if Sha256::of(&bytes) != photo.sha256 || bytes.len() as u64 != photo.bytes {
                let reason = format!("{} does not hash to its name", photo.sha256);
                return Err(FieldError::PackageRefused { part: "photo".to_owned(), reason });
            }
            let is_table = photo.media_type == "text/csv";
            let _turn = self.photo_turn.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            self.photos.store_evidence(&bytes, if is_table { "table.csv" } else { "photo" }, is_table)?;
            let now = self.now().wall_ms;
            self.store.write(|connection| review::put_photo(connection, photo.sha256, photo.bytes, now))?;
            fetched += 1;
        }
        Ok(fetched)
    }
}

/// Nothing that fails is signed, for or against: what failed is told with the step.
fn refuse_failing(checked: &Checked) -> Result<(), FieldError> {
    match checked.failure() {
        Some(step) => Err(FieldError::RecordFails {
            record: checked.record.id,
            step: step.text.clone(),
            reason: step.reason.en.clone(),
        }),
        None => Ok(()),
    }
}

fn refuse_amended(connection: &Connection, checked: &Checked) -> Result<(), FieldError> {
    let visit = &checked.record.record.visit;
    match review::later(connection, &visit.id, visit.revision)? {
        Some(later) => Err(FieldError::RecordAmended(later)),
        None => Ok(()),
    }
}

fn sign(
    said: &Countersignature,
    signer: &Ed25519Signer,
    pulled: &PulledRecord,
    checked: &Checked,
    keyring: &Keyring,
) -> Result<String, FieldError> {
    let envelope = said.sign(&[signer])?;
    let under = Under { record: &checked.record, envelope: &checked.envelope, delivered: pulled.delivered.as_bytes() };
    verify_countersignature(&envelope, under, keyring, LogOrder::Unproved)?;
    String::from_utf8(envelope.to_bytes()).map_err(|error| FieldError::Damaged(error.to_string()))
}
