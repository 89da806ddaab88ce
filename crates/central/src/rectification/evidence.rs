//! The document that a verdict rests on, as the service has it.

use xunjian_domain::{
    hash::Sha256,
    rectification::{Opening, Reinspection},
};
use xunjian_proof::{
    dsse::Envelope,
    ledger_change::ChangeDecision,
    rectification::{Document, RectificationError, RectificationStep, verify_closing},
    statement::Statement as _,
    verification::{self, VerifiedRecord},
};

use crate::{
    db::{Sql, sql},
    error::Error,
};

/// A document that is here: a delivered record, or a logged decision about the ledger.
pub(crate) enum Evidence {
    /// A record.
    Record(Box<VerifiedRecord>),
    /// A decision, with its envelope's hash.
    Change(Sha256, ChangeDecision),
}

impl Evidence {
    /// What a verdict names; `None` when it is not here, or was not delivered or logged.
    ///
    /// # Errors
    /// [`Error::Damaged`] when it cannot be read; [`Error`] of the database.
    pub(crate) fn find(sql: &dyn Sql, reinspection: &Reinspection) -> Result<Option<Self>, Error> {
        let hash = reinspection.document();
        if matches!(reinspection, Reinspection::LedgerChanged { .. }) {
            let Some(row) = sql.first(sql!("log_entry_by_envelope"), &[hash.to_hex().into()])? else { return Ok(None) };
            let decision = ChangeDecision::read(&Envelope::from_bytes(row.bytes(1)?)?)?;
            return Ok(Some(Self::Change(hash, decision)));
        }
        let Some(row) = sql.first(sql!("record_by_id"), &[hash.to_hex().into()])? else { return Ok(None) };
        if sql.first(sql!("delivered_of"), &[hash.to_hex().into()])?.is_none() {
            return Ok(None);
        }
        let (_, read) = verification::read_record(row.bytes(0)?).map_err(|why| Error::Damaged(why.to_string()))?;
        Ok(Some(Self::Record(Box::new(read))))
    }

    /// That it shows what the verdict says it shows.
    ///
    /// # Errors
    /// [`RectificationError::NotShown`] and the others of [`verify_closing`].
    pub(crate) fn check(&self, opening: &Opening, verdict: &RectificationStep) -> Result<(), RectificationError> {
        let document = match self {
            Self::Record(read) => Document::Record(read.id, &read.record),
            Self::Change(hash, decision) => Document::Change(*hash, decision),
        };
        verify_closing(opening, verdict, document).map(drop)
    }
}
