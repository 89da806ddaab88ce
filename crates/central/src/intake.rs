//! Taking records in: everything is verified before it is stored, and nothing that was refused is thrown away.
//!
//! Order of effects: record row, blob list and log inbox are one transaction; only after its commit does the terminal get
//! an answer. A crash before the commit leaves nothing, and the terminal sends again; a crash after it leaves the record,
//! and the repeated call answers `Identical`.

mod content;

use xunjian_domain::{
    hash::Sha256,
    ids::TerminalId,
    plan::PlannedVisit,
    template::Template,
    visit::{follow_up_problems, seal_problems},
};
use xunjian_proof::{
    record::Record,
    statement::{PlanStatement, Statement as _},
    suite::KeyId,
    verification::{self, Failure, Step, VerifiedRecord},
};
use xunjian_protocol::{
    path::{MAX_BATCH_BYTES, MAX_ENVELOPE_BYTES},
    problem::{Problem, ProblemCode},
    record::{ChainAnswer, RecordAnswer},
};

use crate::{
    aside, clock,
    console::read_model,
    db::{Sql, sql},
    error::Error,
    ledger::read_chunk,
    log::{self, to_i64},
    review,
    site::Site,
};

/// Why a record is not taken in, and whether its bytes are kept aside for a person to look at.
pub(crate) struct Refusal {
    pub code: ProblemCode,
    pub detail: String,
    is_kept: bool,
    /// Whether it builds on a record that is not here, and that may only be late.
    lacks_base: bool,
}

fn kept(code: ProblemCode, detail: impl Into<String>) -> Refusal {
    Refusal { code, detail: detail.into(), is_kept: true, lacks_base: false }
}

/// Takes one record in, or says why not.
///
/// # Errors
/// [`Error`] of the database; then nothing was stored and the terminal sends again.
pub fn submit(
    site: &Site,
    terminal: &TerminalId,
    envelope: &[u8],
    language: xunjian_domain::text::Language,
) -> Result<RecordAnswer, Error> {
    let answer = site.db.write(|sql| {
        let refusal = match take(site, sql, terminal, envelope)? {
            Ok(answer) => return Ok::<_, Error>(answer),
            Err(refusal) => refusal,
        };
        refuse(site, sql, terminal, envelope, refusal, language)
    })?;
    fail::fail_point!("intake.after_commit");
    Ok(answer)
}

/// As [`submit`], for a record that a relay bundle brought. `None` for one that corrects a record which may come in another
/// bundle: nothing is said of it yet, and nothing kept aside. Inside the transaction that notes what became of it.
pub(crate) fn submit_relayed(
    site: &Site,
    sql: &dyn Sql,
    terminal: &TerminalId,
    envelope: &[u8],
    language: xunjian_domain::text::Language,
) -> Result<Option<RecordAnswer>, Error> {
    let refusal = match take(site, sql, terminal, envelope)? {
        Ok(answer) => return Ok(Some(answer)),
        Err(refusal) => refusal,
    };
    if refusal.lacks_base
        && let Ok((_, verified)) = verification::read_record(envelope)
    {
        let place = to_i64(verified.record.terminal.sequence);
        let row = sql.first(sql!("relay_places_before"), &[terminal.as_str().into(), place.into()])?;
        let is_whole = row.map_or(Ok(0), |row| row.i64(0))? >= place - 1;
        if !is_whole {
            return Ok(None);
        }
    }
    refuse(site, sql, terminal, envelope, refusal, language).map(Some)
}

fn take(
    site: &Site,
    sql: &dyn Sql,
    terminal: &TerminalId,
    envelope: &[u8],
) -> Result<Result<RecordAnswer, Refusal>, Error> {
    Ok(match judge(site, sql, terminal, envelope)? {
        Ok(Judgement::Identical(record)) => Ok(RecordAnswer::Identical { record }),
        Ok(Judgement::New(verified)) => {
            store(sql, &verified, envelope)?;
            fail::fail_point!("intake.before_commit");
            Ok(RecordAnswer::Stored { record: verified.id })
        }
        Err(refusal) => Err(refusal),
    })
}

fn refuse(
    site: &Site,
    sql: &dyn Sql,
    terminal: &TerminalId,
    envelope: &[u8],
    refusal: Refusal,
    language: xunjian_domain::text::Language,
) -> Result<RecordAnswer, Error> {
    if refusal.is_kept {
        aside::keep(site, sql, terminal, envelope, (refusal.code, &refusal.detail))?;
    }
    Ok(RecordAnswer::Refused { problem: Problem::new(refusal.code, refusal.detail, language) })
}

/// What is here of a terminal's chain behind a place: the last place, and the envelopes that fit into one answer.
///
/// # Errors
/// [`Error`] of the database, or of an envelope that is no text.
pub fn chain(site: &Site, terminal: &TerminalId, after: u64) -> Result<ChainAnswer, Error> {
    site.db.read(|sql| {
        let end = sql.first(sql!("record_chain_end"), &[terminal.as_str().into()])?;
        let end = end.map_or(Ok(0), |row| row.i64(0))?;
        let rows = sql.query(sql!("record_behind"), &[terminal.as_str().into(), to_i64(after).into()])?;
        let (mut envelopes, mut bytes) = (Vec::new(), 0);
        for row in rows {
            let envelope = String::from_utf8(row.bytes(0)?.to_vec())
                .map_err(|_| Error::Damaged("the envelope of a record is no text".to_owned()))?;
            bytes += envelope.len();
            if bytes > MAX_BATCH_BYTES && !envelopes.is_empty() {
                break;
            }
            envelopes.push(envelope);
        }
        Ok(ChainAnswer { end: u64::try_from(end).unwrap_or(0), envelopes })
    })
}

enum Judgement {
    Identical(Sha256),
    New(Box<VerifiedRecord>),
}

fn judge(
    site: &Site,
    sql: &dyn Sql,
    terminal: &TerminalId,
    envelope: &[u8],
) -> Result<Result<Judgement, Refusal>, Error> {
    if envelope.len() > MAX_ENVELOPE_BYTES {
        let detail = format!("{} bytes", envelope.len());
        return Ok(Err(Refusal { code: ProblemCode::TooLarge, detail, is_kept: false, lacks_base: false }));
    }
    let verified = match verification::read_record(envelope) {
        Ok((_, verified)) => verified,
        Err(failure) => return Ok(Err(kept(ProblemCode::RecordMalformed, failure.reason))),
    };
    let record = &verified.record;
    if &record.terminal.id != terminal {
        return Ok(Err(kept(ProblemCode::RecordNotTrusted, "the record is of another terminal")));
    }
    if sql.first(sql!("record_by_id"), &[verified.id.to_hex().into()])?.is_some() {
        return Ok(Ok(Judgement::Identical(verified.id)));
    }
    if let Some(refusal) = judge_signatures(site, sql, envelope, record)? {
        return Ok(Err(refusal));
    }
    if let Some(refusal) = judge_plan(sql, record)? {
        return Ok(Err(refusal));
    }
    if let Some(refusal) = judge_place(sql, &verified)? {
        return Ok(Err(refusal));
    }
    Ok(Ok(Judgement::New(Box::new(verified))))
}

pub(crate) fn judge_signatures(
    site: &Site,
    sql: &dyn Sql,
    envelope: &[u8],
    record: &Record,
) -> Result<Option<Refusal>, Error> {
    let keyring = site.keyring(sql)?;
    let keys = [&record.inspector.key, &record.terminal.key];
    if let Err(Failure { step, reason }) = verification::verify_record(envelope, &keyring) {
        let is_waiting = |key: &KeyId| -> Result<bool, Error> {
            let asked = sql.query(sql!("key_request_select"), &[])?;
            Ok(asked.iter().any(|row| row.text(0).is_ok_and(|id| id == key.as_str())))
        };
        let is_key_step = matches!(step, Step::InspectorKey | Step::TerminalKey);
        for key in keys {
            if is_key_step && keyring.statement(key).is_none() && is_waiting(key)? {
                let detail = format!("{key}");
                return Ok(Some(Refusal {
                    code: ProblemCode::KeyNotApproved,
                    detail,
                    is_kept: false,
                    lacks_base: false,
                }));
            }
        }
        let code = if matches!(step, Step::Bytes | Step::Consistency) {
            ProblemCode::RecordMalformed
        } else {
            ProblemCode::RecordNotTrusted
        };
        return Ok(Some(kept(code, format!("{step:?}: {reason}"))));
    }
    // What was logged before the revocation stands; this comes after it.
    let revoked = keys.into_iter().find(|key| keyring.revocation(key).is_some());
    Ok(revoked.map(|key| kept(ProblemCode::RevokedKey, key.to_string())))
}

pub(crate) fn judge_plan(sql: &dyn Sql, record: &Record) -> Result<Option<Refusal>, Error> {
    let refuse = |detail: String| Ok(Some(kept(ProblemCode::NotPlanned, detail)));
    let Some(row) = sql.first(sql!("planned_visit_by_id"), &[record.visit.id.as_str().into()])? else {
        return refuse(format!("no round plans the visit {}", record.visit.id));
    };
    let (visit, plan): (Sha256, Sha256) = match (row.text(0)?.parse(), row.text(1)?.parse()) {
        (Ok(visit), Ok(plan)) => (visit, plan),
        _ => return Err(Error::Damaged("a planned visit names no document".to_owned())),
    };
    if record.plan != plan {
        return refuse("the record names another plan than its visit's".to_owned());
    }
    let (envelope, _) =
        log::receipt(sql, &plan)?.ok_or_else(|| Error::Damaged(format!("the plan {plan} is not in the log")))?;
    let planned = PlanStatement::read(&xunjian_proof::dsse::Envelope::from_bytes(&envelope)?)?.plan;
    let visit: PlannedVisit = read_chunk(sql, &visit)?;
    let is_same = record.round == planned.round
        && record.template == planned.template
        && record.ledger == planned.ledger
        && record.visit.kind == visit.kind
        && record.visit.subject == visit.subject
        && record.visit.room == visit.room;
    if !is_same {
        return refuse("round, template, ledger or place differ from the plan's".to_owned());
    }
    let template: Template = read_chunk(sql, &planned.template.sha256)?;
    let visit_on = record.clock.sealed.wall_ms.day_in_china();
    let content = content::problem(record, &visit, &template)
        .map_or_else(|| content::of_ledger(sql, record, &visit, &planned.ledger), |problem| Ok(Some(problem)))?;
    let content = content.map_or_else(|| content::of_blobs(sql, record), |problem| Ok(Some(problem)))?;
    let content = content.map_or_else(|| content::of_earlier_findings(sql, record), |problem| Ok(Some(problem)))?;
    if let Some(problem) = content {
        return Ok(Some(kept(ProblemCode::RecordMalformed, problem)));
    }
    let mut problems = seal_problems(&template, &visit, &record.lines, &record.findings, visit_on);
    problems.extend(follow_up_problems(&[], &record.follow_ups));
    match problems.first() {
        Some(problem) => refuse(problem.message.en.clone()),
        None => Ok(None),
    }
}

fn judge_place(sql: &dyn Sql, verified: &VerifiedRecord) -> Result<Option<Refusal>, Error> {
    let record = &verified.record;
    let in_chain = |sequence: u64| -> Result<Vec<String>, Error> {
        let rows =
            sql.query(sql!("record_in_chain"), &[record.terminal.id.as_str().into(), to_i64(sequence).into()])?;
        Ok(rows.iter().map(|row| row.text(0).map(str::to_owned)).collect::<Result<_, _>>()?)
    };
    if let Some(other) = in_chain(record.terminal.sequence)?.first() {
        return Ok(Some(kept(
            ProblemCode::OtherRecordInPlace,
            format!("place {} of the terminal: {other}", record.terminal.sequence),
        )));
    }
    let revision = i64::from(record.visit.revision);
    if let Some(row) = sql.first(sql!("record_of_visit"), &[record.visit.id.as_str().into(), revision.into()])? {
        return Ok(Some(kept(
            ProblemCode::OtherRecordInPlace,
            format!("revision {revision} of the visit: {}", row.text(0)?),
        )));
    }
    let broken = |detail: String| Ok(Some(kept(ProblemCode::BrokenChain, detail)));
    // A decision may have let two records stand at one place; the next one goes on from either.
    let before = in_chain(record.terminal.sequence.saturating_sub(1))?;
    let named = record.terminal.previous.map(|previous| previous.to_hex());
    if let Some(first) = before.first().filter(|_| !before.iter().any(|id| Some(id) == named.as_ref())) {
        return broken(format!("the record before is {first}"));
    }
    // Records may come out of order, by relay bundle for one: then the next one is here already and names this place.
    let after = record.terminal.sequence.saturating_add(1);
    let values = [record.terminal.id.as_str().into(), to_i64(after).into()];
    let (mut next_one, mut is_named) = (None, false);
    for row in sql.query(sql!("record_after"), &values)? {
        let (_, next) = verification::read_record(row.bytes(1)?).map_err(|failure| Error::Damaged(failure.reason))?;
        is_named |= next.record.terminal.previous == Some(verified.id);
        next_one.get_or_insert(row.text(0)?.to_owned());
    }
    if let Some(next) = next_one.filter(|_| !is_named) {
        return broken(format!("the record after, {next}, names another one before it"));
    }
    judge_amendment(sql, record)
}

/// An amendment corrects the record that stands here as the revision before, and no other.
fn judge_amendment(sql: &dyn Sql, record: &Record) -> Result<Option<Refusal>, Error> {
    let Some(amends) = &record.amends else { return Ok(None) };
    let revision = i64::from(record.visit.revision) - 1;
    let rows = sql.query(sql!("record_of_visit"), &[record.visit.id.as_str().into(), revision.into()])?;
    let before: Vec<&str> = rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
    if before.contains(&amends.record.to_hex().as_str()) {
        // A return that it names must be one of that record; an inspector may also correct unasked.
        return match &amends.returned_by {
            Some(named) if !review::returned(sql, named, &amends.record)? => {
                Ok(Some(kept(ProblemCode::AmendmentUnfounded, named.to_hex())))
            }
            _ => Ok(None),
        };
    }
    let lacks_base = before.is_empty();
    let before = before.first().copied().unwrap_or("not here");
    let refusal = kept(ProblemCode::BrokenChain, format!("revision {revision} of the visit is {before}"));
    Ok(Some(Refusal { lacks_base, ..refusal }))
}

/// Record, photos to come, read model and log inbox.
pub(crate) fn store(sql: &dyn Sql, verified: &VerifiedRecord, envelope: &[u8]) -> Result<(), Error> {
    let record = &verified.record;
    let id = verified.id.to_hex();
    let hash = Sha256::of(envelope).to_hex();
    let now = clock::now();
    // 0 in a free place, as everywhere but where a decision lets a record stand beside another one.
    let place = [
        record.terminal.id.as_str().into(),
        to_i64(record.terminal.sequence).into(),
        record.visit.id.as_str().into(),
        i64::from(record.visit.revision).into(),
    ];
    let beside = sql.first(sql!("record_beside"), &place)?.map_or(Ok(0), |row| row.i64(0))?;
    let values = [
        id.as_str().into(),
        hash.into(),
        envelope.to_vec().into(),
        record.terminal.id.as_str().into(),
        to_i64(record.terminal.sequence).into(),
        record.visit.id.as_str().into(),
        i64::from(record.visit.revision).into(),
        record.inspector.id.as_str().into(),
        record.clock.sealed.wall_ms.0.into(),
        now.0.into(),
        beside.into(),
    ];
    sql.execute(sql!("record_insert"), &values)?;
    read_model::put_record(sql, &verified.id, record, now.0)?;
    for blob in record.blobs() {
        let values = [id.as_str().into(), blob.sha256.to_hex().into(), to_i64(blob.bytes).into()];
        sql.execute(sql!("record_blob_insert"), &values)?;
    }
    log::enqueue(sql, "record", &xunjian_proof::dsse::Envelope::from_bytes(envelope)?)
}
