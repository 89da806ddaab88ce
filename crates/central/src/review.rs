//! 复核: what a terminal is given to review, and countersignatures taken in. The service judges by the same pure rules as the
//! terminal that signed and every verifier afterwards ([`xunjian_proof::review`]); it accepts nothing in anybody's place.
//!
//! Order of effects: the countersignature, what it says of the record, which record counts now, and the inbox of the log are one
//! transaction. A crash before its commit leaves nothing, and the terminal sends again; after it, the repeated call is told
//! `Identical`.

use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    ids::TerminalId,
    party::{PartyKind, Role},
    text::Language,
};
use xunjian_proof::{
    dsse::Envelope,
    keyring::KeyringError,
    review::{LogOrder, ReviewError, ReviewState, Reviewed, review_state, verify_countersignature},
    statement::{Countersignature, HolderKind, ReviewVerdict, Statement as _},
    suite::KeyId,
    verification,
};
use xunjian_protocol::{
    path::MAX_BATCH_BYTES,
    problem::{Problem, ProblemCode},
    review::{
        CountersignatureAnswer, DeliveredRecord, LoggedLeaf, MAX_ENTRIES, ReviewEntry, ReviewsAnswer, problem_of,
    },
};

use crate::{
    clock, cosign,
    db::{Row, Sql, sql},
    error::Error,
    integrity::{self, Findings},
    log::{self, to_i64, to_u64},
    round::kind_text,
    session,
    site::Site,
};

/// Most bytes of a countersignature: a reason for each line of a large rack fits many times.
const MAX_BYTES: usize = 256 * 1024;

struct Refusal {
    code: ProblemCode,
    detail: String,
}

impl From<ReviewError> for Refusal {
    fn from(error: ReviewError) -> Self {
        Self { code: problem_of(&error), detail: error.to_string() }
    }
}

/// Takes one countersignature in, or says why it does not count.
///
/// # Errors
/// [`Error`] of the database; then nothing was stored and the terminal sends again.
pub fn submit(site: &Site, envelope: &[u8], language: Language) -> Result<CountersignatureAnswer, Error> {
    site.db.write(|sql| {
        let countersignature = Sha256::of(envelope);
        if sql.first(sql!("countersignature_has"), &[countersignature.to_hex().into()])?.is_some() {
            return Ok(CountersignatureAnswer::Identical { countersignature });
        }
        match judge(site, sql, envelope)? {
            Ok((signed, said)) => {
                store(sql, &signed, &said)?;
                fail::fail_point!("review.before_commit");
                Ok(CountersignatureAnswer::Stored { countersignature })
            }
            Err(Refusal { code, detail }) => {
                tracing::warn!(%countersignature, code = code.number(), %detail, "a countersignature does not count");
                Ok(CountersignatureAnswer::Refused { problem: Problem::new(code, detail, language) })
            }
        }
    })
}

fn judge(site: &Site, sql: &dyn Sql, bytes: &[u8]) -> Result<Result<(Envelope, Countersignature), Refusal>, Error> {
    let refuse = |code, detail: String| Ok(Err(Refusal { code, detail }));
    if bytes.len() > MAX_BYTES {
        return refuse(ProblemCode::TooLarge, format!("{} bytes, at most {MAX_BYTES}", bytes.len()));
    }
    let signed = match Envelope::from_bytes(bytes) {
        Ok(signed) => signed,
        Err(error) => return refuse(ProblemCode::ReviewMalformed, error.to_string()),
    };
    let said = match Countersignature::read(&signed) {
        Ok(said) => said,
        Err(error) => return refuse(ProblemCode::ReviewMalformed, error.to_string()),
    };
    let id = said.record.to_hex();
    let Some(row) = sql.first(sql!("record_by_id"), &[id.as_str().into()])? else {
        return refuse(ProblemCode::NotFound, id);
    };
    let (envelope, record) =
        verification::read_record(row.bytes(0)?).map_err(|failure| Error::Damaged(failure.to_string()))?;
    let delivered = sql.first(sql!("delivered_of"), &[id.as_str().into()])?;
    let Some(delivered) = delivered.filter(|row| !row.is_null(1)) else {
        return refuse(ProblemCode::RecordNotDelivered, id);
    };
    let keyring = site.keyring(sql)?;
    let reviewed = Reviewed { record: &record, envelope: &envelope, delivered: delivered.bytes(2)? };
    let judged = verify_countersignature(&signed, reviewed, &keyring, LogOrder::Last { now: clock::now() });
    if let Err(ReviewError::Key(KeyringError::Unknown(key))) = &judged
        && is_waiting(sql, key)?
    {
        return refuse(ProblemCode::KeyNotApproved, key.to_string());
    }
    if let Err(error) = judged {
        return Ok(Err(error.into()));
    }
    if let Some(later) = sql.first(sql!("record_amended"), &[id.into()])? {
        return refuse(ProblemCode::RecordAmended, later.text(0)?.to_owned());
    }
    Ok(Ok((signed, said)))
}

/// Whether somebody asked the site root to vouch for the key.
fn is_waiting(sql: &dyn Sql, key: &KeyId) -> Result<bool, Error> {
    let asked = sql.query(sql!("key_request_select"), &[])?;
    Ok(asked.iter().any(|row| row.text(0).is_ok_and(|id| id == key.as_str())))
}

fn store(sql: &dyn Sql, signed: &Envelope, said: &Countersignature) -> Result<(), Error> {
    let (hash, record) = (signed.sha256().to_hex(), said.record.to_hex());
    let verdict = kind_text(said.verdict)?;
    let values = [
        hash.as_str().into(),
        signed.to_bytes().into(),
        record.as_str().into(),
        said.reviewer.as_str().into(),
        verdict.as_str().into(),
        said.at.0.into(),
        clock::now().0.into(),
    ];
    sql.execute(sql!("countersignature_insert"), &values)?;
    sql.execute(sql!("record_review_put"), &[record.as_str().into(), hash.into(), verdict.into()])?;
    log::enqueue(sql, "countersignature", signed)?;
    let row = sql.first(sql!("record_visit"), &[record.into()])?;
    let visit = row.ok_or_else(|| Error::Damaged("a reviewed record is gone".to_owned()))?;
    sql.execute(sql!("record_summary_current"), &[visit.text(0)?.into()])?;
    Ok(())
}

/// The verdict that a countersignature of this hash gave of this record, if it is here.
///
/// # Errors
/// [`Error`] of the database.
pub(crate) fn returned(sql: &dyn Sql, countersignature: &Sha256, record: &Sha256) -> Result<bool, Error> {
    let row = sql.first(sql!("countersignature_has"), &[countersignature.to_hex().into()])?;
    let Some(row) = row else { return Ok(false) };
    Ok(row.text(0)? == record.to_hex() && row.text(1)? == kind_text(ReviewVerdict::Returned)?)
}

/// Whether somebody who reviews is enrolled on this terminal, by a key that counts now.
///
/// # Errors
/// [`Error`] of the database.
pub fn is_reviewers(site: &Site, sql: &dyn Sql, terminal: &TerminalId) -> Result<bool, Error> {
    let keyring = site.keyring(sql)?;
    for row in sql.query(sql!("terminal_person_keys"), &[terminal.as_str().into()])? {
        let Ok(key) = row.text(0)?.parse::<KeyId>() else { continue };
        let person = keyring.holder(&key, HolderKind::Person, clock::now());
        let reviews = person.is_ok_and(|person| {
            person.roles.contains(&Role::Reviewer)
                && matches!(person.party.kind, PartyKind::Supervisor | PartyKind::Manager)
        });
        if reviews && keyring.revocation(&key).is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What came since: for a reviewer's terminal the delivered records of open rounds with their countersignatures, for every
/// terminal the countersignatures of its own records.
///
/// # Errors
/// [`Error::Problem`] 403.5 for a terminal that was revoked.
pub fn since(site: &Site, terminal: &TerminalId, after: u64) -> Result<ReviewsAnswer, Error> {
    session::refuse_revoked(site, terminal)?;
    site.sequence()?;
    site.db.read(|sql| {
        let is_reviewers = i64::from(is_reviewers(site, sql, terminal)?);
        let limit = to_i64(MAX_ENTRIES as u64 + 1);
        let values = [to_i64(after).into(), is_reviewers.into(), terminal.as_str().into(), limit.into()];
        let rows = sql.query(sql!("review_entries"), &values)?;
        let revocations = sql.query(sql!("revocation_logged"), &[])?;
        let revocations = revocations.iter().map(|row| leaf(sql, &hash(row, 0)?)).collect::<Result<_, _>>()?;
        let mut answer = ReviewsAnswer { entries: Vec::new(), next: after, more: false, revocations };
        let mut bytes = 0;
        for row in &rows {
            if answer.entries.len() == MAX_ENTRIES || bytes > MAX_BATCH_BYTES {
                answer.more = true;
                return Ok(answer);
            }
            let entry = entry(sql, row)?;
            bytes += size(&entry);
            answer.entries.push(entry);
            answer.next = to_u64(row.i64(0)?) + 1;
        }
        // Nothing of what stands between here and the end of the log is for this terminal.
        answer.next = log::tail(sql)?.0.max(answer.next);
        Ok(answer)
    })
}

fn entry(sql: &dyn Sql, row: &Row) -> Result<ReviewEntry, Error> {
    if row.text(1)? == "countersignature" {
        return Ok(ReviewEntry::Countersignature { leaf: leaf(sql, &hash(row, 3)?)? });
    }
    let record = delivered_record(sql, row.text(2)?, &hash(row, 3)?)?;
    let earlier = match sql.first(sql!("review_earlier"), &[row.text(4)?.into()])? {
        // One that waits for the sequencer is left out: there is no proof of it yet.
        Some(earlier) => delivered_record(sql, earlier.text(0)?, &hash(&earlier, 1)?).ok().map(Box::new),
        None => None,
    };
    Ok(ReviewEntry::Record { record: Box::new(record), earlier })
}

fn delivered_record(sql: &dyn Sql, id: &str, delivered: &Sha256) -> Result<DeliveredRecord, Error> {
    let row = sql.first(sql!("record_by_id"), &[id.into()])?;
    let row = row.ok_or_else(|| Error::Damaged(format!("the record {id} is gone")))?;
    Ok(DeliveredRecord { record: leaf(sql, &hash(&row, 2)?)?, delivered: leaf(sql, delivered)? })
}

fn leaf(sql: &dyn Sql, envelope: &Sha256) -> Result<LoggedLeaf, Error> {
    let (bytes, receipt) =
        cosign::receipt(sql, envelope)?.ok_or_else(|| Error::Damaged(format!("the log does not have {envelope}")))?;
    let envelope = String::from_utf8(bytes).map_err(|_| Error::Damaged("an envelope is not text".to_owned()))?;
    Ok(LoggedLeaf { envelope, receipt: receipt.to_string() })
}

fn hash(row: &Row, at: usize) -> Result<Sha256, Error> {
    row.text(at)?.parse().map_err(|_| Error::Damaged("a leaf has no hash".to_owned()))
}

fn size(entry: &ReviewEntry) -> usize {
    let of = |record: &DeliveredRecord| record.record.envelope.len() + record.delivered.envelope.len();
    match entry {
        ReviewEntry::Record { record, earlier } => of(record) + earlier.as_ref().map_or(0, |one| of(one)),
        ReviewEntry::Countersignature { leaf } => leaf.envelope.len(),
    }
}

/// The bytes of a photo of a delivered record, for a reviewer's terminal.
///
/// # Errors
/// [`Error::Problem`] 403.6 for others, 404.3 where no delivered record names it, 500.2 when the stored bytes changed.
pub fn photo(site: &Site, terminal: &TerminalId, sha256: &Sha256) -> Result<Vec<u8>, Error> {
    session::refuse_revoked(site, terminal)?;
    let missing = || Error::Problem(ProblemCode::NotFound, sha256.to_hex());
    let bytes = site.db.read(|sql| {
        if !is_reviewers(site, sql, terminal)? {
            return Err(Error::Problem(ProblemCode::NotAllowed, String::new()));
        }
        let row = sql.first(sql!("blob_of_delivered"), &[sha256.to_hex().into()])?.ok_or_else(missing)?;
        Ok(to_u64(row.i64(0)?))
    })?;
    let photo = std::fs::read(site.blobs.object(sha256)).map_err(|_| missing())?;
    if Sha256::of(&photo) != *sha256 || photo.len() as u64 != bytes {
        return Err(Error::Problem(ProblemCode::PhotoDamaged, sha256.to_hex()));
    }
    Ok(photo)
}

/// A record with how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReviewRow {
    /// The record.
    pub record: String,
    /// What was visited.
    pub title: String,
    /// The round.
    pub round: String,
    /// Its revision.
    pub revision: i64,
    /// Who walked it.
    pub inspector: String,
    /// When record and photos were declared stored; 0 while they are not.
    pub delivered_at: i64,
    /// How it stands.
    pub state: ReviewState,
    /// Who said so last; empty while nobody did.
    pub reviewer: String,
    /// When, by the reviewer's terminal; 0 while nobody did.
    pub reviewed_at: i64,
}

/// Every record with how it stands, the newest first; of one round where `round` is not empty.
///
/// # Errors
/// [`Error`] of the database.
pub fn list(site: &Site, round: &str) -> Result<Vec<ReviewRow>, Error> {
    let read = |row: &Row| -> Result<ReviewRow, Error> {
        Ok(ReviewRow {
            record: row.text(0)?.to_owned(),
            title: row.text(1)?.to_owned(),
            revision: row.i64(2)?,
            inspector: row.text(3)?.to_owned(),
            state: state_of(row.text(5)?, row.i64(8)? > 0)?,
            reviewer: row.text(6)?.to_owned(),
            reviewed_at: row.i64(7)?,
            delivered_at: row.i64(9)?,
            round: row.text(10)?.to_owned(),
        })
    };
    site.db.read(|sql| sql.query(sql!("review_list"), &[round.into()])?.iter().map(read).collect())
}

/// How a record stands, from the verdict in its row (empty while there is none).
///
/// # Errors
/// [`Error`] for a verdict that is none.
pub fn state_of(verdict: &str, is_amended: bool) -> Result<ReviewState, Error> {
    let last = (!verdict.is_empty()).then(|| serde_json::from_value(verdict.into())).transpose()?;
    Ok(review_state(last, is_amended))
}

/// How one record stands.
///
/// # Errors
/// [`Error`] of the database.
pub fn state(sql: &dyn Sql, record: &str) -> Result<ReviewState, Error> {
    let row = sql.first(sql!("review_state"), &[record.into()])?;
    row.map_or(Ok(ReviewState::Waiting), |row| state_of(row.text(0)?, row.i64(1)? > 0))
}

/// One countersignature of a record, checked anew from its stored bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReviewEntryView {
    /// SHA-256 of the envelope.
    pub sha256: String,
    /// Who.
    pub reviewer: String,
    /// For whom.
    pub party: String,
    /// 监理方 or 管理方.
    pub party_kind: Option<PartyKind>,
    /// What it says.
    pub verdict: ReviewVerdict,
    /// What is wrong in which line, by the line's number.
    pub lines: std::collections::BTreeMap<String, String>,
    /// What else was said.
    pub comment: String,
    /// When, by the reviewer's terminal.
    pub at: i64,
    /// When it came.
    pub received_at: i64,
    /// Its place in the log; `null` while it waits.
    pub leaf: Option<u64>,
    /// Why it does not count; empty when it does.
    pub failure: String,
}

/// The countersignatures of a record in the log's order, each checked anew.
///
/// # Errors
/// [`Error`] of the database.
pub fn of_record(site: &Site, sql: &dyn Sql, id: &str) -> Result<Vec<ReviewEntryView>, Error> {
    let rows = sql.query(sql!("countersignature_of"), &[id.into()])?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let keyring = integrity::keyring(site, sql, &mut Findings::default());
    let record = sql.first(sql!("record_by_id"), &[id.into()])?;
    let record = record.and_then(|row| verification::read_record(row.bytes(0).ok()?).ok());
    let delivered = sql.first(sql!("delivered_of"), &[id.into()])?.filter(|row| !row.is_null(1));
    let revoked = revocation_places(sql)?;
    let mut views = Vec::new();
    for row in &rows {
        let bytes = row.bytes(0)?;
        let Ok(signed) = Envelope::from_bytes(bytes) else { continue };
        let Ok(said) = Countersignature::read(&signed) else { continue };
        let leaf = if row.is_null(1) { None } else { Some(to_u64(row.i64(1)?)) };
        let key = signed.key_ids().next().cloned();
        let order = leaf.map_or(LogOrder::Unproved, |index| LogOrder::Leaf {
            index,
            revoked: key.as_ref().and_then(|key| revoked.get(key).copied()),
        });
        let failure = match (&record, &delivered, &keyring) {
            (Some((envelope, record)), Some(delivered), Some(keyring)) => {
                let reviewed = Reviewed { record, envelope, delivered: delivered.bytes(2)? };
                verify_countersignature(&signed, reviewed, keyring, order).err().map(|error| error.to_string())
            }
            _ => Some("the record, its delivery or the keys cannot be read".to_owned()),
        };
        let person = key.as_ref().zip(keyring.as_ref()).and_then(|(key, keyring)| keyring.statement(key));
        views.push(ReviewEntryView {
            sha256: Sha256::of(bytes).to_hex(),
            reviewer: person.map_or_else(|| said.reviewer.to_string(), |person| person.holder_name.clone()),
            party: person.map_or_else(|| said.party.to_string(), |person| person.party.name.clone()),
            party_kind: person.map(|person| person.party.kind),
            verdict: said.verdict,
            lines: said.lines,
            comment: said.comment,
            at: said.at.0,
            received_at: row.i64(2)?,
            leaf,
            failure: failure.unwrap_or_default(),
        });
    }
    Ok(views)
}

fn revocation_places(sql: &dyn Sql) -> Result<std::collections::BTreeMap<KeyId, u64>, Error> {
    let mut places = std::collections::BTreeMap::new();
    for row in sql.query(sql!("revocation_logged"), &[])? {
        let revocation = xunjian_proof::statement::Revocation::read(&Envelope::from_bytes(row.bytes(2)?)?)?;
        places.entry(revocation.key).or_insert(to_u64(row.i64(1)?));
    }
    Ok(places)
}
