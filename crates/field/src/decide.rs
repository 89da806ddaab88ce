//! 裁定: a reviewer says which of several records counts. The case comes as a file, and so does the signed decision go back.
//!
//! What is shown is read from the records' own bytes, each verified with the keys this terminal knows. Whether the person may
//! decide is checked before anything is handed out, and again by the service and by every verifier.

use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, VisitId},
    outcome::Outcome,
    time::TimestampMs,
};
use xunjian_proof::{
    decision::{Decision, DecisionCase, DecisionError, verify_decision},
    statement::Statement as _,
    verification::{read_record, verify_record},
};

use crate::{Field, error::FieldError, keys::Passphrase, trust};

/// A case, side by side.
#[derive(Debug, Clone, Serialize)]
pub struct CaseView {
    /// The visit.
    pub visit: VisitId,
    /// As the plan titles it.
    pub title: String,
    /// The revision that the records claim.
    pub revision: u32,
    /// The records, in the order they reached the service.
    pub records: Vec<CaseRecordView>,
}

/// One record of a case.
#[derive(Debug, Clone, Serialize)]
pub struct CaseRecordView {
    /// The record.
    pub record: Sha256,
    /// Who walked it.
    pub inspector: String,
    /// On which terminal, at which place of its chain.
    pub terminal: String,
    /// Its place there.
    pub sequence: u64,
    /// When it was sealed, by that terminal's clock.
    pub sealed_at: TimestampMs,
    /// When the service received it.
    pub received_at: TimestampMs,
    /// Why it was refused; empty for the one that was taken in.
    pub problem: String,
    /// What of it does not verify here; empty when everything does. A key's revocation is no such thing.
    pub failure: String,
    /// Lines.
    pub lines: usize,
    /// Lines answered 异常.
    pub abnormal: usize,
    /// Findings.
    pub findings: usize,
    /// Photos and other evidence.
    pub evidence: usize,
}

fn parse(case: &[u8]) -> Result<DecisionCase, FieldError> {
    serde_json::from_slice(case).map_err(|error| FieldError::BadInput(error.to_string()))
}

impl Field {
    /// Shows a case.
    ///
    /// # Errors
    /// [`FieldError::BadInput`] for what is no case, [`FieldError::Undecidable`] for one that contradicts itself.
    pub fn decision_case(&self, case: &[u8]) -> Result<CaseView, FieldError> {
        let case = parse(case)?;
        case.candidates()?;
        let keyring = self.store.read(trust::keyring)?;
        let mut title = String::new();
        let mut records = Vec::new();
        for one in &case.records {
            let bytes = one.envelope.as_bytes();
            let (_, read) = read_record(bytes).map_err(DecisionError::from)?;
            let record = &read.record;
            record.visit.title.clone_into(&mut title);
            records.push(CaseRecordView {
                record: read.id,
                inspector: record.inspector.name.clone(),
                terminal: record.terminal.id.to_string(),
                sequence: record.terminal.sequence,
                sealed_at: record.clock.sealed.wall_ms,
                received_at: one.received_at,
                problem: one.problem.clone(),
                failure: verify_record(bytes, &keyring).err().map_or_else(String::new, |failure| failure.to_string()),
                lines: record.lines.len(),
                abnormal: record.lines.iter().filter(|line| line.outcome == Outcome::Abnormal).count(),
                findings: record.findings.len(),
                evidence: record.evidence.len(),
            });
        }
        records.sort_by_key(|record| record.received_at);
        Ok(CaseView { visit: case.visit, title, revision: case.revision, records })
    }

    /// Signs a decision: this record counts, or none. Returns the envelope's canonical text.
    ///
    /// # Errors
    /// [`FieldError::Undecidable`] when the person may not decide or the choice is none of the case,
    /// [`FieldError::PassphraseWrong`].
    pub fn decide(
        &self,
        case: &[u8],
        counts: Option<Sha256>,
        reason: &str,
        person: &PersonId,
        passphrase: &Passphrase,
    ) -> Result<String, FieldError> {
        let case = parse(case)?;
        let signer = self.door.try_keys(person, passphrase, &self.now())?.signer;
        let decision = Decision {
            site: case.site.clone(),
            visit: case.visit.clone(),
            revision: case.revision,
            candidates: case.candidates()?,
            counts,
            reason: reason.trim().to_owned(),
            decided_by: person.clone(),
            at: self.now().wall_ms,
        };
        let envelope = decision.sign(&[&signer]).map_err(DecisionError::from)?;
        let keyring = self.store.read(trust::keyring)?;
        verify_decision(&envelope, &keyring)?;
        String::from_utf8(envelope.to_bytes()).map_err(|error| FieldError::Damaged(error.to_string()))
    }
}
