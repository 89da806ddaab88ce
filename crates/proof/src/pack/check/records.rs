//! One record: bytes, signatures, delivery, place in the log, revocations, plan, template, ledger, photos, review, page.

use std::io::{Read, Seek};

use xunjian_domain::{
    hash::Sha256,
    ledger::{LedgerChunk, LedgerManifest},
    plan::PlannedVisit,
    template::Template,
};

use super::{Failure, Judge, Seen, failure};
use crate::{
    chain::Link,
    coverage::DeliveredRecord,
    dsse::Envelope,
    jcs,
    pack::{
        coverage::Counted,
        manifest::{Maker, WhyLeftOut},
        name::{self, folder},
        page::{self, IndexRow, Shown},
        texts,
    },
    record::{Evidence, LayerKind, Record},
    review::{ReviewError, Reviewed, verify_countersignature},
    statement::ReviewVerdict,
    suite::KeyId,
    verification::{self, VerifiedRecord, verify_delivered, verify_record},
};

fn at_step(file: &str) -> impl Fn(verification::Failure) -> Failure {
    let file = file.to_owned();
    move |failed| failure(&file, &format!("{:?}", failed.step))(&failed.reason)
}

impl<R: Read + Seek> Judge<'_, R> {
    /// Checks the record in the folder of this name.
    pub(super) fn record(&mut self, folder_name: &str) -> Result<(), Failure> {
        let of = |file: &str| format!("{}/{folder_name}/{file}", folder::RECORDS);
        let (envelope_file, delivered_file) = (of("envelope.json"), of("delivered.json"));
        let bytes = self.take(&envelope_file)?;
        let verified = verify_record(&bytes, &self.keyring).map_err(at_step(&envelope_file))?;
        if verified.id.to_hex() != folder_name {
            return Err(failure(&envelope_file, "Bytes")(&format!("this is the record {}", verified.id)));
        }
        let delivered = self.take(&delivered_file)?;
        let envelope_hash = Sha256::of(&bytes);
        let statement =
            verify_delivered(&verified, envelope_hash, &delivered, &self.keyring).map_err(at_step(&delivered_file))?;
        let sealed = self.place(&envelope_file, &bytes)?;
        let stored = self.place(&delivered_file, &delivered)?;
        let Some(stored) = stored else {
            return Err(failure(&name::proof_of(&delivered_file), "receipt")(
                &"a record without its receipt is not proven delivered",
            ));
        };
        if sealed.is_some_and(|sealed| sealed >= stored) {
            return Err(failure(&delivered_file, "receipt")(&"it stands in the log before the record"));
        }
        self.witnessed(&of("witnessed.tlog-proof"), &delivered, stored)?;
        self.revocations(&envelope_file, &verified, sealed, &delivered, stored)?;
        let template = self.planned(&envelope_file, &verified.record, sealed)?;
        self.ledger(&envelope_file, &verified.record)?;
        let shown = self.photos(&verified.record)?;
        self.review(
            &verified,
            &Envelope::from_bytes(&bytes).map_err(|error| failure(&envelope_file, "Bytes")(&error))?,
            &delivered,
        )?;
        let page = of("index.html");
        let found = self.take(&page)?;
        let place = |photo: &Evidence| {
            shown.iter().find(|(known, _)| *known == photo.sha256).map_or(Shown::LeftOut, |(_, shown)| shown.clone())
        };
        let made = page::record(&verified.id, &verified.record, &template, statement.stored_at, &place);
        if self.manifest().texts == texts::VERSION && made.as_bytes() != found {
            return Err(failure(&page, "page")(&"the page says something else than the record"));
        }
        let record = &verified.record;
        if !self.closings.is_empty() {
            self.evidence.records.push(DeliveredRecord::of(verified.id, record, stored));
        }
        self.links.entry(record.terminal.id.to_string()).or_default().push(Link::of(verified.id, &record.terminal));
        let seen = Seen {
            row: IndexRow::of(record, statement.stored_at),
            counted: Counted::of(verified.id, record),
            round: record.round.id.to_string(),
            visit: record.visit.id.clone(),
        };
        self.records.insert(verified.id, seen);
        Ok(())
    }

    /// The receipt under a state that somebody outside cosigned, and the pinned witnesses.
    fn witnessed(&mut self, file: &str, delivered: &[u8], stored: u64) -> Result<(), Failure> {
        if self.pack.has(file) {
            let text = self.take(file)?;
            let place = self.states.place(&self.keyring, self.pins, file, &text, delivered)?;
            if place != stored {
                return Err(failure(file, "receipt")(&"it is of another place in the log than the receipt"));
            }
        }
        let wanted = self.pins.quorum.unwrap_or(self.pins.witnesses.len());
        let found = self.states.witnesses_of(stored);
        if found < wanted {
            let reason = format!(
                "{found} of the {wanted} pinned witnesses cosigned a state of the log that holds this delivery"
            );
            return Err(failure(name::CHECKPOINT, "witness")(&reason));
        }
        match self.states.outside(stored) {
            Some(seen) => {
                let is_later = self.report.witnessed.as_ref().is_none_or(|known| known.0 < seen.0);
                if is_later {
                    self.report.witnessed = Some(seen.clone());
                }
            }
            None => self
                .report
                .notices
                .push("时间上界仅由服务方证明 · only the operator says how late some record was at most".to_owned()),
        }
        Ok(())
    }

    /// What was logged before a revocation stands; what came later counts only by a decision that the log has before it.
    fn revocations(
        &mut self,
        file: &str,
        verified: &VerifiedRecord,
        sealed: Option<u64>,
        delivered: &[u8],
        stored: u64,
    ) -> Result<(), Failure> {
        let record = &verified.record;
        for key in [&record.inspector.key, &record.terminal.key] {
            match self.is_revoked_before(key, sealed) {
                Some(false) => {}
                None => self.report.revoked.push(key.clone()),
                Some(true) => {
                    let is_let_in = self
                        .decisions
                        .iter()
                        .any(|(place, decision)| *place < sealed && decision.counts == Some(verified.id));
                    if !is_let_in {
                        return Err(failure(file, "revocation")(&format!(
                            "the key {key} was revoked before the record came, and no decision lets it count"
                        )));
                    }
                    self.report.notices.push(format!(
                        "记录 {} 在密钥吊销后到达，经裁定计入 · came after its key was revoked, a decision let it in",
                        verified.id.short()
                    ));
                }
            }
        }
        let signer: Option<KeyId> =
            Envelope::from_bytes(delivered).ok().and_then(|envelope| envelope.key_ids().next().cloned());
        if signer.is_some_and(|key| self.is_revoked_before(&key, Some(stored)) == Some(true)) {
            return Err(failure(file, "revocation")(&"the service's key was revoked before it declared the delivery"));
        }
        Ok(())
    }

    /// The plan was in the log before the record, and asks what the record answers. Returns the template.
    fn planned(&mut self, file: &str, record: &Record, sealed: Option<u64>) -> Result<Template, Failure> {
        let wrong = failure(file, "plan");
        let plan_file = name::of_hash(folder::PLANS, &record.plan);
        let (statement, place) = self
            .plans
            .get(&record.plan)
            .cloned()
            .ok_or_else(|| failure(&plan_file, "plan")(&"the pack does not have the plan that the record names"))?;
        let plan = statement.plan;
        if place.zip(sealed).is_some_and(|(plan, record)| plan >= record) {
            return Err(wrong(&"the plan came into the log after the record"));
        }
        if record.round != plan.round || record.template != plan.template || record.ledger != plan.ledger {
            return Err(wrong(&"round, template or ledger are not those of the plan"));
        }
        let named = plan.visits.iter().find(|visit| visit.id == record.visit.id);
        let named = named.ok_or_else(|| wrong(&"the plan has no such visit"))?;
        let visit_file = name::of_hash(folder::VISITS, &named.sha256);
        let visit: PlannedVisit =
            jcs::from_bytes(&self.take(&visit_file)?).map_err(|error| failure(&visit_file, "plan")(&error))?;
        let is_same = record.visit.kind == visit.kind
            && record.visit.subject == visit.subject
            && record.visit.room == visit.room
            && record.visit.title == visit.title
            && record.visit.id == visit.id;
        let asked = visit.lines.iter().map(|line| (line.no, &line.criterion, &line.subject));
        let answered = record.lines.iter().map(|line| (line.no, &line.criterion, &line.subject));
        if !is_same || !asked.eq(answered) {
            return Err(wrong(&"place or lines are not those that the plan asks"));
        }
        let template_file = name::of_hash(folder::TEMPLATES, &record.template.sha256);
        let unreadable = failure(&template_file, "template");
        let bytes = self.take(&template_file)?;
        let text = std::str::from_utf8(&bytes).map_err(|error| unreadable(&error))?;
        let template = Template::parse(text).map_err(|error| unreadable(&error))?;
        if let Some(line) = record.lines.iter().find(|line| template.criterion(&line.criterion).is_none()) {
            return Err(unreadable(&format!("it does not have the criterion {}", line.criterion)));
        }
        Ok(template)
    }

    /// The ledger rows in the record are those of the pinned ledger. A terminal's pack may lack the ledger.
    fn ledger(&mut self, file: &str, record: &Record) -> Result<(), Failure> {
        let manifest_file = name::of_hash(folder::LEDGER, &record.ledger.sha256);
        if !self.pack.has(&manifest_file) && self.manifest().made_by == Maker::Terminal {
            self.report
                .notices
                .push("包内没有台账：台账行未核对 · the pack has no ledger, its rows were not compared".to_owned());
            return Ok(());
        }
        let bytes = self.take(&manifest_file)?;
        let ledger: LedgerManifest =
            jcs::from_bytes(&bytes).map_err(|error| failure(&manifest_file, "ledger")(&error))?;
        let wrong = failure(file, "ledger");
        for chunk in &record.compared_chunks {
            if !ledger.chunks.iter().any(|part| part.sha256 == *chunk) {
                return Err(wrong(&format!("the chunk {chunk} is not of the pinned ledger")));
            }
            self.take(&name::of_hash(folder::LEDGER, chunk))?;
        }
        let mut rack: Option<(String, Vec<xunjian_domain::ledger::LedgerEntry>)> = None;
        for row in &record.compared {
            let key = format!("rack/{}", row.rack);
            if rack.as_ref().is_none_or(|(known, _)| *known != key) {
                let part = ledger.chunks.iter().find(|part| part.key == key);
                let part = part.ok_or_else(|| wrong(&format!("the pinned ledger has no {key}")))?;
                let chunk_file = name::of_hash(folder::LEDGER, &part.sha256);
                let bytes = self.take(&chunk_file)?;
                let chunk: LedgerChunk =
                    jcs::from_bytes(&bytes).map_err(|error| failure(&chunk_file, "ledger")(&error))?;
                let LedgerChunk::Rack { assets, .. } = chunk else {
                    return Err(failure(&chunk_file, "ledger")(&"it is no rack"));
                };
                rack = Some((key, assets));
            }
            if !rack.as_ref().is_some_and(|(_, rows)| rows.contains(row)) {
                return Err(wrong(&format!("the row of the asset {} is not the ledger's", row.id)));
            }
        }
        Ok(())
    }

    /// Every photo that the record names is here with its size, or is named as left out.
    fn photos(&mut self, record: &Record) -> Result<Vec<(Sha256, Shown)>, Failure> {
        let mut shown = Vec::new();
        for photo in &record.evidence {
            self.report.photos.0 += 1;
            let file = name::of_photo(&photo.sha256, &photo.media_type);
            let wrong = failure(&file, "Blobs");
            let copy = self.rendition(&photo.sha256)?;
            if let Some(found) = self.pack.file(&file) {
                if found.sha256 != photo.sha256 {
                    return Err(wrong(&"the bytes do not hash to the name"));
                }
                if found.bytes != photo.bytes {
                    return Err(wrong(&format!(
                        "the photo has {} bytes, the record says {}",
                        found.bytes, photo.bytes
                    )));
                }
                let is_masked = photo.layer.as_ref().is_some_and(|layer| layer.kind == LayerKind::Masked);
                if self.is_redacted() && !is_masked {
                    return Err(failure(&file, "profile")(&"a redacted pack holds no photo as it was taken"));
                }
                self.report.photos.1 += 1;
                self.shown_photos.insert(file.clone());
                shown.push((photo.sha256, Shown::Original(file.clone())));
                continue;
            }
            let left_out = self.manifest().left_out.iter().find(|left| left.sha256 == photo.sha256);
            match left_out.map(|left| left.why) {
                None => {
                    return Err(wrong(&"the photo is not there, and the manifest does not say that it was left out"));
                }
                Some(WhyLeftOut::Redacted) if !self.is_redacted() => {
                    return Err(wrong(&"only a redacted pack leaves photos out for that reason"));
                }
                Some(_) => {}
            }
            self.missing_photos.insert(photo.sha256);
            if self.pins.needs_originals {
                return Err(failure(&file, "policy")(&"the policy asks for every photo as it was taken"));
            }
            match copy {
                Some(copy) => {
                    self.report.masked += 1;
                    shown.push((photo.sha256, Shown::Copy(copy)));
                }
                None => shown.push((photo.sha256, Shown::LeftOut)),
            }
        }
        Ok(shown)
    }

    /// 四眼: whoever countersigned may review this record, and signed for this delivery of this revision.
    fn review(&mut self, verified: &VerifiedRecord, envelope: &Envelope, delivered: &[u8]) -> Result<(), Failure> {
        let file = name::of_record(folder::RECORDS, &verified.id, "envelope.json");
        let reviewed = Reviewed { record: verified, envelope, delivered };
        let mut said = self.countersignatures.remove(&verified.id).unwrap_or_default();
        said.sort_by_key(|(place, ..)| *place);
        let mut last = None;
        for (place, statement, countersignature) in &said {
            let order = self.order(countersignature, *place);
            let judged = verify_countersignature(countersignature, reviewed, &self.keyring, order);
            let (one, _) = judged.map_err(|error| failure(statement, step_of(&error))(&error))?;
            last = Some(one.verdict);
            if let Some(place) = place {
                self.evidence.countersignatures.push((*place, one));
            }
        }
        let counts = &mut self.report.reviewed;
        match last {
            Some(ReviewVerdict::Accepted) => counts.0 += 1,
            Some(ReviewVerdict::Returned) => counts.1 += 1,
            None => counts.2 += 1,
        }
        if self.pins.needs_countersignature && last != Some(ReviewVerdict::Accepted) {
            return Err(failure(&file, "policy")(
                &"the policy asks for a reviewer's accepting countersignature, and the last word here is none",
            ));
        }
        Ok(())
    }
}

/// What a countersignature that does not count fails at.
fn step_of(error: &ReviewError) -> &'static str {
    match error {
        ReviewError::SamePerson(_)
        | ReviewError::OtherSigner { .. }
        | ReviewError::WrongParty(_)
        | ReviewError::Administrator(_)
        | ReviewError::NotAReviewer(_) => "four_eyes",
        ReviewError::Revoked(_) => "revocation",
        _ => "countersignature",
    }
}
