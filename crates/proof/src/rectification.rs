//! 整改: each step a signed statement and a leaf of the log, linked to the one before; who may sign which; and whether evidence
//! shows what it is said to show.
//!
//! The service signs what it does itself: 立项, 分派, 催办, 反馈, and the confirmation of somebody who has no key. A person signs
//! what only a person can stand by: 提交整改 by whom it is assigned to, 确认 by the 使用方's contact, 通过 and 退回 by a reviewer
//! of 监理方 or 管理方 who neither found it, nor worked on it, nor looked at it again.

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, RoundId, SiteId},
    party::{PartyKind, Role},
    reconciliation::{SightedBy, Verdict},
    rectification::{Opening, Progress, Reinspection, Source, Step, StepError},
    time::TimestampMs,
    visit::{FollowUpState, NoPhoto},
};

use crate::{
    dsse::{Envelope, EnvelopeError},
    keyring::{Keyring, KeyringError},
    ledger_change::ChangeDecision,
    record::Record,
    statement::{HolderKind, KeyStatement, Statement, StatementError},
};

/// Who stands by a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Signatory {
    /// The service, for whoever acted there.
    Service {
        /// An account, or `xunjian` on the service's machine.
        actor: String,
    },
    /// A person, with a key of their own.
    Person {
        /// The person.
        person: PersonId,
    },
}

/// 整改步骤.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RectificationStep {
    /// The site.
    pub site: SiteId,
    /// The round it was found in.
    pub round: RoundId,
    /// What it is known by: [`Source::id`].
    pub rectification: Sha256,
    /// SHA-256 of the envelope of the step before; `None` for the opening.
    pub previous: Option<Sha256>,
    /// The step.
    pub step: Step,
    /// Who stands by it.
    pub by: Signatory,
    /// When, by the signer's clock.
    pub at: TimestampMs,
}

impl Statement for RectificationStep {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.rectification.v1+json";
}

/// What travels to a person who is to sign the next step: everything that was said so far, and the documents that may serve as
/// evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RectificationCase {
    /// The site.
    pub site: SiteId,
    /// The steps so far, each an envelope's canonical text, in order.
    pub steps: Vec<String>,
    /// What the service found that may show that it is put right.
    pub evidence: Vec<CaseEvidence>,
}

/// A piece of evidence with the document it stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseEvidence {
    /// What it is.
    pub reinspection: Reinspection,
    /// The record's or decision's envelope, canonical text.
    pub envelope: String,
}

/// Why a step does not count.
#[derive(Debug, thiserror::Error)]
pub enum RectificationError {
    /// It cannot be read.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The signature is wrong.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The key does not count.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// It cannot follow the steps before.
    #[error(transparent)]
    Step(#[from] StepError),
    /// Of another site, round or rectification.
    #[error("it belongs to another site, round or rectification")]
    Foreign,
    /// Somebody said something in between, or it was signed twice.
    #[error("it follows {named:?}, but the last step is {last:?}")]
    OutOfOrder {
        /// The step it names.
        named: Option<Sha256>,
        /// The last one.
        last: Option<Sha256>,
    },
    /// The signer is not whom it names.
    #[error("it names {named}, and {signer} signed")]
    OtherSigner {
        /// Whom it names.
        named: String,
        /// Who signed.
        signer: String,
    },
    /// The signer may not sign such a step.
    #[error("{who} may not sign the step “{step}”")]
    NotAllowed {
        /// Who signed.
        who: String,
        /// The step.
        step: &'static str,
    },
    /// Whoever looked at it again cannot close it as well.
    #[error("{0} looked at it again and cannot close it as well")]
    OwnReinspection(PersonId),
    /// The document does not show what it is said to show.
    #[error("the evidence does not show it: {0}")]
    NotShown(&'static str),
}

/// Checks who signed a step, and that such a person may. Whether it follows the ones before is [`History::take`]'s; whether the
/// key was revoked before is judged by whoever knows the log's order.
///
/// # Errors
/// [`RectificationError`].
pub fn verify_step<'a>(
    envelope: &Envelope,
    keyring: &'a Keyring,
) -> Result<(RectificationStep, &'a KeyStatement), RectificationError> {
    let said = RectificationStep::read(envelope)?;
    if said.site != keyring.root().site {
        return Err(RectificationError::Foreign);
    }
    let kind = match &said.by {
        Signatory::Service { .. } => HolderKind::Service,
        Signatory::Person { .. } => HolderKind::Person,
    };
    let holder = keyring.signer::<RectificationError>(envelope, kind, said.at)?;
    if let Signatory::Person { person } = &said.by
        && holder.holder != person.as_str()
    {
        let (named, signer) = (person.to_string(), holder.holder_name.clone());
        return Err(RectificationError::OtherSigner { named, signer });
    }
    if !may_sign(&said.step, &said.by, holder) {
        let who = format!("{}（{}）", holder.holder_name, holder.party.kind.zh());
        return Err(RectificationError::NotAllowed { who, step: said.step.kind() });
    }
    Ok((said, holder))
}

fn may_sign(step: &Step, by: &Signatory, holder: &KeyStatement) -> bool {
    let is_service = matches!(by, Signatory::Service { .. });
    let has = |role: Role| !is_service && holder.roles.contains(&role);
    match step {
        Step::Opened { .. } | Step::Assigned { .. } | Step::Reminded { .. } | Step::FedBack { .. } => is_service,
        Step::Acknowledged { .. } => is_service || has(Role::ConsumerContact),
        Step::Submitted { .. } => has(Role::Rectifier),
        Step::Accepted { .. } | Step::Rejected { .. } => {
            has(Role::Reviewer)
                && !has(Role::Administrator)
                && matches!(holder.party.kind, PartyKind::Supervisor | PartyKind::Manager)
        }
    }
}

/// The steps of one rectification, each linked to the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// What it is known by.
    pub id: Sha256,
    /// What the steps come to.
    pub progress: Progress,
    /// SHA-256 of the last step's envelope.
    pub last: Sha256,
    /// How many steps there are.
    pub steps: u32,
}

impl History {
    /// Begins with the opening. `at` is when it counts as done.
    ///
    /// # Errors
    /// [`RectificationError`] when it opens nothing, or something else than it says.
    pub fn begin(said: &RectificationStep, envelope: Sha256, at: TimestampMs) -> Result<Self, RectificationError> {
        let Step::Opened { opening } = &said.step else { return Err(StepError::NotTheBeginning.into()) };
        if said.previous.is_some() {
            return Err(RectificationError::OutOfOrder { named: said.previous, last: None });
        }
        if opening.source.id() != said.rectification || opening.round != said.round {
            return Err(RectificationError::Foreign);
        }
        let progress = Progress::open(opening, at)?;
        Ok(Self { id: said.rectification, progress, last: envelope, steps: 1 })
    }

    /// Takes the next step. `at` is when it counts as done: when the service had it, not what a tablet's clock says.
    ///
    /// # Errors
    /// [`RectificationError`]; then nothing changed.
    pub fn take(
        &mut self,
        said: &RectificationStep,
        envelope: Sha256,
        at: TimestampMs,
    ) -> Result<(), RectificationError> {
        if said.rectification != self.id || said.round != self.progress.opening.round {
            return Err(RectificationError::Foreign);
        }
        if said.previous != Some(self.last) {
            return Err(RectificationError::OutOfOrder { named: said.previous, last: Some(self.last) });
        }
        let by = match &said.by {
            Signatory::Person { person } => Some(person),
            Signatory::Service { .. } => None,
        };
        self.progress.apply(&said.step, by, at)?;
        self.last = envelope;
        self.steps += 1;
        Ok(())
    }
}

/// The document that a piece of evidence stands in.
#[derive(Debug, Clone, Copy)]
pub enum Document<'a> {
    /// A record with its id.
    Record(Sha256, &'a Record),
    /// A decision about the ledger, with its envelope's hash.
    Change(Sha256, &'a ChangeDecision),
}

/// What evidence shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Who looked at it, or approved the change.
    pub by: PersonId,
    /// Photos of how it is now.
    pub after_photos: Vec<Sha256>,
    /// 无法拍照: the reason, where there is none.
    pub no_photo: String,
}

/// Whether a document shows that what was opened is put right.
///
/// # Errors
/// [`RectificationError::NotShown`].
pub fn examine(
    opening: &Opening,
    reinspection: &Reinspection,
    document: Document<'_>,
) -> Result<Shown, RectificationError> {
    let refuse = |why: &'static str| Err(RectificationError::NotShown(why));
    let named = match document {
        Document::Record(id, _) | Document::Change(id, _) => id,
    };
    if named != reinspection.document() {
        return refuse("it stands in another document");
    }
    let excuse = |no_photo: Option<&NoPhoto>| no_photo.map_or_else(String::new, |one| one.reason.trim().to_owned());
    let shown = match (reinspection, document) {
        (Reinspection::FollowUp { .. }, Document::Record(_, record)) => {
            let Source::Finding { finding } = &opening.source else { return refuse("only a finding is followed up") };
            let answer = record.follow_ups.iter().find(|answer| answer.finding == *finding);
            let Some(answer) = answer.filter(|answer| answer.state == FollowUpState::Rectified) else {
                return refuse("the record does not find the problem rectified");
            };
            let (after_photos, no_photo) = (answer.after_photos.clone(), excuse(answer.no_photo.as_ref()));
            Shown { by: record.inspector.id.clone(), after_photos, no_photo }
        }
        (Reinspection::OnSite { .. }, Document::Record(_, record)) => {
            let Source::Finding { finding } = &opening.source else {
                return refuse("only a finding is put right on the spot");
            };
            let one = record.findings.iter().find(|one| one.id == *finding);
            let Some(one) = one.filter(|one| !one.fixed_on_site.trim().is_empty()) else {
                return refuse("the record does not say that it was put right on the spot");
            };
            let (after_photos, no_photo) = (one.after_photos.clone(), excuse(one.no_photo.as_ref()));
            Shown { by: record.inspector.id.clone(), after_photos, no_photo }
        }
        (Reinspection::Line { line, .. }, Document::Record(id, record)) => {
            let is_asked = matches!(opening.source, Source::Line { .. }) && id != opening.record;
            let answer = record.lines.iter().find(|one| {
                one.no == *line && one.subject == opening.subject && opening.criterion.as_ref() == Some(&one.criterion)
            });
            let Some(answer) = answer.filter(|_| is_asked) else {
                return refuse("it is not the same line of a later record");
            };
            if answer.outcome != xunjian_domain::outcome::Outcome::Normal {
                return refuse("the later record does not find it 正常");
            }
            let (after_photos, no_photo) = (answer.photos.clone(), excuse(answer.no_photo.as_ref()));
            Shown { by: record.inspector.id.clone(), after_photos, no_photo }
        }
        (Reinspection::Reconciled { .. }, Document::Record(id, record)) => {
            let Source::Discrepancy { asset: Some(asset), .. } = &opening.source else {
                return refuse("only an asset of the ledger is found 一致");
            };
            let row = record.reconciliation.iter().find(|row| row.asset.as_ref() == Some(asset));
            let row = row.filter(|row| id != opening.record && row.verdicts == [Verdict::Matches]);
            let Some(seen) = row.and_then(|row| row.sighting.as_ref()) else {
                return refuse("no later record found the asset 一致");
            };
            // A signed label that was scanned at the place stands beside a photo.
            let no_photo = if seen.by == SightedBy::Scan { "已扫描资产标签".to_owned() } else { String::new() };
            Shown { by: record.inspector.id.clone(), after_photos: seen.photos.clone(), no_photo }
        }
        (Reinspection::LedgerChanged { .. }, Document::Change(_, decision)) => {
            let Source::Discrepancy { asset, .. } = &opening.source else {
                return refuse("only a discrepancy is put right in the ledger");
            };
            let fits = |change: &&xunjian_domain::ledger::AssetChange| {
                let rests_on_it = change.because.iter().any(|ground| ground.record == opening.record);
                let is_it = match asset {
                    Some(asset) => change.asset == *asset,
                    None => change.before.is_none(),
                };
                rests_on_it && is_it
            };
            if !decision.approved || !decision.change_set.changes.iter().any(|change| fits(&change)) {
                return refuse("the decision does not change this asset because of the record");
            }
            let no_photo = "台账已更正".to_owned();
            Shown { by: decision.decided_by.clone(), after_photos: Vec::new(), no_photo }
        }
        _ => return refuse("it stands in a document of another kind"),
    };
    if shown.after_photos.is_empty() && shown.no_photo.is_empty() {
        return refuse("there is neither an after photo nor a reason why none could be taken");
    }
    Ok(shown)
}

/// [`examine`], and that whoever closes it did not look at it as well.
///
/// # Errors
/// [`RectificationError`].
pub fn verify_closing(
    opening: &Opening,
    said: &RectificationStep,
    document: Document<'_>,
) -> Result<Shown, RectificationError> {
    let (Step::Accepted { reinspection, .. }, Signatory::Person { person }) = (&said.step, &said.by) else {
        return Err(StepError::Malformed("it closes nothing").into());
    };
    let shown = examine(opening, reinspection, document)?;
    if shown.by == *person {
        return Err(RectificationError::OwnReinspection(person.clone()));
    }
    Ok(shown)
}
