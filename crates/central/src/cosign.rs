//! Cosignatures: what terminals and witnesses signed of the log's states, kept and served with the checkpoints.
//!
//! The service believes none of it by itself. A cosignature counts when the site root vouches for the key; a checkpoint that
//! the log's own key signed and that is no state of this log is kept as evidence, because it proves that two histories were
//! shown. Cosignatures are no leaves of the log: it would never come to rest.

use std::collections::BTreeMap;

use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    ids::{PartyId, TerminalId},
    time::TimestampMs,
};
use xunjian_proof::{
    cosigner::{cosigner_name, is_outside, terminal_name},
    dsse::Envelope,
    keyring::Keyring,
    merkle,
    note::{Checkpoint, SignedCheckpoint},
    receipt::Receipt,
    statement::{HolderKind, KeyStatement, Statement as _},
    suite::{PublicKey, Signer as _},
    witness::{WitnessApplication, WitnessRequest},
};
use xunjian_protocol::{log::CosignatureOutcome, problem::ProblemCode};

use crate::{
    clock,
    db::{Sql, sql},
    error::Error,
    log::{self, StoredNodes, to_i64, to_u64},
    site::{self, Site},
};

/// How far a cosigner's clock may be ahead of ours. A cosignature from the year 2100 would keep out all that come after it.
const AHEAD_MS: i64 = 24 * 60 * 60 * 1000;

/// A checkpoint of this log's name and key, held against the log that is here.
enum Shown {
    State(Checkpoint),
    Contradiction,
}

/// Takes a terminal's cosignature in.
///
/// # Errors
/// [`Error::Problem`] 400.1 for what is no cosigned checkpoint of this log, 403.4 and 403.5 for a key that does not count.
pub fn take_from_terminal(site: &Site, terminal: &TerminalId, note: &str) -> Result<CosignatureOutcome, Error> {
    let malformed = |reason: String| Error::Problem(ProblemCode::Malformed, reason);
    let outcome = site.db.write(|sql| {
        let note = SignedCheckpoint::parse(note).map_err(|error| malformed(error.to_string()))?;
        let keyring = site.keyring(sql)?;
        let statement = statement_of(sql, &keyring, terminal)?;
        let origin = &site.settings.root.log_origin;
        let name = terminal_name(origin, terminal);
        keyring.verify_checkpoint(&note).map_err(|error| malformed(error.to_string()))?;
        note.cosigned_at(&name, &statement.key).map_err(|error| malformed(error.to_string()))?;
        match held_against_the_log(site, sql, &note, terminal.as_str())? {
            Shown::Contradiction => Ok(CosignatureOutcome::Contradicts),
            Shown::State(state) => store(site, sql, state, &note, statement),
        }
    })?;
    site.sequence()?;
    Ok(outcome)
}

fn statement_of<'a>(sql: &dyn Sql, keyring: &'a Keyring, terminal: &TerminalId) -> Result<&'a KeyStatement, Error> {
    let row = sql.first(sql!("terminal_by_id"), &[terminal.as_str().into()])?;
    let key: PublicKey = match row {
        Some(row) => serde_json::from_str(row.text(0)?)?,
        None => return Err(Error::Problem(ProblemCode::NoSession, terminal.to_string())),
    };
    if keyring.revocation(&key.id()).is_some() {
        return Err(Error::Problem(ProblemCode::TerminalRevoked, key.id().to_string()));
    }
    let waits = |_| Error::Problem(ProblemCode::KeyNotApproved, key.id().to_string());
    keyring.holder(&key.id(), HolderKind::Terminal, clock::now()).map_err(waits)
}

/// What came with a note that was carried here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Who cosigned.
    pub name: String,
    /// What became of it.
    pub outcome: CosignatureOutcome,
}

/// Takes the cosignatures of witnesses in that a file brought.
///
/// # Errors
/// [`Error::Told`] when the note is not of this log, contradicts it, or bears no cosignature of a witness the root vouches for.
pub fn import(site: &Site, actor: &str, note: &str) -> Result<Vec<Imported>, Error> {
    enum Came {
        Imported(Vec<Imported>),
        Contradicts,
    }
    let came = site.db.write(|sql| {
        let note = SignedCheckpoint::parse(note)?;
        let keyring = site.keyring(sql)?;
        keyring.verify_checkpoint(&note)?;
        let Shown::State(state) = held_against_the_log(site, sql, &note, actor)? else { return Ok(Came::Contradicts) };
        let found = keyring.cosignatures(&note);
        if let Some(name) = found.wrong.first() {
            return Err(Error::told(
                format!("“{name}”的见证签名不正确，未收入"),
                format!("the cosignature of “{name}” is wrong; nothing was taken in"),
            ));
        }
        let mut imported = Vec::new();
        for cosigner in found.valid.iter().filter(|one| one.statement.holder_kind == HolderKind::Witness) {
            let name = cosigner.statement.holder.clone();
            if cosigner.is_revoked {
                return Err(Error::told(
                    format!("见证方“{name}”的密钥已吊销，未收入"),
                    format!("the key of the witness “{name}” was revoked; nothing was taken in"),
                ));
            }
            let outcome = store(site, sql, state.clone(), &note, cosigner.statement)?;
            if outcome == CosignatureOutcome::Stored {
                let size = note.checkpoint.size.to_string();
                let details = [("size", size.as_str()), ("witness", name.as_str())];
                log::audit(site, sql, actor, "log.cosignature", &details)?;
            }
            imported.push(Imported { name, outcome });
        }
        if imported.is_empty() {
            return Err(Error::told(
                "文件中没有站点根认可的见证方的签名：见证方密钥须先经 xunjian log add-witness 申请并由站点根签发",
                "the file has no cosignature of a witness the site root vouches for: apply with `xunjian log add-witness` first, and have the root sign",
            ));
        }
        Ok(Came::Imported(imported))
    })?;
    site.sequence()?;
    match came {
        Came::Imported(imported) => Ok(imported),
        Came::Contradicts => Err(Error::told(
            "本日志密钥签过另一段历史：该检查点与现有日志不符，已作为证据保存；请立即运行 xunjian fsck 并报告管理方、监理方",
            "the log's own key signed another history: the checkpoint does not fit the log that is here. It is kept as evidence; run `xunjian fsck` and tell 管理方 and 监理方 at once",
        )),
    }
}

/// Holds a checkpoint that somebody was shown against the log. Whether it contradicts it; then it is kept, as evidence. What the
/// log's key did not sign says nothing.
///
/// # Errors
/// [`Error`] of the database.
pub fn is_contradicted_by(site: &Site, by: &str, note: &str) -> Result<bool, Error> {
    let contradicts = site.db.write(|sql| {
        let Ok(note) = SignedCheckpoint::parse(note) else { return Ok::<_, Error>(false) };
        if note.checkpoint.size == 0 || site.keyring(sql)?.verify_checkpoint(&note).is_err() {
            return Ok(false);
        }
        Ok(matches!(held_against_the_log(site, sql, &note, by)?, Shown::Contradiction))
    })?;
    site.sequence()?;
    Ok(contradicts)
}

/// Holds a checkpoint that the log's key signed against the log. One that does not fit is kept.
fn held_against_the_log(site: &Site, sql: &dyn Sql, note: &SignedCheckpoint, by: &str) -> Result<Shown, Error> {
    let (size, _) = log::tail(sql)?;
    let state = &note.checkpoint;
    if state.size == 0 {
        return Err(Error::Problem(ProblemCode::Malformed, "an empty log".to_owned()));
    }
    if state.size <= size && merkle::root(&StoredNodes(sql), state.size)? == state.root {
        return Ok(Shown::State(state.clone()));
    }
    let text = note.to_string();
    let hash = Sha256::of(text.as_bytes()).to_hex();
    let values = [hash.as_str().into(), text.into(), by.into(), clock::now().0.into()];
    if sql.execute(sql!("log_contradiction_insert"), &values)? == 1 {
        let (shown, root, here) = (state.size.to_string(), state.root.to_hex(), size.to_string());
        let details =
            [("note", hash.as_str()), ("root", root.as_str()), ("size", shown.as_str()), ("size_here", here.as_str())];
        log::audit(site, sql, by, "log.contradiction", &details)?;
    }
    Ok(Shown::Contradiction)
}

/// Keeps a verified cosignature, unless its time is not to be believed.
fn store(
    site: &Site,
    sql: &dyn Sql,
    state: Checkpoint,
    note: &SignedCheckpoint,
    statement: &KeyStatement,
) -> Result<CosignatureOutcome, Error> {
    let name = cosigner_name(&site.settings.root.log_origin, statement)
        .ok_or_else(|| Error::Damaged("a key that cosigns nothing".to_owned()))?;
    let at = to_i64(note.cosigned_at(&name, &statement.key)?).saturating_mul(1000);
    let key = statement.key.id();
    let now = clock::now().0;
    let neighbours = sql.first(sql!("cosignature_neighbours"), &[key.as_str().into(), to_i64(state.size).into()])?;
    let neighbours = neighbours.ok_or_else(|| Error::Damaged("a count has no row".to_owned()))?;
    if neighbours.i64(2)? > 0 {
        return Ok(CosignatureOutcome::Known);
    }
    // The log only grows, and so does time: a larger state cannot have been cosigned before a smaller one.
    if at < neighbours.i64(0)? || at > neighbours.i64(1)? || at > now.saturating_add(AHEAD_MS) {
        return Ok(CosignatureOutcome::TimeRefused);
    }
    let size = to_i64(state.size);
    // Signed anew, so that nothing of what was sent is kept but the cosignature; the log's signatures have one spelling.
    let own = state.sign(&site.keys.log)?.to_string();
    sql.execute(sql!("cosigned_checkpoint_insert"), &[size.into(), own.into()])?;
    let line = note.cosignature_line(&name, &statement.key)?;
    let outside = i64::from(is_outside(statement));
    let values = [size.into(), key.as_str().into(), name.into(), at.into(), outside.into(), line.into(), now.into()];
    sql.execute(sql!("cosignature_insert"), &values)?;
    Ok(CosignatureOutcome::Stored)
}

/// Adds the cosignatures that are kept of a checkpoint, but for those of revoked keys; all of them, or only those from outside
/// the operator's control.
///
/// # Errors
/// [`Error`] of the database.
pub(crate) fn with_cosignatures(
    sql: &dyn Sql,
    mut note: SignedCheckpoint,
    only_outside: bool,
) -> Result<SignedCheckpoint, Error> {
    let values = [to_i64(note.checkpoint.size).into(), i64::from(only_outside).into()];
    for row in sql.query(sql!("cosignature_of_size"), &values)? {
        note = note.with_line(row.text(0)?)?;
    }
    Ok(note)
}

/// The receipt of a leaf under the first checkpoint that somebody outside the operator's control cosigned, which bounds its
/// time from above; under the newest checkpoint where there is none.
///
/// # Errors
/// [`Error`] of the database.
pub fn receipt(sql: &dyn Sql, envelope: &Sha256) -> Result<Option<(Vec<u8>, Receipt)>, Error> {
    let Some((leaf, mut receipt)) = log::receipt(sql, envelope)? else { return Ok(None) };
    let first = sql.first(sql!("cosignature_first_after"), &[to_i64(receipt.index).into()])?;
    let size = first.map_or(Ok(0), |row| row.i64(0))?;
    if size > 0 {
        let row = sql.first(sql!("cosigned_checkpoint_select"), &[size.into()])?;
        let row = row.ok_or_else(|| Error::Damaged(format!("the cosigned checkpoint of {size} leaves is missing")))?;
        receipt.checkpoint = with_cosignatures(sql, SignedCheckpoint::parse(row.text(0)?)?, true)?;
        receipt.proof = merkle::inclusion_proof(&StoredNodes(sql), receipt.index, to_u64(size))?;
    }
    Ok(Some((leaf, receipt)))
}

/// How far somebody has cosigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The name it cosigns under.
    pub name: String,
    /// Its key.
    pub key: String,
    /// Who that is, as the root states it; empty when the root does not.
    pub holder: String,
    /// Who stands behind it: the organisation; empty when the root does not say.
    pub party: String,
    /// Whether it stands outside the operator's control.
    pub is_outside: bool,
    /// Whether the key was revoked.
    pub is_revoked: bool,
    /// The largest state it cosigned.
    pub size: u64,
    /// When, by its own clock.
    pub at: TimestampMs,
    /// How many states.
    pub states: u64,
}

/// Everybody who cosigned, by name.
///
/// # Errors
/// [`Error`] of the database.
pub fn cosigners(site: &Site) -> Result<Vec<Standing>, Error> {
    site.db.read(|sql| {
        let keyring = site.keyring(sql)?;
        let known: BTreeMap<String, &KeyStatement> =
            keyring.statements().map(|statement| (statement.key.id().to_string(), statement)).collect();
        let mut standings = Vec::new();
        for row in sql.query(sql!("cosignature_newest"), &[])? {
            let key = row.text(0)?.to_owned();
            let statement = known.get(&key);
            let is_revoked = statement.is_some_and(|one| keyring.revocation(&one.key.id()).is_some());
            standings.push(Standing {
                name: row.text(1)?.to_owned(),
                holder: statement.map_or_else(String::new, |one| one.holder_name.clone()),
                party: statement
                    .map_or_else(String::new, |one| format!("{}（{}）", one.party.name, one.party.kind.zh())),
                is_outside: statement.is_some_and(|one| is_outside(one)) && !is_revoked,
                is_revoked,
                size: to_u64(row.i64(2)?),
                at: TimestampMs(row.i64(3)?),
                states: to_u64(row.i64(4)?),
                key,
            });
        }
        Ok(standings)
    })
}

/// What a witness needs to cosign the newest checkpoint, having cosigned one of `since` leaves.
///
/// # Errors
/// [`Error::Told`] when the log is not that long.
pub fn request(site: &Site, since: u64) -> Result<WitnessRequest, Error> {
    site.db.read(|sql| {
        let (size, note) = log::tail(sql)?;
        let note = note.ok_or_else(|| Error::Damaged("the log is empty".to_owned()))?;
        if since > size {
            return Err(Error::told(
                format!("日志现有 {size} 条，少于 {since}：日志可能被恢复到旧副本，请运行 xunjian fsck 并报告管理方、监理方"),
                format!("the log has {size} leaves, fewer than {since}: it may have been set back to an old copy. Run `xunjian fsck`, and tell 管理方 and 监理方"),
            ));
        }
        let keyring = site.keyring(sql)?;
        let mut log_keys = Vec::new();
        for row in sql.query(sql!("key_statement_select"), &[])? {
            let envelope = Envelope::from_bytes(row.bytes(0)?)?;
            if KeyStatement::read(&envelope)?.holder_kind == HolderKind::Log {
                log_keys.push(envelope);
            }
        }
        Ok(WitnessRequest {
            site_root: keyring.root().clone(),
            log_keys,
            from: since,
            proof: merkle::consistency_proof(&StoredNodes(sql), since, size)?,
            checkpoint: note.to_string(),
        })
    })
}

/// Asks the site root to vouch for a witness. Until it has, what the witness signs counts for nothing.
///
/// # Errors
/// [`Error::Told`] when the party is unknown, the name is taken or not allowed, or the applicant does not hold the key.
pub fn apply(
    site: &Site,
    actor: &str,
    application: &WitnessApplication,
    party: &PartyId,
) -> Result<KeyStatement, Error> {
    let root = &site.settings.root;
    application.check(root)?;
    if application.site != root.site {
        return Err(Error::told("申请书属于另一个站点", "the application is for another site"));
    }
    site.db
        .write(|sql| {
            let party = site::parties(sql)?.into_iter().find(|known| &known.id == party).ok_or_else(|| {
                Error::told(format!("没有名为“{party}”的单位"), format!("there is no party “{party}”"))
            })?;
            let id = application.key.id();
            let keyring = site.keyring(sql)?;
            let is_taken = keyring.statements().any(|known| {
                known.key.id() == id || (known.holder == application.name && known.key != application.key)
            });
            if is_taken {
                return Err(Error::told(
                    format!("密钥或名称“{}”已在使用，请换一个名称并新建密钥", application.name),
                    format!(
                        "the key or the name “{}” is in use: choose another name, and make a new key",
                        application.name
                    ),
                ));
            }
            let now = clock::now();
            let statement = KeyStatement {
                site: root.site.clone(),
                key: application.key.clone(),
                holder_kind: HolderKind::Witness,
                holder: application.name.clone(),
                holder_name: application.name.clone(),
                party,
                roles: Vec::new(),
                valid_from: now,
                valid_until: None,
            };
            let values = [id.as_str().into(), serde_json::to_string(&statement)?.into(), now.0.into()];
            sql.execute(sql!("key_request_insert"), &values)?;
            let details = [("key", id.as_str()), ("witness", application.name.as_str())];
            log::audit(site, sql, actor, "log.witness", &details)?;
            Ok(statement)
        })
        .and_then(|statement| site.sequence().map(|_| statement))
}

/// The log's public key, for the paper that a witness compares.
///
/// # Errors
/// [`Error::Note`] never in practice: the log's key is Ed25519.
pub fn log_key(site: &Site) -> Result<String, Error> {
    Ok(xunjian_proof::note::verifier_key(&site.settings.root.log_origin, &site.keys.log.public_key())?)
}
