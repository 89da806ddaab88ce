//! Receipts down: verified against the record, the keys and the log before a record counts as delivered.

use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    keyring::Keyring,
    receipt::Receipt,
    verification::{read_record, verify_receipt},
};
use xunjian_protocol::{
    ApiError, SyncApi,
    record::{DeliveryState, ReceiptsRequest},
};

use super::{Pass, SyncFault};
use crate::{
    Field,
    error::{Code, FieldError},
    log_watch::LogWatch,
    pull::{newest_token, put_log_state},
    store::{
        log,
        record::{self, ReceiptRow},
    },
    trust,
};

/// Records in one question.
pub(super) const ASK_AT_ONCE: usize = 100;

/// Whose receipts to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// Of records whose photos have all gone up, while others still go.
    Complete,
    /// Of all that the service has: it says what it lacks.
    All,
}

/// What asking led to.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    delivered: u64,
    errors: Vec<SyncFault>,
    forgotten: Vec<Sha256>,
}

impl Pass<'_> {
    pub(super) fn take(&mut self, fetched: Fetched) {
        self.report.delivered += fetched.delivered;
        self.report.errors.extend(fetched.errors);
        for id in fetched.forgotten {
            if !self.forgotten.contains(&id) {
                self.forgotten.push(id);
            }
        }
    }
}

impl Field {
    pub(super) async fn fetch_receipts(&self, api: &impl SyncApi, pass: &mut Pass<'_>) -> Result<(), FieldError> {
        pass.take(self.ask_for_receipts(api, Which::All).await?);
        Ok(())
    }

    /// Asks, verifies and stores, beside whatever else goes on.
    pub(super) async fn ask_for_receipts(&self, api: &impl SyncApi, which: Which) -> Result<Fetched, FieldError> {
        let mut fetched = Fetched::default();
        let waiting = self.store.read(|connection| match which {
            Which::Complete => record::awaiting_receipt_complete(connection),
            Which::All => record::awaiting_receipt(connection),
        })?;
        if waiting.is_empty() {
            return Ok(fetched);
        }
        let keyring = self.store.read(trust::keyring)?;
        let mut watch = LogWatch::new(&keyring, self.store.read(log::checkpoint)?);
        for some in waiting.chunks(ASK_AT_ONCE) {
            let states = api.receipts(&ReceiptsRequest { records: some.to_vec() }).await?.states;
            if states.len() != some.len() {
                let reason = format!("{} states for {} records", states.len(), some.len());
                return Err(ApiError::NotUnderstood(reason).into());
            }
            for (id, state) in some.iter().zip(states) {
                match state {
                    DeliveryState::Unknown => fetched.forgotten.push(*id),
                    DeliveryState::Pending { missing } => self.missing(&missing)?,
                    DeliveryState::Delivered { delivered, receipt } => {
                        self.take_receipt(api, *id, (delivered, receipt), &keyring, &mut watch, &mut fetched).await?;
                    }
                }
            }
        }
        Ok(fetched)
    }

    /// The service lacks photos that it had acknowledged: they go up again.
    fn missing(&self, blobs: &[Sha256]) -> Result<(), FieldError> {
        if blobs.is_empty() {
            return Ok(());
        }
        self.store.write(|connection| blobs.iter().try_for_each(|blob| record::set_blob_sent(connection, *blob, false)))
    }

    async fn take_receipt(
        &self,
        api: &impl SyncApi,
        id: Sha256,
        (delivered, receipt): (String, String),
        keyring: &Keyring,
        watch: &mut LogWatch,
        fetched: &mut Fetched,
    ) -> Result<(), FieldError> {
        let envelope = self.store.read(|connection| record::envelope(connection, id))?;
        let checked = match check(&envelope, &delivered, &receipt, keyring) {
            Ok(checked) => checked,
            Err(reason) => {
                // Not delivered, whatever the service says. The record stays where it is.
                let error = FieldError::PackageRefused { part: "receipt".to_owned(), reason };
                self.note(id, &error)?;
                let fault = SyncFault { code: Code::Integrity, ..SyncFault::of(&error) };
                fetched.errors.push(fault.about(Some(id), None));
                return Ok(());
            }
        };
        if let Err(error) = watch.compare(api, &checked.checkpoint).await {
            if matches!(error, FieldError::LogInconsistent(_)) {
                self.note(id, &error)?;
            }
            return Err(error);
        }
        let now = self.now();
        fail::fail_point!("sync.before_receipt_store");
        self.store.write(|connection| {
            put_log_state(connection, watch, [newest_token(watch, &now)])?;
            for blob in record::blobs(connection, id)? {
                record::set_blob_sent(connection, blob.sha256, true)?;
            }
            record::put_receipt(connection, id, &ReceiptRow { delivered, receipt, received_at: now.wall_ms })
        })?;
        fail::fail_point!("sync.after_receipt_store");
        fetched.delivered += 1;
        Ok(())
    }

    fn note(&self, id: Sha256, error: &FieldError) -> Result<(), FieldError> {
        let (at, text) = (self.now().wall_ms, error.text().zh);
        self.store.write(|connection| record::note_error(connection, id, &text, at))
    }
}

/// Whether a receipt kept here proves that the service has the record with all its photos.
pub(crate) fn is_receipt(envelope: &str, row: &ReceiptRow, keyring: &Keyring) -> bool {
    check(envelope, &row.delivered, &row.receipt, keyring).is_ok()
}

pub(super) fn check(envelope: &str, delivered: &str, receipt: &str, keyring: &Keyring) -> Result<Receipt, String> {
    let (_, record) = read_record(envelope.as_bytes()).map_err(|failure| failure.to_string())?;
    let receipt = Receipt::parse(receipt).map_err(|error| error.to_string())?;
    verify_receipt(&record, Sha256::of(envelope.as_bytes()), delivered.as_bytes(), &receipt, keyring)
        .map_err(|failure| failure.to_string())?;
    // A cosigner nobody here knows yet may be a new witness, and proves nothing; one whose line is wrong was tampered with, and
    // every verifier would say so of what is kept here.
    match keyring.cosignatures(&receipt.checkpoint).wrong.first() {
        Some(name) => Err(format!("the cosignature of “{name}” on its checkpoint is wrong")),
        None => Ok(receipt),
    }
}
