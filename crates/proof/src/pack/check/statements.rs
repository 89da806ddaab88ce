//! Everything signed that is not a record: keys' places in the log, plans, decisions, countersignatures, and what a later version
//! may log. What is not understood is checked as far as bytes, signature and place go, and told.

use std::io::{Read, Seek};

use xunjian_domain::{hash::Sha256, plan::PlannedVisit};

use super::{Failure, Judge, documents, failure};
use crate::{
    chain::Link,
    closing::Closing,
    decision::{Decision, verify_decision},
    dsse::Envelope,
    jcs,
    keyring::{Keyring, KeyringError},
    pack::{
        name::{self, folder},
        rendition::Rendition,
        texts,
    },
    rectification::RectificationStep,
    review::LogOrder,
    statement::{Countersignature, HolderKind, PlanStatement, Revocation, Statement},
    suite::KeyId,
    verification::verify_record,
};

impl<R: Read + Seek> Judge<'_, R> {
    /// The fixed texts are those of this software, where the pack has the same version of them.
    pub(super) fn texts(&mut self) -> Result<(), Failure> {
        let version = self.manifest().texts;
        for (file, text) in texts::ALL {
            let bytes = self.take(file)?;
            if version == texts::VERSION && bytes != text.as_bytes() {
                return Err(failure(file, "texts")(&"it is not the text that every pack of this version has"));
            }
        }
        if version != texts::VERSION {
            self.report.notices.push(format!("说明文字与页面为版本 {version}，未比对 · texts and pages are of version {version}, they were not compared"));
        }
        Ok(())
    }

    /// Where the log has key statements and revocations. The root's signatures were checked before.
    pub(super) fn key_places(&mut self) -> Result<(), Failure> {
        for file in documents(&self.pack, folder::KEYS) {
            let bytes = self.take(&file)?;
            self.place(&file, &bytes)?;
        }
        for file in documents(&self.pack, folder::REVOCATIONS) {
            let (bytes, envelope) = self.take_envelope(&file)?;
            let place = self.place(&file, &bytes)?;
            let key = Revocation::read(&envelope).map_err(|error| failure(&file, "keyring")(&error))?.key;
            self.revoked_at.insert(key, place);
        }
        Ok(())
    }

    /// Whether a key was revoked before the log's leaf at `place`; `None` where the pack does not tell.
    pub(super) fn is_revoked_before(&self, key: &KeyId, place: Option<u64>) -> Option<bool> {
        match (self.revoked_at.get(key), place) {
            (None, _) => Some(false),
            (Some(Some(revoked)), Some(place)) => Some(*revoked < place),
            (Some(_), _) => None,
        }
    }

    /// A signer of this kind, whose key was not revoked before the statement came into the log.
    fn signer(
        &self,
        file: &str,
        envelope: &Envelope,
        kind: HolderKind,
        at: xunjian_domain::time::TimestampMs,
        place: Option<u64>,
    ) -> Result<(), Failure> {
        let wrong = failure(file, "signature");
        let signer = self.keyring.signer::<KeyringError>(envelope, kind, at).map_err(|error| wrong(&error))?;
        let key = signer.key.id();
        if self.is_revoked_before(&key, place) == Some(true) {
            return Err(failure(file, "revocation")(&format!("the key {key} was revoked before")));
        }
        Ok(())
    }

    /// The plans, in the log before anyone walked, and the visits they name.
    pub(super) fn plans(&mut self) -> Result<(), Failure> {
        for file in documents(&self.pack, folder::PLANS) {
            let (bytes, envelope) = self.take_envelope(&file)?;
            let place = self.place(&file, &bytes)?;
            let wrong = failure(&file, "plan");
            let statement = PlanStatement::read(&envelope).map_err(|error| wrong(&error))?;
            self.signer(&file, &envelope, HolderKind::Service, statement.opened_at, place)?;
            let hash = Sha256::of(&bytes);
            if file != name::of_hash(folder::PLANS, &hash) || statement.site != self.keyring.root().site {
                return Err(wrong(&"the file is named after another plan, or the plan is of another site"));
            }
            self.report.steps.push(format!(
                "计划 plan {}: {} 次巡检 visits，{} 条应检 lines",
                statement.plan.round.title,
                statement.plan.visits.len(),
                statement.plan.lines_due()
            ));
            self.plans.insert(hash, (statement, place));
        }
        Ok(())
    }

    /// Documents that are named by their hash: each must be named by something signed, which is asked where it is used.
    pub(super) fn documents(&mut self) -> Result<(), Failure> {
        for folder in [folder::VISITS, folder::TEMPLATES, folder::LEDGER] {
            for file in documents(&self.pack, folder) {
                let hash = self.pack.file(&file).map(|file| file.sha256);
                if hash.is_none_or(|hash| file != name::of_hash(folder, &hash)) {
                    return Err(failure(&file, "bytes")(&"its bytes do not hash to its name"));
                }
            }
        }
        let planned: Vec<(Sha256, Sha256)> = self
            .plans
            .iter()
            .flat_map(|(plan, (statement, _))| statement.plan.visits.iter().map(|visit| (*plan, visit.sha256)))
            .collect();
        let is_round = self.manifest().round.is_some();
        for (plan, visit) in planned {
            let file = name::of_hash(folder::VISITS, &visit);
            if is_round || self.pack.has(&file) {
                let bytes = self.take(&file)?;
                let visit: PlannedVisit = jcs::from_bytes(&bytes).map_err(|error| failure(&file, "plan")(&error))?;
                let named = self
                    .plans
                    .get(&plan)
                    .and_then(|(statement, _)| statement.plan.visits.iter().find(|named| named.id == visit.id));
                if named.is_none_or(|named| named.lines as usize != visit.lines.len()) {
                    return Err(failure(&file, "plan")(
                        &"the plan gives this visit another id or another number of lines",
                    ));
                }
            }
        }
        Ok(())
    }

    /// Decisions, countersignatures, and what this version does not know.
    pub(super) fn statements(&mut self) -> Result<(), Failure> {
        for file in documents(&self.pack, folder::STATEMENTS) {
            let (bytes, envelope) = self.take_envelope(&file)?;
            let place = self.place(&file, &bytes)?;
            if file != name::of_hash(folder::STATEMENTS, &Sha256::of(&bytes)) {
                return Err(failure(&file, "bytes")(&"its bytes do not hash to its name"));
            }
            match envelope.payload_type.as_str() {
                Decision::PAYLOAD_TYPE => {
                    let wrong = failure(&file, "decision");
                    let (decision, person) =
                        verify_decision(&envelope, &self.keyring).map_err(|error| wrong(&error))?;
                    let key = person.key.id();
                    if self.is_revoked_before(&key, place) == Some(true) {
                        return Err(failure(&file, "revocation")(&format!(
                            "the key {key} was revoked before it decided"
                        )));
                    }
                    let who = person.holder_name.clone();
                    self.report.steps.push(format!(
                        "裁定 decision by {who}: {}",
                        decision
                            .counts
                            .map_or_else(|| "均不计 none counts".to_owned(), |record| format!("计入 {record}"))
                    ));
                    self.decisions.push((place, decision));
                }
                Countersignature::PAYLOAD_TYPE => self.countersignature(&file, &envelope, place)?,
                Closing::PAYLOAD_TYPE => self.closing(&file, &envelope, place)?,
                RectificationStep::PAYLOAD_TYPE => self.rectification(&file, &envelope, place)?,
                other => {
                    let who = signed_by_anybody(&file, &envelope, &self.keyring)?;
                    self.report.not_understood.push(format!("{file}: {other}, {who}"));
                }
            }
        }
        self.decisions.sort_by_key(|(place, _)| *place);
        if !self.report.not_understood.is_empty() {
            self.report.notices.push(format!("{} 份声明类型未知：字节、签名与日志位置已核验，含义未判断 · statements of types that this version does not understand", self.report.not_understood.len()));
        }
        Ok(())
    }

    /// A reviewer's signature, of a key that was not revoked before. It is judged with the record it speaks of.
    fn countersignature(&mut self, file: &str, envelope: &Envelope, place: Option<u64>) -> Result<(), Failure> {
        let said = Countersignature::read(envelope).map_err(|error| failure(file, "countersignature")(&error))?;
        self.signer(file, envelope, HolderKind::Person, said.at, place)?;
        self.countersignatures.entry(said.record).or_default().push((place, file.to_owned(), envelope.clone()));
        Ok(())
    }

    /// Where a statement stands in the log's order, and the revocation of its key.
    pub(super) fn order(&self, envelope: &Envelope, place: Option<u64>) -> LogOrder {
        let revoked = envelope.key_ids().next().and_then(|key| self.revoked_at.get(key).copied()).flatten();
        place.map_or(LogOrder::Unproved, |index| LogOrder::Leaf { index, revoked })
    }

    /// The records before and after in a terminal's chain: signed by the terminal and somebody who inspects, without their photos.
    pub(super) fn neighbours(&mut self) -> Result<(), Failure> {
        for file in documents(&self.pack, folder::NEIGHBOURS) {
            let bytes = self.take(&file)?;
            self.place(&file, &bytes)?;
            let wrong =
                |failed: crate::verification::Failure| failure(&file, &format!("{:?}", failed.step))(&failed.reason);
            let verified = verify_record(&bytes, &self.keyring).map_err(wrong)?;
            if file != name::of_record(folder::NEIGHBOURS, &verified.id, "envelope.json") {
                return Err(failure(&file, "bytes")(&"its bytes do not hash to its name"));
            }
            let terminal = &verified.record.terminal;
            let link = Link::of(verified.id, terminal);
            self.links.entry(terminal.id.to_string()).or_default().push(link);
        }
        Ok(())
    }

    /// The masked copy of a photo, if the pack has one: signed by the service for exactly that original.
    pub(super) fn rendition(&mut self, photo: &Sha256) -> Result<Option<String>, Failure> {
        let file = name::of_hash(folder::RENDITIONS, photo);
        if !self.pack.has(&file) {
            return Ok(None);
        }
        let (_, envelope) = self.take_envelope(&file)?;
        let wrong = failure(&file, "rendition");
        let rendition = Rendition::read(&envelope).map_err(|error| wrong(&error))?;
        let key = envelope.key_ids().next().and_then(|key| self.keyring.statement(key));
        let service = key
            .filter(|key| key.holder_kind == HolderKind::Service)
            .ok_or_else(|| wrong(&"the service did not sign it"))?;
        envelope.verify(&service.key).map_err(|error| wrong(&error))?;
        if rendition.of != *photo || rendition.site != self.keyring.root().site {
            return Err(wrong(&"it is about another photo"));
        }
        let copy = name::of_photo(&rendition.rendition.sha256, &rendition.media_type);
        let found = self
            .pack
            .file(&copy)
            .is_some_and(|file| file.sha256 == rendition.rendition.sha256 && file.bytes == rendition.rendition.bytes);
        if !found {
            return Err(failure(&copy, "rendition")(
                &"the masked copy is not there, or is another one than the service signed for",
            ));
        }
        self.shown_photos.insert(copy.clone());
        Ok(Some(copy))
    }
}

/// Somebody the root vouches for signed it. Says who.
fn signed_by_anybody(file: &str, envelope: &Envelope, keyring: &Keyring) -> Result<String, Failure> {
    let wrong = failure(file, "signature");
    let key = envelope.key_ids().next().ok_or_else(|| wrong(&"nobody signed it"))?;
    let statement = keyring.statement(key).ok_or_else(|| wrong(&format!("nobody the root vouches for holds {key}")))?;
    envelope.verify(&statement.key).map_err(|error| wrong(&error))?;
    Ok(format!("{} {key}", statement.holder_name))
}
