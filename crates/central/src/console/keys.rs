//! Keys: which count, which wait for the site root, which were revoked. The service signs for none of them: files go out to
//! the keepers of the root, and come back signed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xunjian_proof::{statement::KeyStatement, suite::KeyId};

use super::page::{Page, Params, bad, missing};
use crate::{
    db::{Sql, sql},
    enrol::{self, KeyRequests, RevocationFile},
    error::Error,
    round::kind_text,
    site::Site,
};

/// Whether a key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum KeyState {
    /// It waits for the site root.
    Pending,
    /// The site root signed for it.
    Active,
    /// The site root revoked it.
    Revoked,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct KeyItem {
    /// Its id.
    pub key: String,
    /// The id as people compare it.
    pub fingerprint: String,
    /// Person, terminal, or which part of the service.
    pub holder_kind: String,
    /// The holder's id.
    pub holder: String,
    /// The holder's name.
    pub holder_name: String,
    /// The organisation.
    pub party: Option<String>,
    /// What a person may do with it.
    pub roles: Vec<String>,
    /// Whether it counts.
    pub state: KeyState,
    /// Valid from this moment; `null` while it waits.
    pub from: Option<i64>,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
    /// Why.
    pub reason: String,
}

fn item(statement: &KeyStatement, state: KeyState) -> Result<KeyItem, Error> {
    let id = statement.key.id();
    Ok(KeyItem {
        fingerprint: id.fingerprint(),
        key: id.to_string(),
        holder_kind: kind_text(statement.holder_kind)?,
        holder: statement.holder.clone(),
        holder_name: statement.holder_name.clone(),
        party: Some(statement.party.name.clone()).filter(|name| !name.is_empty()),
        roles: statement.roles.iter().map(|role| kind_text(*role)).collect::<Result<_, _>>()?,
        state,
        from: (state != KeyState::Pending).then_some(statement.valid_from.0),
        revoked_at: None,
        reason: String::new(),
    })
}

fn all(site: &Site, sql: &dyn Sql) -> Result<Vec<KeyItem>, Error> {
    let keyring = site.keyring(sql)?;
    let mut items = Vec::new();
    for statement in keyring.statements() {
        let mut one = item(statement, KeyState::Active)?;
        if let Some(revocation) = keyring.revocation(&statement.key.id()) {
            one.state = KeyState::Revoked;
            one.revoked_at = Some(revocation.revoked_at.0);
            one.reason.clone_from(&revocation.reason);
        }
        items.push(one);
    }
    for row in sql.query(sql!("key_request_select"), &[])? {
        items.push(item(&serde_json::from_str(row.text(1)?)?, KeyState::Pending)?);
    }
    Ok(items)
}

/// The state of every key.
pub(super) fn states(site: &Site, sql: &dyn Sql) -> Result<BTreeMap<String, KeyState>, Error> {
    Ok(all(site, sql)?.into_iter().map(|item| (item.key, item.state)).collect())
}

/// `GET keys`: `state` is `pending`, `active` or `revoked`.
///
/// # Errors
/// [`Error::Problem`] 400.3.
pub fn list(site: &Site, params: &Params) -> Result<Page<KeyItem>, Error> {
    let state = params.choice("state", &["pending", "active", "revoked"])?;
    let mut items = Vec::new();
    for item in site.db.read(|sql| all(site, sql))? {
        let is_state = state.is_empty() || kind_text(item.state)? == state;
        if is_state && params.finds(&[&item.holder_name, &item.key, &item.fingerprint]) {
            items.push(item);
        }
    }
    params.page(items, |item| item.key.clone())
}

/// `GET keys/requests`: the file for the keepers of the root.
///
/// # Errors
/// [`Error`] of the database.
pub fn requests(site: &Site) -> Result<Vec<u8>, Error> {
    Ok(serde_json::to_vec_pretty(&enrol::requests(site)?)?)
}

/// `POST keys/admit`: the same file, signed. Answers with the keys that count from now on.
///
/// # Errors
/// [`Error::Problem`] 400.3 for another file, [`Error::Keyring`] when too few root keys signed; then none is taken in.
pub fn admit(site: &Site, actor: &str, file: &[u8]) -> Result<Vec<KeyItem>, Error> {
    let signed: KeyRequests = serde_json::from_slice(file).map_err(|error| bad("file", error))?;
    if signed.statements.is_empty() {
        let zh = "文件里还没有根签名：请先由保管者用 xunjian key sign 签名";
        return Err(Error::told(zh, "nobody has signed this file yet: its keepers run `xunjian key sign` first"));
    }
    let admitted = enrol::admit(site, actor, &signed.statements)?;
    admitted.iter().map(|statement| item(statement, KeyState::Active)).collect()
}

fn key_id(key: &str) -> Result<KeyId, Error> {
    key.parse().map_err(|_| missing(format!("“{key}” is not a key id")))
}

/// `GET keys/ID/revocation`: the file for the keepers of the root. Nothing is revoked yet.
///
/// # Errors
/// [`Error::Told`] when nobody holds the key or it is revoked already.
pub fn revocation(site: &Site, key: &str, reason: &str) -> Result<Vec<u8>, Error> {
    Ok(serde_json::to_vec_pretty(&enrol::ask_to_revoke(site, &key_id(key)?, reason)?)?)
}

/// `POST keys/revocations`: the same file, signed. Answers with the key as it stands then.
///
/// # Errors
/// [`Error::Problem`] 400.3 for another file, [`Error::Keyring`] when too few root keys signed.
pub fn revoke(site: &Site, actor: &str, file: &[u8]) -> Result<KeyItem, Error> {
    let file: RevocationFile = serde_json::from_slice(file).map_err(|error| bad("file", error))?;
    let Some(signed) = file.signed else {
        let zh = "文件里还没有根签名：请先由保管者用 xunjian key sign 签名";
        return Err(Error::told(zh, "nobody has signed this file yet: its keepers run `xunjian key sign` first"));
    };
    let key = enrol::admit_revocation(site, actor, &signed)?;
    let revoked = site.db.read(|sql| all(site, sql))?.into_iter().find(|item| item.key == key.as_str());
    revoked.ok_or_else(|| missing(key.as_str()))
}
