//! Accounts of the console: a login name and a password for a person. Only administrators may write, whoever they are; every
//! account may read. Passwords are kept as Argon2id strings and never leave this file.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use serde::Serialize;
use xunjian_domain::time::TimestampMs;

use crate::{
    clock,
    db::{Row, Sql, sql},
    enrol,
    error::Error,
    log,
    site::Site,
};

/// Fewest characters of a password.
pub const MIN_PASSWORD: usize = 12;
/// Most characters of a login name.
pub(super) const MAX_NAME: usize = 64;
/// Most bytes of a password: hashing must not be a way to keep the service busy.
const MAX_PASSWORD_BYTES: usize = 1024;
/// 19 MiB, two passes, one lane: what OWASP and DESIGN.md ask for.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Wrong passwords that cost nothing.
pub(super) const FREE_TRIES: u32 = 5;
/// Wait after the first failure that costs something; doubles with each one, up to [`LONGEST_WAIT_S`].
const FIRST_WAIT_S: u64 = 5;
const LONGEST_WAIT_S: u64 = 15 * 60;
/// Most names remembered; beyond that the longest quiet ones are forgotten.
const MAX_NAMES: usize = 10_000;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// The login name.
    pub name: String,
    /// Whose it is.
    pub person: String,
    /// That person's name.
    pub person_name: String,
    /// When it was made.
    pub created_at: TimestampMs,
    /// When it was disabled; `None` while it counts.
    pub disabled_at: Option<TimestampMs>,
}

/// Makes an account for a person. The login name is the person's name where none is given.
///
/// # Errors
/// [`Error::Told`] when nobody fits `who`, the name is taken, or the password is too short.
pub fn add(site: &Site, actor: &str, who: &str, name: Option<&str>, password: &str) -> Result<Account, Error> {
    let hash = hash(password)?;
    site.db.write(|sql| {
        let person = enrol::find_person(sql, who)?;
        let name = name.unwrap_or(&person.name).trim();
        if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(Error::told("登录名应为 1 至 64 个字符", "a login name has 1 to 64 characters"));
        }
        if [log::COMMAND_LINE, log::STRANGER, "terminal"].contains(&name) {
            return Err(Error::told(
                format!("审计里的“{name}”另有所指，请用 --name 另取登录名"),
                format!("the audit means something else by “{name}”: choose another login name with --name"),
            ));
        }
        if sql.first(sql!("account_by_name"), &[name.into()])?.is_some() {
            return Err(Error::told(
                format!("登录名“{name}”已被使用，请用 --name 另取一个"),
                format!("the login name “{name}” is taken: choose another one with --name"),
            ));
        }
        let (id, now) = (clock::new_id(), clock::now());
        let values = [id.as_str().into(), person.id.as_str().into(), name.into(), hash.as_str().into(), now.0.into()];
        sql.execute(sql!("account_insert"), &values)?;
        log::audit(site, sql, actor, "account.add", &[("account", name), ("person", person.id.as_str())])?;
        let (name, person_name) = (name.to_owned(), person.name);
        Ok(Account { id, name, person: person.id.to_string(), person_name, created_at: now, disabled_at: None })
    })
}

/// Every account.
///
/// # Errors
/// [`Error`] of the database.
pub fn all(sql: &dyn Sql) -> Result<Vec<Account>, Error> {
    let read = |row: &Row| -> Result<Account, Error> {
        Ok(Account {
            id: row.text(0)?.to_owned(),
            name: row.text(1)?.to_owned(),
            person: row.text(2)?.to_owned(),
            person_name: row.text(3)?.to_owned(),
            created_at: TimestampMs(row.i64(4)?),
            disabled_at: Some(TimestampMs(row.i64(5)?)).filter(|at| at.0 != 0),
        })
    };
    sql.query(sql!("account_all"), &[])?.iter().map(read).collect()
}

/// Sets another password; whoever is logged in with the account is logged out.
///
/// # Errors
/// [`Error::Told`] when there is no such account or the password is too short.
pub fn set_password(site: &Site, actor: &str, name: &str, password: &str) -> Result<(), Error> {
    let hash = hash(password)?;
    change(site, actor, name, "account.password", |sql| {
        Ok(sql.execute(sql!("account_password"), &[name.into(), hash.as_str().into()])?)
    })
}

/// Disables an account for good; whoever is logged in with it is logged out.
///
/// # Errors
/// [`Error::Told`] when there is no such account that counts.
pub fn disable(site: &Site, actor: &str, name: &str) -> Result<(), Error> {
    change(site, actor, name, "account.disable", |sql| {
        Ok(sql.execute(sql!("account_disable"), &[name.into(), clock::now().0.into()])?)
    })
}

fn change(
    site: &Site,
    actor: &str,
    name: &str,
    action: &str,
    work: impl FnOnce(&dyn Sql) -> Result<usize, Error>,
) -> Result<(), Error> {
    site.db.write(|sql| {
        if work(sql)? == 0 {
            return Err(Error::told(format!("没有可用的账号“{name}”"), format!("there is no account “{name}” in use")));
        }
        sql.execute(sql!("console_session_delete_of"), &[name.into()])?;
        log::audit(site, sql, actor, action, &[("account", name)])
    })
}

fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None);
    let params = params.map_err(|error| Error::Damaged(format!("Argon2 takes no such parameters: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String, Error> {
    if password.chars().count() < MIN_PASSWORD || password.len() > MAX_PASSWORD_BYTES {
        return Err(Error::told(
            format!("密码至少 {MIN_PASSWORD} 个字符"),
            format!("a password has at least {MIN_PASSWORD} characters"),
        ));
    }
    let hash = argon2()?.hash_password_with_salt(password.as_bytes(), &clock::random::<16>()?);
    Ok(hash.map_err(|error| Error::Damaged(format!("the password cannot be hashed: {error}")))?.to_string())
}

/// What an unknown name is compared with, so that it takes as long as a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("a password that is nobody's").unwrap_or_default());

/// Whether the password is that of an account in use. Takes the same time for names that nobody has.
///
/// # Errors
/// [`Error`] of the database.
pub(super) fn is_right(site: &Site, name: &str, password: &str) -> Result<Option<String>, Error> {
    let row = site.db.read(|sql| sql.first(sql!("account_by_name"), &[name.into()]))?;
    let stored = row.as_ref().map_or(Ok(NOBODY.as_str()), |row| row.text(1))?;
    let hash =
        PasswordHash::new(stored).map_err(|_| Error::Damaged("a stored password is no Argon2id string".into()))?;
    let fits = password.len() <= MAX_PASSWORD_BYTES && argon2()?.verify_password(password.as_bytes(), &hash).is_ok();
    match row {
        Some(row) if fits && row.i64(2)? == 0 => Ok(Some(row.text(0)?.to_owned())),
        _ => Ok(None),
    }
}

/// Wrong passwords by login name, in memory: a restart forgives, an attacker cannot cause one.
#[derive(Default)]
pub struct Tries(Mutex<HashMap<String, Failures>>);

struct Failures {
    count: u32,
    last: TimestampMs,
}

impl Failures {
    fn wait_s(&self) -> u64 {
        match self.count.checked_sub(FREE_TRIES) {
            None => 0,
            Some(over) => (FIRST_WAIT_S << over.min(16)).min(LONGEST_WAIT_S),
        }
    }
}

impl Tries {
    /// Refuses a name whose wait is not over.
    ///
    /// # Errors
    /// [`Error::TooManyTries`] with the seconds to wait.
    pub(super) fn check(&self, name: &str, now: TimestampMs) -> Result<(), Error> {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(failures) = tries.get(name) else { return Ok(()) };
        let waited = u64::try_from((now.0 - failures.last.0) / 1000).unwrap_or(0);
        match failures.wait_s().saturating_sub(waited) {
            0 => Ok(()),
            left => Err(Error::TooManyTries(left)),
        }
    }

    /// Counts a wrong password. Returns how many there were in a row.
    pub(super) fn failed(&self, name: &str, now: TimestampMs) -> u32 {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= MAX_NAMES && !tries.contains_key(name) {
            let quiet = now.plus_ms(-i64::try_from(LONGEST_WAIT_S * 1000).unwrap_or(i64::MAX));
            tries.retain(|_, failures| failures.last > quiet);
            if tries.len() >= MAX_NAMES {
                // Names by the thousand must not wash out the one whose wait they were to end.
                tries.retain(|_, failures| failures.wait_s() > 0);
            }
            if tries.len() >= MAX_NAMES {
                tries.clear();
            }
        }
        let failures = tries.entry(name.to_owned()).or_insert(Failures { count: 0, last: now });
        failures.count += 1;
        failures.last = now;
        failures.count
    }

    /// Forgets the failures of a name that was let in.
    pub(super) fn succeeded(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_begin_after_five_failures_grow_and_end() {
        let (tries, start) = (Tries::default(), TimestampMs(1_000_000));
        for _ in 0..4 {
            tries.failed("li", start);
        }
        assert!(tries.check("li", start).is_ok(), "four are free");
        tries.failed("li", start);
        assert!(matches!(tries.check("li", start), Err(Error::TooManyTries(5))));
        assert!(tries.check("zhao", start).is_ok(), "others are not held up");
        assert!(matches!(tries.check("li", start.plus_ms(3_000)), Err(Error::TooManyTries(2))));
        assert!(tries.check("li", start.plus_ms(5_000)).is_ok());
        tries.failed("li", start);
        assert!(matches!(tries.check("li", start), Err(Error::TooManyTries(10))));
        for _ in 0..60 {
            tries.failed("li", start);
        }
        assert!(matches!(tries.check("li", start), Err(Error::TooManyTries(LONGEST_WAIT_S))));
        tries.succeeded("li");
        assert!(tries.check("li", start).is_ok());
    }

    #[test]
    fn names_by_the_thousand_do_not_end_a_wait() {
        let (tries, start) = (Tries::default(), TimestampMs(1_000_000));
        for _ in 0..5 {
            tries.failed("li", start);
        }
        for name in 0..MAX_NAMES {
            tries.failed(&name.to_string(), start);
        }
        assert!(tries.check("li", start).is_err(), "li still waits");
        assert!(tries.0.lock().unwrap().len() <= MAX_NAMES, "and what is remembered stays small");
    }

    #[test]
    fn passwords_are_argon2id_of_19_mib() {
        let hash = hash("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(super::hash("eleven char").is_err());
    }
}
