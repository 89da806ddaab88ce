//! 台账变更单: records propose, a person decides, and the service applies what was approved as a new version.
//!
//! The service decides nothing. Order of effects: the decision's leaf, the new version and its audit are one transaction, the
//! leaf first; a decision that does not fit the ledger any more is refused whole, and the change set stays open.

use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, RackId, RoundId},
    ledger::{Ground, ImportReport, NotApplied, apply},
    time::TimestampMs,
};
use xunjian_ledger::changes::{Report, propose as proposed};
use xunjian_proof::{
    dsse::Envelope,
    jcs,
    ledger_change::{ChangeError, ChangeSet, verify_change},
    verification,
};

use super::{current, store};
use crate::{
    clock,
    db::{Row, Sql, sql},
    error::Error,
    log,
    site::Site,
};

/// A change set and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredChange {
    /// What it is known by: the hash of its canonical bytes.
    pub id: Sha256,
    /// What it changes.
    pub change_set: ChangeSet,
    /// Who had it made.
    pub proposed_by: String,
    /// When.
    pub proposed_at: TimestampMs,
    /// What a person decided; `None` while nobody did.
    pub decision: Option<StoredDecision>,
}

/// What a person decided about a change set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredDecision {
    /// The signed envelope.
    pub envelope: Sha256,
    /// Whether it was approved.
    pub approved: bool,
    /// Who decided.
    pub decided_by: PersonId,
    /// When, by that person's terminal.
    pub decided_at: TimestampMs,
    /// The version of the ledger that it made; 0 for none.
    pub version: u32,
}

/// What became of a proposal or decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The change set.
    pub change: StoredChange,
    /// Whether it was here already; nothing changed then.
    pub identical: bool,
}

fn of_row(row: &Row) -> Result<StoredChange, Error> {
    let decision = row.bytes(5)?;
    let decision = (!decision.is_empty())
        .then(|| -> Result<_, Error> {
            Ok(StoredDecision {
                envelope: Sha256::of(decision),
                approved: row.i64(6)? == 1,
                decided_by: PersonId::new(row.text(7)?),
                decided_at: TimestampMs(row.i64(8)?),
                version: u32::try_from(row.i64(9)?).unwrap_or(0),
            })
        })
        .transpose()?;
    Ok(StoredChange {
        id: row.text(0)?.parse().map_err(|_| Error::Damaged("a change set has no hash".to_owned()))?,
        change_set: jcs::from_bytes(row.bytes(1)?)?,
        proposed_by: row.text(3)?.to_owned(),
        proposed_at: TimestampMs(row.i64(4)?),
        decision,
    })
}

/// All change sets, the newest first.
///
/// # Errors
/// [`Error`] of the database.
pub fn all(sql: &dyn Sql) -> Result<Vec<StoredChange>, Error> {
    sql.query(sql!("ledger_change_all"), &[])?.iter().map(of_row).collect()
}

/// One change set, by the beginning of its id.
///
/// # Errors
/// [`Error::Told`] when none or several begin so.
pub fn find(sql: &dyn Sql, beginning: &str) -> Result<StoredChange, Error> {
    let mut fitting = all(sql)?.into_iter().filter(|one| one.id.to_hex().starts_with(beginning));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(Error::told(
            format!("没有（或不止一份）编号以“{beginning}”开头的台账变更单"),
            format!("none or several change sets have an id that begins with \"{beginning}\""),
        )),
    }
}

/// Makes a change set of what the records of a round say against the current ledger. The same records and ledger again make
/// the same change set, as long as nothing is added that needs a new id.
///
/// # Errors
/// [`Error::Told`] when there is no ledger, or the records propose nothing.
pub fn propose(site: &Site, actor: &str, round: &RoundId) -> Result<Changed, Error> {
    site.db.write(|sql| {
        let Some((base, ledger)) = current(sql)? else {
            return Err(Error::told("还没有台账", "there is no ledger yet"));
        };
        let mut records = Vec::new();
        for row in sql.query(sql!("record_current_racks"), &[round.as_str().into()])? {
            let (_, read) = verification::read_record(row.bytes(0)?).map_err(|why| Error::Damaged(why.to_string()))?;
            let rack = RackId::new(&*read.record.visit.subject.id);
            records.push((read.id, rack, read.record));
        }
        let reports: Vec<Report<'_>> = records
            .iter()
            .map(|(id, rack, record)| Report {
                ground: Ground { record: *id, inspector: record.inspector.id.clone() },
                rack,
                reconciliation: &record.reconciliation,
            })
            .collect();
        let mut ids = clock::new_id;
        let changes = proposed(&ledger, &reports, &mut ids);
        if changes.is_empty() {
            return Err(Error::told(
                format!("轮次 {round} 的记录与现行台账没有可提出的差异，未建变更单"),
                format!("the records of the round {round} propose no change of the ledger"),
            ));
        }
        let set = ChangeSet { site: site.settings.root.site.clone(), round: round.clone(), base, changes };
        let (id, bytes) = (set.id()?, jcs::to_bytes(&set)?);
        let values = [
            id.to_hex().into(),
            bytes.into(),
            round.as_str().into(),
            actor.into(),
            clock::now().0.into(),
            Vec::<u8>::new().into(),
        ];
        let identical = sql.execute(sql!("ledger_change_insert"), &values)? == 0;
        if !identical {
            let count = set.changes.len().to_string();
            let details = [("change", id.to_hex()), ("changes", count), ("round", round.to_string())];
            let details: Vec<(&str, &str)> = details.iter().map(|(name, value)| (*name, value.as_str())).collect();
            log::audit(site, sql, actor, "ledger.change.propose", &details)?;
        }
        Ok(Changed { change: find(sql, &id.to_hex())?, identical })
    })
}

fn told_of(error: &ChangeError) -> Error {
    let zh = match error {
        ChangeError::OwnRecord(_) => "审批人就是其中一份记录的巡检人员，不能审批自己提出的变更",
        ChangeError::NotAnApprover(_) => "只有台账审批人可以审批台账变更",
        ChangeError::Keyring(_) => "审批所用的密钥未经站点根声明，或不是人员密钥",
        ChangeError::OtherSigner { .. } => "签名人与所写审批人不是同一人",
        ChangeError::Foreign => "变更单属于另一个站点",
        ChangeError::Envelope(_) => "审批的签名不正确",
        ChangeError::Statement(_) | ChangeError::Malformed(_) => "文件不是完整的审批",
    };
    Error::told(format!("{zh}，未收入（{error}）"), format!("not taken in: {error}"))
}

fn told_unfit(error: &NotApplied) -> Error {
    let zh = match error {
        NotApplied::Outdated(_) => "提出之后台账已有变化，请重新提出变更单并审批",
        NotApplied::NoPlace(_) => "变更后的位置不在台账的机柜之内",
        NotApplied::Malformed(_) => "变更单自相矛盾",
    };
    Error::told(format!("{zh}，台账未改动（{error}）"), format!("the ledger was not changed: {error}; propose anew"))
}

/// Takes a signed decision in. An approved change set becomes a new version; the same decision again changes nothing, and
/// another one about the same change set is refused.
///
/// # Errors
/// [`Error::Told`] saying why it does not count, or does not fit the ledger any more.
pub fn decide(site: &Site, actor: &str, envelope: &Envelope, approved: bool) -> Result<Changed, Error> {
    let changed = site.db.write(|sql| {
        let keyring = site.keyring(sql)?;
        let (decision, person) = verify_change(envelope, &keyring).map_err(|error| told_of(&error))?;
        if keyring.revocation(&person.key.id()).is_some() {
            return Err(Error::told(
                "审批人的密钥已吊销，未收入",
                "the key of whoever decided was revoked; not taken in",
            ));
        }
        if decision.approved != approved {
            return Err(Error::told(
                "文件所签的审批结论与命令不符，未收入",
                "the signed file says the opposite of the command; not taken in",
            ));
        }
        let set = &decision.change_set;
        let stored = find(sql, &set.id()?.to_hex())?;
        let hash = envelope.sha256();
        if let Some(before) = &stored.decision {
            if before.envelope == hash {
                return Ok(Changed { change: stored, identical: true });
            }
            return Err(Error::told(
                "该变更单已有审批，未收入；如需更改，请重新提出",
                "the change set was decided already; propose anew to change that",
            ));
        }
        check_grounds(sql, set)?;
        log::enqueue(sql, "ledger_change", envelope)?;
        let mut number = 0;
        if approved {
            let Some((base, ledger)) = current(sql)? else {
                return Err(Error::told("还没有台账", "there is no ledger yet"));
            };
            let mut next = apply(&ledger, &set.changes).map_err(|error| told_unfit(&error))?;
            let mut ids = clock::new_id;
            next.derive_systems(&ledger.systems, &mut ids);
            number = base.version + 1;
            let source = format!("变更单 {}", stored.id.short());
            store(site, sql, actor, number, &next, ("ledger.change", &source, &ImportReport::default()))?;
        }
        let values = [
            stored.id.to_hex().into(),
            envelope.to_bytes().into(),
            i64::from(approved).into(),
            decision.decided_by.as_str().into(),
            decision.at.0.into(),
            i64::from(number).into(),
        ];
        sql.execute(sql!("ledger_change_decide"), &values)?;
        let details = [
            ("approved", approved.to_string()),
            ("change", stored.id.to_hex()),
            ("decided_by", decision.decided_by.to_string()),
            ("decision", hash.to_hex()),
        ];
        let details: Vec<(&str, &str)> = details.iter().map(|(name, value)| (*name, value.as_str())).collect();
        log::audit(site, sql, actor, "ledger.change.decide", &details)?;
        Ok(Changed { change: find(sql, &stored.id.to_hex())?, identical: false })
    })?;
    site.sequence()?;
    Ok(changed)
}

/// The records that a change set rests on are here, and sealed by whom it says.
fn check_grounds(sql: &dyn Sql, set: &ChangeSet) -> Result<(), Error> {
    for ground in set.changes.iter().flat_map(|change| &change.because) {
        let row = sql.first(sql!("record_by_id"), &[ground.record.to_hex().into()])?;
        let read =
            row.map(|row| verification::read_record(row.bytes(0)?).map_err(|why| Error::Damaged(why.to_string())));
        let is_so = read.transpose()?.is_some_and(|(_, read)| read.record.inspector.id == ground.inspector);
        if !is_so {
            return Err(Error::told(
                format!("库中没有变更单所依据的记录 {}，或巡检人员不符", ground.record),
                format!("the record {} that shows a change is not here, or of somebody else", ground.record),
            ));
        }
    }
    Ok(())
}
