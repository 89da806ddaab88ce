//! People, terminals and their keys: one-time codes, key requests, and the statements the site root signs for them.
//!
//! The service can enrol nobody who counts: it only collects requests. [`sign_requests`] needs the root's keys and no
//! database, so that it can run on a machine that was never connected.

use data_encoding::{BASE32_NOPAD, BASE64};
use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::{PartyId, PersonId, TerminalId},
    party::Role,
    time::TimestampMs,
};
use xunjian_proof::{
    dsse::Envelope,
    statement::{HolderKind, KeyStatement, PartyRef, Revocation, SiteRoot, Statement as _},
    suite::{Ed25519Signer, KeyId, PublicKey, Signer},
};
use xunjian_protocol::{
    enrol::{EnrolAnswer, EnrolRequest, possession_message},
    problem::ProblemCode,
};

use crate::{
    clock,
    db::{Row, Sql, sql},
    error::Error,
    extras::Extras,
    log, recovery,
    site::{self, Site},
};

/// How long an enrolment code is good for.
const CODE_MS: i64 = 15 * 60 * 1000;
/// An hour.
const HOUR_MS: i64 = 60 * 60 * 1000;

/// A person of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Id.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// Organisation.
    pub party: PartyRef,
    /// What the person may do.
    pub roles: Vec<Role>,
}

/// What waits for the root's signatures, as a file that travels from keeper to keeper.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeyRequests {
    /// The site root that must sign.
    pub site_root: SiteRoot,
    /// What it is asked to state.
    pub requests: Vec<KeyStatement>,
    /// The statements as signed so far, in the same order; empty before the first keeper.
    #[serde(default)]
    pub statements: Vec<Envelope>,
}

/// Adds a person.
///
/// # Errors
/// [`Error::Told`] when the party is unknown or may not have one of the roles.
pub fn add_person(site: &Site, actor: &str, name: &str, party: &PartyId, roles: &[Role]) -> Result<Person, Error> {
    site.db.write(|sql| {
        let party = site::parties(sql)?
            .into_iter()
            .find(|known| &known.id == party)
            .ok_or_else(|| Error::told(format!("没有名为“{party}”的单位"), format!("there is no party “{party}”")))?;
        if let Some(role) = roles.iter().find(|role| !role.is_open_to(party.kind)) {
            return Err(Error::told(
                format!("{}的人员不能担任 {role:?}", party.kind.zh()),
                format!("nobody of {} can be {role:?}", party.name),
            ));
        }
        if roles.contains(&Role::Inspector) && roles.contains(&Role::Administrator) {
            return Err(Error::told(
                "管理员不能同时是巡检人员：管理服务的人不能签记录",
                "an administrator cannot be an inspector too: whoever runs the service cannot sign records",
            ));
        }
        let person = Person { id: PersonId::new(clock::new_id()), name: name.to_owned(), party, roles: roles.to_vec() };
        let values = [
            person.id.as_str().into(),
            name.into(),
            person.party.id.as_str().into(),
            serde_json::to_string(roles)?.into(),
            clock::now().0.into(),
        ];
        sql.execute(sql!("person_insert"), &values)?;
        log::audit(site, sql, actor, "person.add", &[("person", person.id.as_str()), ("name", name)])?;
        Ok(person)
    })
}

/// Everyone.
///
/// # Errors
/// [`Error`] of the database.
pub fn people(sql: &dyn Sql) -> Result<Vec<Person>, Error> {
    let read = |row: &Row| -> Result<Person, Error> {
        let party = PartyRef {
            id: PartyId::new(row.text(3)?),
            kind: serde_json::from_value(row.text(4)?.into())?,
            name: row.text(5)?.to_owned(),
        };
        let roles = serde_json::from_str(row.text(2)?)?;
        Ok(Person { id: PersonId::new(row.text(0)?), name: row.text(1)?.to_owned(), party, roles })
    };
    sql.query(sql!("person_select"), &[])?.iter().map(read).collect()
}

/// A terminal of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Terminal {
    /// Id.
    pub id: TerminalId,
    /// What people call it.
    pub name: String,
    /// Its key.
    pub key: String,
    /// When it enrolled.
    pub enrolled_at: TimestampMs,
}

/// Every terminal.
///
/// # Errors
/// [`Error`] of the database.
pub fn terminals(sql: &dyn Sql) -> Result<Vec<Terminal>, Error> {
    let read = |row: &Row| -> Result<Terminal, Error> {
        Ok(Terminal {
            id: TerminalId::new(row.text(0)?),
            name: row.text(1)?.to_owned(),
            key: row.text(2)?.to_owned(),
            enrolled_at: TimestampMs(row.i64(4)?),
        })
    };
    sql.query(sql!("terminal_select"), &[])?.iter().map(read).collect()
}

/// Finds a person by id or by a name that only one person has.
///
/// # Errors
/// [`Error::Told`] when nobody or more than one fits.
pub fn find_person(sql: &dyn Sql, who: &str) -> Result<Person, Error> {
    let mut fitting: Vec<Person> =
        people(sql)?.into_iter().filter(|person| person.id.as_str() == who || person.name == who).collect();
    match (fitting.pop(), fitting.is_empty()) {
        (Some(person), true) => Ok(person),
        (Some(_), false) => Err(Error::told(
            format!("有多人名为“{who}”，请用编号"),
            format!("more than one person is called “{who}”: use the id"),
        )),
        (None, _) => Err(Error::told(format!("没有“{who}”这个人员"), format!("there is nobody called “{who}”"))),
    }
}

/// Issues a one-time code of 128 bits for a person; only its hash is kept.
///
/// # Errors
/// [`Error::Told`] when nobody fits `who`.
pub fn issue_code(site: &Site, actor: &str, who: &str) -> Result<(Person, String, TimestampMs), Error> {
    issue_code_for(site, actor, who, CODE_MS)
}

/// As [`issue_code`], good for as long as the administrator says: a request that travels by stick takes hours or days. What is
/// longer than the usual quarter of an hour stands in the audit.
///
/// # Errors
/// As [`issue_code`].
pub fn issue_code_for(
    site: &Site,
    actor: &str,
    who: &str,
    valid_ms: i64,
) -> Result<(Person, String, TimestampMs), Error> {
    let code = BASE32_NOPAD.encode(&clock::random::<16>()?);
    site.db.write(|sql| {
        let person = find_person(sql, who)?;
        let now = clock::now();
        let expires_at = now.plus_ms(valid_ms);
        let hash = Sha256::of(code.as_bytes()).to_hex();
        let values = [hash.into(), person.id.as_str().into(), now.0.into(), expires_at.0.into(), "".into(), "".into()];
        sql.execute(sql!("enrol_code_insert"), &values)?;
        let hours = (valid_ms / HOUR_MS).to_string();
        let mut details = vec![("person", person.id.as_str())];
        if valid_ms != CODE_MS {
            details.push(("hours", hours.as_str()));
        }
        log::audit(site, sql, actor, "terminal.enrol_code", &details)?;
        Ok((person, code.clone(), expires_at))
    })
}

/// A code as people read it out: in groups of four.
#[must_use]
pub fn grouped(code: &str) -> String {
    let groups: Vec<String> =
        code.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect();
    groups.join("-")
}

/// A terminal enrols for the person of its code. The same code with the same keys gets the same answer again, so that a
/// lost answer costs nothing.
///
/// # Errors
/// [`Error::Problem`] 403.1–403.3 for the code, 401.2 for a key the terminal does not hold.
pub fn enrol(site: &Site, request: &EnrolRequest, extras: Extras) -> Result<EnrolAnswer, Error> {
    let code: String = request.code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    let (terminal_key, person_key) = (&request.terminal_key, &request.person_key);
    let message = possession_message(&site.settings.root.site, &request.code, &terminal_key.id(), &person_key.id());
    for (key, proof) in [(terminal_key, &request.terminal_proof), (person_key, &request.person_proof)] {
        let proof = BASE64.decode(proof.as_bytes()).unwrap_or_default();
        key.verify(&message, &proof).map_err(|error| Error::Problem(ProblemCode::BadChallenge, error.to_string()))?;
    }
    site.db.write(|sql| {
        let hash = Sha256::of(code.as_bytes()).to_hex();
        let row = sql
            .first(sql!("enrol_code_select"), &[hash.as_str().into()])?
            .ok_or_else(|| Error::Problem(ProblemCode::UnknownCode, String::new()))?;
        let person = find_person(sql, row.text(0)?)?;
        let keys = (terminal_key.id(), person_key.id());
        if row.i64(2)? != 0 {
            if (row.text(3)?, row.text(4)?) != (keys.0.as_str(), keys.1.as_str()) {
                return Err(Error::Problem(ProblemCode::UsedCode, String::new()));
            }
        } else {
            let now = clock::now();
            if now.0 >= row.i64(1)? {
                return Err(Error::Problem(ProblemCode::ExpiredCode, String::new()));
            }
            let values = [hash.as_str().into(), now.0.into(), keys.0.as_str().into(), keys.1.as_str().into()];
            sql.execute(sql!("enrol_code_use"), &values)?;
            register(site, sql, request, &person, now)?;
        }
        let terminal = terminal_by_key(sql, &keys.0)?
            .ok_or_else(|| Error::Damaged("an enrolled terminal is not in the table".to_owned()))?;
        Ok(EnrolAnswer {
            terminal,
            person: person.id,
            person_name: person.name,
            party: person.party,
            roles: person.roles,
            site_root: site.settings.root.clone(),
            recovery_key: if extras.recovery_key { recovery::stored(sql)?.unwrap_or_default() } else { String::new() },
        })
    })
}

fn register(
    site: &Site,
    sql: &dyn Sql,
    request: &EnrolRequest,
    person: &Person,
    now: TimestampMs,
) -> Result<(), Error> {
    let terminal = match terminal_by_key(sql, &request.terminal_key.id())? {
        Some(known) => known,
        None => {
            let id = TerminalId::new(clock::new_id());
            let values = [
                id.as_str().into(),
                request.terminal_name.as_str().into(),
                request.terminal_key.id().as_str().into(),
                serde_json::to_string(&request.terminal_key)?.into(),
                now.0.into(),
            ];
            sql.execute(sql!("terminal_insert"), &values)?;
            let holder = (HolderKind::Terminal, id.as_str(), request.terminal_name.as_str());
            ask_root(site, sql, &request.terminal_key, holder, person, now)?;
            id
        }
    };
    let holder = (HolderKind::Person, person.id.as_str(), person.name.as_str());
    ask_root(site, sql, &request.person_key, holder, person, now)?;
    let details = [("terminal", terminal.as_str()), ("person", person.id.as_str())];
    log::audit(site, sql, "terminal", "terminal.enrol", &details)
}

fn ask_root(
    site: &Site,
    sql: &dyn Sql,
    key: &PublicKey,
    (holder_kind, holder, holder_name): (HolderKind, &str, &str),
    person: &Person,
    now: TimestampMs,
) -> Result<(), Error> {
    let statement = KeyStatement {
        site: site.settings.root.site.clone(),
        key: key.clone(),
        holder_kind,
        holder: holder.to_owned(),
        holder_name: holder_name.to_owned(),
        party: person.party.clone(),
        roles: if holder_kind == HolderKind::Person { person.roles.clone() } else { Vec::new() },
        valid_from: now,
        valid_until: None,
    };
    let values = [key.id().as_str().into(), serde_json::to_string(&statement)?.into(), now.0.into()];
    sql.execute(sql!("key_request_insert"), &values)?;
    Ok(())
}

/// The terminal that enrolled with this key.
///
/// # Errors
/// [`Error`] of the database.
pub fn terminal_by_key(sql: &dyn Sql, key: &KeyId) -> Result<Option<TerminalId>, Error> {
    let row = sql.first(sql!("terminal_by_key"), &[key.as_str().into()])?;
    Ok(row.map(|row| row.text(0).map(TerminalId::new)).transpose()?)
}

/// What waits for the root's signature.
///
/// # Errors
/// [`Error`] of the database.
pub fn requests(site: &Site) -> Result<KeyRequests, Error> {
    let rows = site.db.read(|sql| sql.query(sql!("key_request_select"), &[]))?;
    let requests = rows.iter().map(|row| Ok(serde_json::from_str(row.text(1)?)?)).collect::<Result<Vec<_>, Error>>()?;
    Ok(KeyRequests { site_root: site.settings.root.clone(), requests, statements: Vec::new() })
}

/// Signs requests with root keys, adding to what other keepers signed before. Needs no database: meant for a machine that was
/// never connected.
///
/// # Errors
/// [`Error::Told`] when none of the keys belongs to the root, or a signed statement is another than the one asked for.
pub fn sign_requests(requests: &KeyRequests, root: &[Ed25519Signer]) -> Result<Vec<Envelope>, Error> {
    let signers = root_signers(&requests.site_root, root)?;
    if requests.statements.is_empty() {
        return requests.requests.iter().map(|request| Ok(request.sign(&signers)?)).collect();
    }
    let is_same = requests.statements.len() == requests.requests.len()
        && requests
            .statements
            .iter()
            .zip(&requests.requests)
            .all(|(envelope, request)| KeyStatement::read(envelope).is_ok_and(|statement| statement == *request));
    if !is_same {
        return Err(Error::told(
            "文件里已签的声明与申请不一致，请重新导出待确认的密钥",
            "the file's signed statements are not what was asked for: write the pending keys out again",
        ));
    }
    requests.statements.iter().map(|envelope| Ok(envelope.add_signatures(&signers)?)).collect()
}

/// Takes statements in that the root signed, and logs them with who brought them. Returns those that were new.
///
/// # Errors
/// [`Error::Keyring`] when too few root keys signed; then none is taken in.
pub fn admit(site: &Site, actor: &str, statements: &[Envelope]) -> Result<Vec<KeyStatement>, Error> {
    let admitted = site.db.write(|sql| {
        let mut keyring = site.keyring(sql)?;
        let mut admitted = Vec::new();
        for envelope in statements {
            let statement = keyring.admit(envelope)?.clone();
            let id = statement.key.id();
            let values = [id.as_str().into(), envelope.to_bytes().into()];
            let is_new = sql.execute(sql!("key_statement_insert"), &values)? == 1;
            sql.execute(sql!("key_request_delete"), &[id.as_str().into()])?;
            if is_new {
                log::enqueue(sql, "key_statement", envelope)?;
                admitted.push(statement);
            }
        }
        if !admitted.is_empty() {
            log::audit(site, sql, actor, "key.admit", &[("keys", &admitted.len().to_string())])?;
        }
        Ok::<_, Error>(admitted)
    })?;
    site.sequence()?;
    Ok(admitted)
}

/// A revocation on its way to the root's keepers and back, as a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationFile {
    /// The site root that must sign.
    pub site_root: SiteRoot,
    /// What it is asked to state.
    pub revocation: Revocation,
    /// Whose key it is, for the keeper to compare.
    pub statement: KeyStatement,
    /// The revocation as signed so far; `None` before the first keeper.
    #[serde(default)]
    pub signed: Option<Envelope>,
}

/// Asks the root to revoke a key: the file that its keepers sign. Changes nothing.
///
/// # Errors
/// [`Error::Told`] when nobody holds the key, it is one of the service's own, or it is revoked already.
pub fn ask_to_revoke(site: &Site, key: &KeyId, reason: &str) -> Result<RevocationFile, Error> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::told("请写明吊销原因", "say why the key is to be revoked"));
    }
    let keyring = site.db.read(|sql| site.keyring(sql))?;
    let statement = keyring.statement(key).cloned();
    let statement =
        statement.ok_or_else(|| Error::told(format!("没有密钥 {key}"), format!("there is no key {key}")))?;
    if keyring.revocation(key).is_some() {
        return Err(Error::told(format!("密钥 {key} 已吊销"), format!("the key {key} is revoked already")));
    }
    let revocation = Revocation {
        site: site.settings.root.site.clone(),
        key: key.clone(),
        revoked_at: clock::now(),
        reason: reason.to_owned(),
    };
    Ok(RevocationFile { site_root: site.settings.root.clone(), revocation, statement, signed: None })
}

/// Signs a revocation with root keys, adding to what other keepers signed before. Needs no database.
///
/// # Errors
/// [`Error::Told`] when none of the keys belongs to the root, or what is signed is another revocation than the one shown.
pub fn sign_revocation(file: &RevocationFile, root: &[Ed25519Signer]) -> Result<Envelope, Error> {
    let signers = root_signers(&file.site_root, root)?;
    if file.statement.key.id() != file.revocation.key || file.statement.site != file.revocation.site {
        return Err(Error::told("文件中的密钥与要吊销的不一致", "the file shows another key than the one it revokes"));
    }
    let Some(signed) = &file.signed else { return Ok(file.revocation.sign(&signers)?) };
    if !Revocation::read(signed).is_ok_and(|signed| signed == file.revocation) {
        return Err(Error::told("文件里已签的吊销与所示不一致", "what is signed already is another revocation"));
    }
    Ok(signed.add_signatures(&signers)?)
}

/// Takes a revocation in that the root signed, and logs it with who brought it. What was logged before stands; what comes later waits. Taking the
/// same one in again changes nothing.
///
/// # Errors
/// [`Error::Keyring`] when too few root keys signed, [`Error::Told`] when nobody holds the key.
pub fn admit_revocation(site: &Site, actor: &str, envelope: &Envelope) -> Result<KeyId, Error> {
    let key = Revocation::read(envelope)?.key;
    site.db.write(|sql| {
        let mut keyring = site.keyring(sql)?;
        if keyring.statement(&key).is_none() {
            return Err(Error::told(format!("没有密钥 {key}"), format!("there is no key {key}")));
        }
        keyring.revoke(envelope)?;
        let values = [key.as_str().into(), envelope.to_bytes().into(), clock::now().0.into()];
        if sql.execute(sql!("revocation_insert"), &values)? == 1 {
            log::enqueue(sql, "revocation", envelope)?;
            log::audit(site, sql, actor, "key.revoke", &[("key", key.as_str())])?;
        }
        Ok(())
    })?;
    site.sequence()?;
    Ok(key)
}

/// Revokes a key where the root's keys are at hand.
///
/// # Errors
/// [`Error::Keyring`] when too few root keys sign.
pub fn revoke(site: &Site, actor: &str, key: &KeyId, reason: &str, root: &[Ed25519Signer]) -> Result<(), Error> {
    let envelope = sign_revocation(&ask_to_revoke(site, key, reason)?, root)?;
    admit_revocation(site, actor, &envelope).map(drop)
}

fn root_signers<'a>(root: &SiteRoot, given: &'a [Ed25519Signer]) -> Result<Vec<&'a dyn Signer>, Error> {
    let belongs = |signer: &&Ed25519Signer| root.keys.iter().any(|known| known.key == signer.public_key());
    let signers: Vec<&dyn Signer> = given.iter().filter(belongs).map(|signer| signer as &dyn Signer).collect();
    if signers.is_empty() {
        return Err(Error::told("所给密钥都不是本站点的根密钥", "none of the keys is a root key of this site"));
    }
    Ok(signers)
}
