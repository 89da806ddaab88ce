//! 关闭 and 整改 in a round's pack: who signed them, that the numbers of a closing follow from plan and records, and that the
//! steps of each rectification are one chain.

use std::{
    collections::BTreeMap,
    io::{Read, Seek},
};

use xunjian_domain::{hash::Sha256, plan::PlannedVisit, rectification::RectificationState};

use super::{Failure, Judge, failure};
use crate::{
    closing::{Closing, verify_closing},
    dsse::Envelope,
    jcs,
    pack::name::{self, folder},
    rectification::{History, RectificationStep, verify_step},
};

/// A statement with its file, its place in the log, and its envelope's hash.
pub(super) struct Logged<T> {
    file: String,
    place: Option<u64>,
    envelope: Sha256,
    said: T,
}

impl<R: Read + Seek> Judge<'_, R> {
    /// A closing, signed by both sides with keys that were not revoked before. Its numbers are judged when all records were read.
    pub(super) fn closing(&mut self, file: &str, envelope: &Envelope, place: Option<u64>) -> Result<(), Failure> {
        let wrong = failure(file, "closing");
        let (said, people) = verify_closing(envelope, &self.keyring).map_err(|error| wrong(&error))?;
        for person in &people {
            let key = person.key.id();
            if self.is_revoked_before(&key, place) == Some(true) {
                return Err(failure(file, "revocation")(&format!("the key {key} was revoked before")));
            }
        }
        let who: Vec<String> =
            people.iter().map(|one| format!("{}（{}）", one.holder_name, one.party.kind.zh())).collect();
        let (timing, whole) = (said.timing.zh(), &said.totals.whole);
        let percent = whole.percent().unwrap_or_else(|| "-".to_owned());
        self.report.steps.push(format!(
            "关闭 closing ({timing}): {}/{} lines，{percent}% · {}",
            whole.done(),
            whole.due,
            who.join("、")
        ));
        self.closings.push(Logged { file: file.to_owned(), place, envelope: envelope.sha256(), said });
        Ok(())
    }

    /// A step of a rectification.
    pub(super) fn rectification(&mut self, file: &str, envelope: &Envelope, place: Option<u64>) -> Result<(), Failure> {
        let (said, holder) =
            verify_step(envelope, &self.keyring).map_err(|error| failure(file, "rectification")(&error))?;
        let key = holder.key.id();
        if self.is_revoked_before(&key, place) == Some(true) {
            return Err(failure(file, "revocation")(&format!("the key {key} was revoked before")));
        }
        self.rectifications.push(Logged { file: file.to_owned(), place, envelope: envelope.sha256(), said });
        Ok(())
    }

    /// The numbers of each closing, derived again from the plan and the records below the size that it names.
    pub(super) fn closed(&mut self) -> Result<(), Failure> {
        if self.closings.is_empty() {
            return Ok(());
        }
        self.evidence.decisions =
            self.decisions.iter().filter_map(|(place, said)| Some(((*place)?, said.clone()))).collect();
        let closings = std::mem::take(&mut self.closings);
        if let [_, second, ..] = closings.as_slice() {
            return Err(failure(&second.file, "closing")(&"the round was closed twice"));
        }
        for one in &closings {
            let wrong = failure(&one.file, "closing");
            let closing: &Closing = &one.said;
            let plan = self.plans.get(&closing.plan).map(|(statement, _)| statement.plan.clone());
            let plan = plan.ok_or_else(|| wrong(&"it names another plan than the pack's"))?;
            if one.place.is_none_or(|place| place < closing.log_size) {
                return Err(wrong(&"it counts leaves that come after it"));
            }
            match self.states.root_at(closing.log_size) {
                Some(root) if root == closing.log_root => {}
                Some(_) => return Err(wrong(&"the log had another root at that size")),
                None => self.report.notices.push(format!(
                    "包内没有日志在 {} 条时的状态，关闭声明所写的根未比对 · the pack does not show the log at the size the closing names",
                    closing.log_size
                )),
            }
            let mut visits = Vec::new();
            for named in &plan.visits {
                let file = name::of_hash(folder::VISITS, &named.sha256);
                let bytes = self.take(&file)?;
                let visit: PlannedVisit = jcs::from_bytes(&bytes).map_err(|error| failure(&file, "plan")(&error))?;
                visits.push(visit);
            }
            let counted = self.evidence.cover(&visits, closing.log_size);
            closing.check_against((&plan, closing.plan), &counted).map_err(|error| wrong(&error))?;
            self.report.closed.push(one.envelope);
            self.report.steps.push(format!(
                "关闭所列数字已由计划与记录重新得出 the closing's numbers were derived again: {}",
                closing.totals_sha256
            ));
        }
        Ok(())
    }

    /// The steps of each rectification follow one another.
    pub(super) fn rectified(&mut self) -> Result<(), Failure> {
        let mut steps = std::mem::take(&mut self.rectifications);
        steps.sort_by_key(|one| one.place);
        let mut histories: BTreeMap<Sha256, History> = BTreeMap::new();
        for one in &steps {
            let wrong = failure(&one.file, "rectification");
            let said: &RectificationStep = &one.said;
            match histories.get_mut(&said.rectification) {
                Some(history) => history.take(said, one.envelope, said.at).map_err(|error| wrong(&error))?,
                None => {
                    let begun = History::begin(said, one.envelope, said.at).map_err(|error| wrong(&error))?;
                    histories.insert(said.rectification, begun);
                }
            }
        }
        if !histories.is_empty() {
            let is_closed = |one: &&History| one.progress.state == RectificationState::Accepted;
            let closed = histories.values().filter(is_closed).count();
            self.report.steps.push(format!("整改 rectifications: {}，已通过 closed {closed}", histories.len()));
        }
        Ok(())
    }
}
