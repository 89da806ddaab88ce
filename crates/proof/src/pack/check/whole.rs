//! What only shows when all records were read: chains, coverage, what the manifest claims, and files that nothing speaks of.

use std::{
    collections::BTreeSet,
    io::{Read, Seek},
};

use xunjian_domain::hash::Sha256;

use super::{Failure, Judge, failure};
use crate::{
    chain::{ChainFault, faults},
    pack::{
        coverage::coverage,
        manifest::PackKind,
        name,
        page::{self, Heading},
        texts,
    },
};

impl<R: Read + Seek> Judge<'_, R> {
    pub(super) fn whole(&mut self) -> Result<(), Failure> {
        self.report.is_redacted = self.is_redacted();
        self.report.records = self.records.keys().copied().collect();
        if !self.report.failures.is_empty() {
            return Ok(());
        }
        self.claims()?;
        self.chains()?;
        self.coverage()?;
        self.closed()?;
        self.rectified()?;
        self.index()?;
        self.leftovers()?;
        let (named, here) = self.report.photos;
        self.report.steps.push(format!(
            "记录 records: {}；照片 photos: {here}/{named}，脱敏副本 masked copies: {}",
            self.records.len(),
            self.report.masked
        ));
        let (accepted, returned, none) = self.report.reviewed;
        self.report.steps.push(format!(
            "复核 reviewed: 通过 accepted {accepted}，退回 returned {returned}，未复核 not reviewed {none}"
        ));
        self.report.steps.push(match &self.report.witnessed {
            Some((at, who)) => format!("时间上界 not after {at}，由 {who} 见证 witnessed"),
            None => "时间上界仅由服务方证明 · only the operator says how late it was".to_owned(),
        });
        self.report.notices.sort();
        self.report.notices.dedup();
        Ok(())
    }

    /// The manifest claims what is here.
    fn claims(&mut self) -> Result<(), Failure> {
        let wrong = failure(name::MANIFEST, "claims");
        let manifest = self.manifest();
        if !manifest.records.iter().eq(self.records.keys()) {
            return Err(wrong(&"it lists other records than the pack holds"));
        }
        if !manifest.left_out.iter().map(|left| left.sha256).eq(self.missing_photos.iter().copied()) {
            return Err(wrong(&"it leaves out other photos than are missing"));
        }
        if manifest.undelivered.iter().any(|record| self.records.contains_key(record)) {
            return Err(wrong(&"it calls a delivered record undelivered"));
        }
        if let Some(round) = &manifest.round
            && (self.plans.len() != 1 || self.records.values().any(|seen| seen.round != round.as_str()))
        {
            return Err(wrong(&"not every record is of the round and its one plan"));
        }
        if !manifest.undelivered.is_empty() {
            let count = manifest.undelivered.len();
            self.report.notices.push(format!(
                "制作时有 {count} 份记录尚未送达，不在包内 · {count} records were not delivered when it was made"
            ));
        }
        Ok(())
    }

    /// 终端链: no terminal has two records at one place without a decision, and no link is broken inside the pack.
    fn chains(&mut self) -> Result<(), Failure> {
        let mut holes = 0_u64;
        let decided: BTreeSet<Sha256> =
            self.decisions.iter().flat_map(|(_, decision)| decision.candidates.iter().map(|one| one.record)).collect();
        for (terminal, links) in &self.links {
            let place = |sequence: u64| {
                links.iter().find(|link| link.sequence == sequence).map_or_else(String::new, |link| {
                    name::of_record(name::folder::RECORDS, &link.record, "envelope.json")
                })
            };
            let is_decided =
                |sequence: u64| links.iter().any(|link| link.sequence == sequence && decided.contains(&link.record));
            for fault in faults(links.iter().cloned()) {
                match fault {
                    ChainFault::Hole { from, to } => holes += to - from + 1,
                    // A decision let two records stand at one place; the next one goes on from either.
                    ChainFault::Fork(at) if is_decided(at) => {}
                    ChainFault::BrokenLink(at)
                        if links.iter().any(|link| {
                            link.sequence + 1 == at
                                && Some(link.record)
                                    == links.iter().find(|one| one.sequence == at).and_then(|one| one.previous)
                        }) => {}
                    ChainFault::Fork(at) | ChainFault::BrokenLink(at) => {
                        return Err(failure(&place(at), "chain")(&format!("终端 {terminal}: {fault}")));
                    }
                }
            }
        }
        let neighbours = self.links.values().map(Vec::len).sum::<usize>() - self.records.len();
        self.report.steps.push(format!(
            "终端链 chain: {} 台终端 terminals，相邻记录 neighbours {neighbours}，链接相符 links hold",
            self.links.len()
        ));
        if holes > 0 {
            self.report.notices.push(format!("终端链上有 {holes} 份记录不在包内（属其他巡检或被略去，本包无法分辨） · {holes} records of the terminals' chains are not in the pack: of other visits, or withheld"));
        }
        Ok(())
    }

    /// 覆盖: counted anew from the plan and the records.
    fn coverage(&mut self) -> Result<(), Failure> {
        let Some(claimed) = self.manifest().coverage.clone() else { return Ok(()) };
        let plan = self.plans.values().next().map(|(statement, _)| statement.plan.clone());
        let plan = plan.ok_or_else(|| failure(name::MANIFEST, "coverage")(&"a round's pack has a plan"))?;
        let counted: Vec<_> = self.records.values().map(|seen| seen.counted.clone()).collect();
        let decisions: Vec<_> = self.decisions.iter().map(|(_, decision)| decision.clone()).collect();
        let found = coverage(&plan, &counted, &decisions);
        if found != claimed {
            return Err(failure(name::MANIFEST, "coverage")(&"it claims another coverage than plan and records make"));
        }
        if let Some(stray) = self.records.values().find(|seen| !plan.visits.iter().any(|visit| visit.id == seen.visit))
        {
            return Err(failure(name::MANIFEST, "coverage")(&format!("the plan has no visit {}", stray.visit)));
        }
        let answered = found.normal + found.abnormal;
        self.report.steps.push(format!(
            "覆盖 coverage: 巡检 visits {}/{}，应检 lines {answered}/{}，不适用 {}，未检 {}",
            found.visits_delivered, found.visits_planned, found.lines_due, found.not_applicable, found.not_checked
        ));
        if !found.missing.is_empty() {
            if self.pins.needs_full_coverage {
                return Err(failure(name::MANIFEST, "policy")(&format!(
                    "the policy asks for every visit; {} are missing, the first one is {}",
                    found.missing.len(),
                    found.missing[0]
                )));
            }
            self.report.notices.push(format!(
                "{} 次计划的巡检没有计入的记录 · planned visits without a record that counts",
                found.missing.len()
            ));
        }
        Ok(())
    }

    /// The front page says what the pack holds.
    fn index(&mut self) -> Result<(), Failure> {
        let found = self.take(name::INDEX)?;
        let rows = self.records.iter().map(|(id, seen)| (*id, seen.row.clone())).collect();
        let manifest = self.manifest();
        let heading = Heading {
            root: self.keyring.root(),
            fingerprint: self.keyring.fingerprint(),
            kind: manifest.kind,
            profile: manifest.profile,
            made_by: manifest.made_by,
            log_size: manifest.log_size,
            undelivered: manifest.undelivered.len(),
            left_out: manifest.left_out.len(),
        };
        let made = page::index(&heading, manifest.coverage.as_ref(), &rows);
        if manifest.texts == texts::VERSION && made.as_bytes() != found {
            return Err(failure(name::INDEX, "page")(&"the page says something else than the records"));
        }
        Ok(())
    }

    /// Nothing lies in the pack that nothing speaks of.
    fn leftovers(&mut self) -> Result<(), Failure> {
        let is_record = self.manifest().kind == PackKind::Record;
        if let Some(plan) = self.plans.keys().find(|_| is_record && self.plans.len() > 1) {
            return Err(failure(&name::of_hash(name::folder::PLANS, plan), "claims")(&"a record has one plan"));
        }
        let stray = self
            .manifest()
            .files
            .iter()
            .find(|file| !self.used.contains(&file.name) && !self.shown_photos.contains(&file.name));
        match stray {
            Some(file) => Err(failure(&file.name, "claims")(&"nothing in the pack speaks of this file")),
            None => Ok(()),
        }
    }
}
