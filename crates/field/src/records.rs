//! Sealed records on this terminal: the list, and the check of one, step by step.

use serde::Serialize;
use xunjian_domain::{hash::Sha256, text::Text, time::TimestampMs};
use xunjian_proof::{
    receipt::Receipt,
    record::Record,
    statement::Delivered,
    verification::{
        Failure, SealedBetween, Step, VerifiedRecord, read_record, sealed_between, verify_receipt, verify_record,
    },
};

use crate::{
    Field,
    error::FieldError,
    store::{
        record::{self, ReceiptRow, RecordRow},
        release,
    },
    trust,
};

/// One line of the list of records.
pub type RecordSummary = RecordRow;

/// One step of checking a record.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StepReport {
    /// Which step.
    pub step: Step,
    /// Whether it passed; `None` where there is nothing to check yet.
    pub passed: Option<bool>,
    /// What it says, for people.
    pub text: Text,
    /// Why it failed.
    pub reason: String,
}

/// A photo of a record.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct BlobDetail {
    /// Its name.
    pub sha256: Sha256,
    /// Its size.
    pub bytes: u64,
    /// Whether the service has it.
    pub sent: bool,
    /// Whether the bytes here still hash to the name.
    pub intact: bool,
    /// Whether the original was removed from here to make room, after the service had proved to have it.
    pub released: bool,
}

/// A record with everything this terminal knows of it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecordDetail {
    /// As in the list.
    pub summary: RecordSummary,
    /// SHA-256 of the envelope's bytes: the leaf the receipt speaks of.
    pub envelope_sha256: Sha256,
    /// The check, in the order of its steps.
    pub steps: Vec<StepReport>,
    /// Its photos.
    pub blobs: Vec<BlobDetail>,
    /// When the receipt was verified here.
    pub receipt_at: Option<TimestampMs>,
    /// When it was sealed, as far as that is proved.
    pub sealed_between: SealedBetween,
    /// The record itself.
    pub record: Record,
}

const STEPS: [Step; 9] = [
    Step::Bytes,
    Step::Consistency,
    Step::InspectorKey,
    Step::InspectorSignature,
    Step::TerminalKey,
    Step::TerminalSignature,
    Step::Delivered,
    Step::Receipt,
    Step::Blobs,
];

impl Field {
    /// Every record of this terminal, in the order of its chain.
    ///
    /// # Errors
    /// When the database fails.
    pub fn records(&self) -> Result<Vec<RecordSummary>, FieldError> {
        self.store.read(record::list)
    }

    /// The record whose id begins with `wanted`, or the newest one of the visit `wanted`.
    ///
    /// # Errors
    /// [`FieldError::UnknownRecord`], also when several fit.
    pub fn find_record(&self, wanted: &str) -> Result<Sha256, FieldError> {
        let found = self.store.read(|connection| record::find(connection, wanted.trim()))?;
        match &found[..] {
            [only] => Ok(*only),
            // Two records of one visit: the newest one.
            [newest, _] if wanted.len() == 36 => Ok(*newest),
            _ => Err(FieldError::UnknownRecord(wanted.to_owned())),
        }
    }

    /// Checks a record from its stored bytes, as a verifier would, with what this terminal knows of keys and log.
    ///
    /// # Errors
    /// [`FieldError::UnknownRecord`], or [`FieldError::Damaged`] when its bytes cannot even be read.
    pub fn verify_local(&self, wanted: &str) -> Result<RecordDetail, FieldError> {
        let id = self.find_record(wanted)?;
        let (summary, envelope, receipt, keyring, blobs, released) = self.store.read(|connection| {
            let summary = record::list(connection)?.into_iter().find(|row| row.id == id);
            let summary = summary.ok_or_else(|| FieldError::UnknownRecord(id.to_hex()))?;
            let receipt = record::receipt(connection, id)?;
            Ok((
                summary,
                record::envelope(connection, id)?,
                receipt,
                trust::keyring(connection)?,
                record::blobs(connection, id)?,
                release::all(connection)?,
            ))
        })?;
        let (_, read) = read_record(envelope.as_bytes()).map_err(|failure| FieldError::Damaged(failure.to_string()))?;
        let blobs: Vec<BlobDetail> = blobs
            .into_iter()
            .map(|blob| BlobDetail {
                sha256: blob.sha256,
                bytes: blob.bytes,
                sent: blob.is_sent,
                intact: self.photos.verify(&blob.sha256).is_ok(),
                released: released.contains(&blob.sha256),
            })
            .collect();
        let mut failure = match verify_record(envelope.as_bytes(), &keyring) {
            Ok(verified) if verified.id != id => {
                Some(Failure { step: Step::Bytes, reason: "the id is another".into() })
            }
            Ok(_) => None,
            Err(failure) => Some(failure),
        };
        let envelope_sha256 = Sha256::of(envelope.as_bytes());
        let mut delivered = None;
        if let (None, Some(row)) = (&failure, &receipt) {
            match check_receipt(&read, envelope_sha256, row, &keyring) {
                Ok(statement) => delivered = Some(statement),
                Err(wrong) => failure = Some(wrong),
            }
        }
        let steps = STEPS.iter().map(|step| step_report(*step, failure.as_ref(), receipt.is_some(), &blobs)).collect();
        Ok(RecordDetail {
            summary,
            envelope_sha256,
            steps,
            blobs,
            receipt_at: receipt.map(|row| row.received_at),
            sealed_between: match &failure {
                // Whose token and clock that is, nobody knows.
                Some(failure) if failure.step < Step::Delivered => SealedBetween::default(),
                _ => sealed_between(&read.record, delivered.as_ref(), &keyring),
            },
            record: read.record,
        })
    }
}

fn check_receipt(
    record: &VerifiedRecord,
    envelope: Sha256,
    row: &ReceiptRow,
    keyring: &xunjian_proof::keyring::Keyring,
) -> Result<Delivered, Failure> {
    let receipt =
        Receipt::parse(&row.receipt).map_err(|error| Failure { step: Step::Receipt, reason: error.to_string() })?;
    verify_receipt(record, envelope, row.delivered.as_bytes(), &receipt, keyring)
}

fn step_report(step: Step, failure: Option<&Failure>, has_receipt: bool, blobs: &[BlobDetail]) -> StepReport {
    let text = step_text(step);
    let (passed, reason) = match (step, failure) {
        (Step::Blobs, _) => {
            // Released originals cannot be checked here any more; the receipt above speaks for them.
            let broken = blobs.iter().find(|blob| !blob.intact && !blob.released);
            let is_any_here = blobs.is_empty() || blobs.iter().any(|blob| !blob.released || blob.intact);
            let passed = is_any_here.then_some(broken.is_none());
            (passed, broken.map(|blob| blob.sha256.to_hex()).unwrap_or_default())
        }
        (Step::Delivered | Step::Receipt, _) if !has_receipt => (None, String::new()),
        (_, Some(failure)) if failure.step == step => (Some(false), failure.reason.clone()),
        (_, Some(failure)) if failure.step < step => (None, String::new()),
        _ => (Some(true), String::new()),
    };
    StepReport { step, passed, text, reason }
}

fn step_text(step: Step) -> Text {
    match step {
        Step::Bytes => Text::new("记录字节为规范格式", "the record's bytes are canonical"),
        Step::Consistency => Text::new("记录内部前后一致", "the record is consistent in itself"),
        Step::InspectorKey => Text::new("巡检人员密钥经站点根确认", "the root vouches for the inspector's key"),
        Step::InspectorSignature => Text::new("巡检人员签名正确", "the inspector's signature is right"),
        Step::TerminalKey => Text::new("终端密钥经站点根确认", "the root vouches for the terminal's key"),
        Step::TerminalSignature => Text::new("终端签名正确", "the terminal's signature is right"),
        Step::Delivered => Text::new("服务端声明记录和照片已全部入库", "the service declared record and photos stored"),
        Step::Receipt => Text::new("声明已写入存证日志", "the log holds that declaration"),
        Step::Blobs => Text::new("本机照片与哈希一致", "the photos here hash to their names"),
    }
}
