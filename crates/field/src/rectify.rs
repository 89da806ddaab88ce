//! 整改: somebody is shown how a rectification stands, and signs the next step. The case comes as a file, and so does the signed
//! step go back.
//!
//! What is shown is folded from the steps' own bytes, each verified with the keys this terminal knows, and so is every document
//! that is to show that the problem is put right. Whether the person may sign is checked before anything is handed out, and
//! again by the service and by every verifier.

use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    ids::PersonId,
    rectification::{Progress, Reinspection, Step, StepError},
    text::Text,
    time::TimestampMs,
};
use xunjian_proof::{
    dsse::Envelope,
    keyring::Keyring,
    ledger_change::{ChangeDecision, verify_change},
    rectification::{
        CaseEvidence, Document, History, RectificationCase, RectificationError, RectificationStep, Shown, Signatory,
        examine, verify_closing, verify_step,
    },
    statement::Statement as _,
    verification::verify_record,
};

use crate::{Field, error::FieldError, keys::Passphrase, trust};

/// A case, as whoever signs sees it.
#[derive(Debug, Clone, Serialize)]
pub struct RectificationView {
    /// What it is known by.
    pub id: Sha256,
    /// How it stands.
    pub progress: Progress,
    /// The steps so far.
    pub steps: Vec<StepView>,
    /// What may show that it is put right, the newest last.
    pub evidence: Vec<EvidenceView>,
}

/// One step.
#[derive(Debug, Clone, Serialize)]
pub struct StepView {
    /// What it is.
    pub title: Text,
    /// Who signed it.
    pub by: String,
    /// When, by the signer's clock.
    pub at: TimestampMs,
}

/// A piece of evidence, verified.
#[derive(Debug, Clone, Serialize)]
pub struct EvidenceView {
    /// What it is.
    pub reinspection: Reinspection,
    /// What it shows.
    pub shown: Shown,
}

/// What a person says next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// 提交整改: what was done.
    Submit(String),
    /// 使用方确认: what there is to say.
    Acknowledge(String),
    /// 通过, on the evidence of the document whose hash begins so; on the newest without it.
    Accept {
        /// The beginning of the document's hash; may be empty.
        evidence: String,
        /// What else there is to say.
        comment: String,
    },
    /// 退回: why.
    Reject(String),
}

/// A case that was verified.
struct Read {
    history: History,
    steps: Vec<StepView>,
    evidence: Vec<(CaseEvidence, EvidenceView)>,
}

fn not_shown(why: &'static str) -> FieldError {
    RectificationError::NotShown(why).into()
}

fn read(file: &[u8], keyring: &Keyring) -> Result<Read, FieldError> {
    let case: RectificationCase =
        serde_json::from_slice(file).map_err(|error| FieldError::BadInput(error.to_string()))?;
    if case.site != keyring.root().site {
        return Err(RectificationError::Foreign.into());
    }
    let mut history: Option<History> = None;
    let mut steps = Vec::new();
    for text in &case.steps {
        let envelope = Envelope::from_bytes(text.as_bytes()).map_err(RectificationError::from)?;
        let (said, holder) = verify_step(&envelope, keyring)?;
        steps.push(StepView { title: said.step.title(), by: holder.holder_name.clone(), at: said.at });
        match &mut history {
            Some(history) => history.take(&said, envelope.sha256(), said.at)?,
            None => history = Some(History::begin(&said, envelope.sha256(), said.at)?),
        }
    }
    let history = history.ok_or(RectificationError::Step(StepError::NotTheBeginning))?;
    let evidence = case
        .evidence
        .into_iter()
        .map(|one| {
            let shown = with_document(&one, keyring, |document| {
                examine(&history.progress.opening, &one.reinspection, document)
            })?;
            let view = EvidenceView { reinspection: one.reinspection.clone(), shown };
            Ok((one, view))
        })
        .collect::<Result<_, FieldError>>()?;
    Ok(Read { history, steps, evidence })
}

/// Reads and verifies the document of a piece of evidence.
fn with_document<T>(
    one: &CaseEvidence,
    keyring: &Keyring,
    work: impl FnOnce(Document<'_>) -> Result<T, RectificationError>,
) -> Result<T, FieldError> {
    let bytes = one.envelope.as_bytes();
    if matches!(one.reinspection, Reinspection::LedgerChanged { .. }) {
        let envelope = Envelope::from_bytes(bytes).map_err(RectificationError::from)?;
        let (decision, _): (ChangeDecision, _) = verify_change(&envelope, keyring)?;
        return Ok(work(Document::Change(envelope.sha256(), &decision))?);
    }
    let record = verify_record(bytes, keyring).map_err(|_| not_shown("the record does not verify"))?;
    Ok(work(Document::Record(record.id, &record.record))?)
}

impl Field {
    /// Shows a case.
    ///
    /// # Errors
    /// [`FieldError::BadInput`] for what is none, [`FieldError::Unrectifiable`] for one that does not verify.
    pub fn rectification_case(&self, file: &[u8]) -> Result<RectificationView, FieldError> {
        let read = read(file, &self.store.read(trust::keyring)?)?;
        Ok(RectificationView {
            id: read.history.id,
            progress: read.history.progress,
            steps: read.steps,
            evidence: read.evidence.into_iter().map(|(_, view)| view).collect(),
        })
    }

    /// Signs the next step. Returns the envelope's canonical text.
    ///
    /// # Errors
    /// [`FieldError::Unrectifiable`] when the person may not sign it or it cannot follow, [`FieldError::PassphraseWrong`].
    pub fn sign_rectification(
        &self,
        file: &[u8],
        next: NextStep,
        person: &PersonId,
        passphrase: &Passphrase,
    ) -> Result<String, FieldError> {
        let keyring = self.store.read(trust::keyring)?;
        let Read { mut history, evidence, .. } = read(file, &keyring)?;
        let signer = self.door.try_keys(person, passphrase, &self.now())?.signer;
        let mut chosen = None;
        let step = match next {
            NextStep::Submit(done) => Step::Submitted { done: done.trim().to_owned() },
            NextStep::Acknowledge(text) => {
                let who = self.person(Some(person.as_str()))?.name;
                Step::Acknowledged { who, channel: "签名".to_owned(), text: text.trim().to_owned() }
            }
            NextStep::Reject(reason) => Step::Rejected { reason: reason.trim().to_owned() },
            NextStep::Accept { evidence: beginning, comment } => {
                let fits = |one: &&(CaseEvidence, EvidenceView)| {
                    one.0.reinspection.document().to_hex().starts_with(&beginning)
                };
                let one = evidence.iter().rfind(fits);
                let (one, _) = one
                    .ok_or_else(|| not_shown("the case holds no such evidence: look at it again on the spot first"))?;
                chosen = Some(one);
                Step::Accepted { reinspection: one.reinspection.clone(), comment: comment.trim().to_owned() }
            }
        };
        let opening = history.progress.opening.clone();
        let said = RectificationStep {
            site: keyring.root().site.clone(),
            round: opening.round.clone(),
            rectification: history.id,
            previous: Some(history.last),
            step,
            by: Signatory::Person { person: person.clone() },
            at: self.now().wall_ms,
        };
        let envelope = said.sign(&[&signer]).map_err(RectificationError::from)?;
        verify_step(&envelope, &keyring)?;
        if let Some(one) = chosen {
            with_document(one, &keyring, |document| verify_closing(&opening, &said, document))?;
        }
        history.take(&said, envelope.sha256(), said.at)?;
        String::from_utf8(envelope.to_bytes()).map_err(|error| FieldError::Damaged(error.to_string()))
    }
}
