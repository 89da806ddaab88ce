//! 裁定: which of several records counts. The service puts the case together and takes the signed decision in; it decides
//! nothing itself.
//!
//! Order of effects: the decision, what it says of each record, the record it lets in, and the inbox of the log are one
//! transaction. The decision comes before the record in the log, so that a record of a revoked key never stands there without one.

use std::collections::BTreeMap;

use serde::Serialize;
use xunjian_domain::{hash::Sha256, ids::VisitId, time::TimestampMs};
use xunjian_proof::{
    decision::{Candidate, CaseRecord, Decision, DecisionCase, DecisionError, verify_decision},
    dsse::Envelope,
    statement::Statement as _,
    verification::{self, VerifiedRecord},
};
use xunjian_protocol::problem::ProblemCode;

use crate::{
    aside, clock,
    db::{Sql, sql},
    delivery,
    error::Error,
    intake, log,
    site::Site,
};

/// What a person can decide about: records that are sound, and for which there was no place or no key any more. What is
/// malformed, not trusted or not planned stays what it is.
const DECIDABLE: [ProblemCode; 3] =
    [ProblemCode::OtherRecordInPlace, ProblemCode::BrokenChain, ProblemCode::RevokedKey];

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// The visit.
    pub visit: VisitId,
    /// The record that counts, if one does.
    pub counts: Option<Sha256>,
    /// Whether that record was taken in by this decision: its terminal now sends the photos.
    pub admitted: bool,
    /// Whether the decision was here already; nothing changed then.
    pub identical: bool,
}

fn told_of(error: &DecisionError) -> Error {
    let zh = match error {
        DecisionError::OwnRecord(_) => "裁定人就是其中一份记录的巡检人员，不能裁定自己的记录",
        DecisionError::NotADecider(_) => "只有监理方或管理方的复核人员可以裁定",
        DecisionError::Keyring(_) => "裁定所用的密钥未经站点根声明，或不是人员密钥",
        DecisionError::OtherSigner { .. } => "签名人与所写裁定人不是同一人",
        DecisionError::Foreign => "裁定属于另一个站点或另一次巡检",
        DecisionError::Envelope(_) => "裁定的签名不正确",
        DecisionError::Statement(_) | DecisionError::Record(_) | DecisionError::Malformed(_) => "文件不是完整的裁定",
    };
    Error::told(format!("{zh}，未收入（{error}）"), format!("not taken in: {error}"))
}

/// The case of one record that is kept aside: everything that claims the same revision of its visit, side by side.
///
/// # Errors
/// [`Error::Told`] when nothing of that hash is kept, or a person cannot decide about it.
pub fn case(site: &Site, envelope: &Sha256) -> Result<DecisionCase, Error> {
    site.db.read(|sql| {
        let row = sql.first(sql!("set_aside_row"), &[envelope.to_hex().into()])?.ok_or_else(|| {
            Error::told(format!("没有哈希为 {envelope} 的另存记录"), format!("nothing is kept aside as {envelope}"))
        })?;
        let problem = row.text(1)?.to_owned();
        if !decidable(&problem) {
            return Err(Error::told(
                format!("该记录因“{problem}”另存，不在可裁定之列：裁定只用于位置冲突、断链与吊销后到达"),
                format!("it is kept aside for {problem}: only conflicts, broken chains and records after a revocation are decided"),
            ));
        }
        let wanted = verification::read_record(row.bytes(0)?);
        let (_, wanted) = wanted.map_err(|failure| Error::Damaged(failure.to_string()))?;
        let (visit, revision) = (wanted.record.visit.id.clone(), wanted.record.visit.revision);
        let mut records = Vec::new();
        for row in sql.query(sql!("record_of_visit"), &[visit.as_str().into(), i64::from(revision).into()])? {
            records.push(of_case(row.bytes(1)?, String::new(), row.i64(2)?)?);
        }
        for one in aside::aside(sql)?.iter().filter(|one| decidable(&one.problem)) {
            let bytes = aside::bytes(sql, &one.envelope)?.unwrap_or_default();
            let Ok((_, read)) = verification::read_record(&bytes) else { continue };
            let is_here = records.iter().any(|known| Sha256::of(known.envelope.as_bytes()) == one.envelope);
            if !is_here && read.record.visit.id == visit && read.record.visit.revision == revision {
                records.push(of_case(&bytes, format!("{} {}", one.problem, one.detail), one.received_at.0)?);
            }
        }
        Ok(DecisionCase { site: site.settings.root.site.clone(), visit, revision, records })
    })
}

fn of_case(envelope: &[u8], problem: String, received_at: i64) -> Result<CaseRecord, Error> {
    let envelope = String::from_utf8(envelope.to_vec()).map_err(|_| Error::Damaged("an envelope is no text".into()))?;
    Ok(CaseRecord { envelope, problem, received_at: TimestampMs(received_at) })
}

/// Whether a person can decide about what is kept aside for this problem.
pub(crate) fn decidable(problem: &str) -> bool {
    DECIDABLE.iter().any(|code| code.number() == problem)
}

/// Takes a signed decision in. The same one again changes nothing; a later one about the same records holds instead.
///
/// # Errors
/// [`Error::Told`] saying why it does not count: the signer, the records it names, or a record that cannot be taken in.
pub fn decide(site: &Site, actor: &str, envelope: &Envelope) -> Result<Decided, Error> {
    let decided = site.db.write(|sql| {
        let keyring = site.keyring(sql)?;
        let (decision, person) = verify_decision(envelope, &keyring).map_err(|error| told_of(&error))?;
        if keyring.revocation(&person.key.id()).is_some() {
            return Err(Error::told(
                "裁定人的密钥已吊销，未收入",
                "the key of whoever decided was revoked; not taken in",
            ));
        }
        let hash = envelope.sha256().to_hex();
        let values = [
            hash.as_str().into(),
            envelope.to_bytes().into(),
            decision.visit.as_str().into(),
            i64::from(decision.revision).into(),
            decision.decided_by.as_str().into(),
            decision.at.0.into(),
            clock::now().0.into(),
        ];
        let (visit, counts) = (decision.visit.clone(), decision.counts);
        if sql.execute(sql!("decision_insert"), &values)? == 0 {
            return Ok(Decided { visit, counts, admitted: false, identical: true });
        }
        let to_admit = examine(site, sql, &decision)?;
        log::enqueue(sql, "decision", envelope)?;
        for one in &decision.candidates {
            let does_count = i64::from(decision.counts == Some(one.record));
            sql.execute(
                sql!("decided_record_put"),
                &[one.record.to_hex().into(), hash.as_str().into(), does_count.into()],
            )?;
        }
        if let Some((verified, bytes)) = &to_admit {
            intake::store(sql, verified, bytes)?;
        }
        sql.execute(sql!("record_summary_current"), &[visit.as_str().into()])?;
        let counted = counts.map_or_else(String::new, |record| record.to_hex());
        let details = [
            ("decided_by", decision.decided_by.as_str()),
            ("decision", hash.as_str()),
            ("counts", counted.as_str()),
            ("visit", visit.as_str()),
        ];
        log::audit(site, sql, actor, "record.decide", &details)?;
        Ok(Decided { visit, counts, admitted: to_admit.is_some(), identical: false })
    })?;
    delivery::deliver_ready(site)?;
    Ok(decided)
}

type Admitted = (Box<VerifiedRecord>, Vec<u8>);

/// Holds the decision against the records that are here; returns the one that it lets in.
fn examine(site: &Site, sql: &dyn Sql, decision: &Decision) -> Result<Option<Admitted>, Error> {
    let mut to_admit = None;
    for one in &decision.candidates {
        let (bytes, aside_for) = stored(sql, one)?;
        let (_, verified) = verification::read_record(&bytes).map_err(|failure| Error::Damaged(failure.to_string()))?;
        let record = &verified.record;
        let is_same = verified.id == one.record
            && record.inspector.id == one.inspector
            && record.visit.id == decision.visit
            && record.visit.revision == decision.revision;
        if !is_same {
            return Err(told_of(&DecisionError::Foreign));
        }
        let Some(problem) = aside_for else { continue };
        if !decidable(&problem) {
            return Err(Error::told(
                format!("记录 {} 因“{problem}”另存，不能由裁定计入", one.record),
                format!("the record {} is kept aside for {problem}: no decision can let it count", one.record),
            ));
        }
        if decision.counts == Some(one.record) {
            to_admit = Some((Box::new(verified), bytes));
        }
    }
    let values = [decision.visit.as_str().into(), i64::from(decision.revision).into()];
    for row in sql.query(sql!("record_of_visit"), &values)? {
        if !decision.candidates.iter().any(|one| row.text(0).is_ok_and(|id| id == one.record.to_hex())) {
            return Err(Error::told(
                "裁定之后又到了一份同一巡检的记录，请重新导出并裁定",
                "another record of this visit has come since: export the case again and decide anew",
            ));
        }
    }
    if let Some((verified, bytes)) = &to_admit {
        // Everything but place and revocation is judged as on any other day.
        let refusal = match intake::judge_signatures(site, sql, bytes, &verified.record)? {
            Some(refusal) if refusal.code != ProblemCode::RevokedKey => Some(refusal),
            _ => intake::judge_plan(sql, &verified.record)?,
        };
        if let Some(refusal) = refusal {
            let (number, detail) = (refusal.code.number(), &refusal.detail);
            return Err(Error::told(
                format!("记录 {} 未通过核验，不能计入：{number} {detail}", verified.id),
                format!("the record {} does not verify and cannot count: {number} {detail}", verified.id),
            ));
        }
    }
    Ok(to_admit)
}

/// The bytes of a candidate, and why it is kept aside if it was not taken in.
fn stored(sql: &dyn Sql, one: &Candidate) -> Result<(Vec<u8>, Option<String>), Error> {
    if let Some(row) = sql.first(sql!("record_by_id"), &[one.record.to_hex().into()])? {
        // The first accepted envelope of a record stays; another one of the same bytes signs the same record.
        return Ok((row.bytes(0)?.to_vec(), None));
    }
    let row = sql.first(sql!("set_aside_row"), &[one.envelope.to_hex().into()])?.ok_or_else(|| {
        Error::told(
            format!("库中没有裁定所列的记录 {}", one.record),
            format!("the record {} that the decision names is not here", one.record),
        )
    })?;
    Ok((row.bytes(0)?.to_vec(), Some(row.text(1)?.to_owned())))
}

/// What the last decision says of envelopes that are kept aside: whether they count. Those nobody decided about are not in it.
///
/// # Errors
/// [`Error`] of the database.
pub fn of_aside(sql: &dyn Sql) -> Result<BTreeMap<Sha256, bool>, Error> {
    let mut said = BTreeMap::new();
    for row in sql.query(sql!("decision_all"), &[])? {
        let Ok(decision) = Decision::read(&Envelope::from_bytes(row.bytes(1)?)?) else { continue };
        said.extend(decision.candidates.iter().map(|one| (one.envelope, decision.counts == Some(one.record))));
    }
    Ok(said)
}
