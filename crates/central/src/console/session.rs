//! Being logged in: a cookie that pages cannot read, a token that other pages do not have, eight idle hours, a week at most.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, party::Role};
use xunjian_protocol::problem::ProblemCode;

use super::account::{self, Tries};
use crate::{clock, db::sql, error::Error, log, site::Site};

/// A session ends when nobody used it for so long.
const IDLE_MS: i64 = 8 * 60 * 60 * 1000;
/// A session ends so long after the login, however much it is used: a cookie that was taken away is no good for ever.
const LONGEST_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// How much time may pass before a use is written down: not every request writes.
const TOUCH_MS: i64 = 60 * 1000;

/// Name and password.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewConsoleSession {
    /// The login name.
    pub name: String,
    /// The password.
    pub password: String,
}

/// Who is logged in, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ConsoleSession {
    /// The login name.
    pub account: String,
    /// The person's id.
    pub person: String,
    /// The person's name.
    pub person_name: String,
    /// What the person may do.
    pub roles: Vec<String>,
    /// Goes into the header `X-Xunjian-Csrf` of everything that writes.
    pub csrf: String,
    /// When the session ends if nobody uses it.
    pub expires_at: i64,
    /// Id of the site.
    pub site: String,
    /// Its name.
    pub site_name: String,
    /// Fingerprint of the site root, to compare with the paper.
    pub root_fingerprint: String,
    /// Number of the 服务台; may be empty.
    pub service_desk: String,
    /// Version of the service.
    pub version: String,
}

/// Whoever sends a request.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The login name: the actor of whatever is written.
    pub account: String,
    /// The person's id.
    pub person: String,
    /// The person's name.
    pub person_name: String,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// The session's token against foreign pages.
    pub csrf: String,
    /// When the session ends if nobody uses it.
    pub expires_at: i64,
    token_sha256: String,
}

impl Seat {
    /// Refuses whoever may only read.
    ///
    /// # Errors
    /// [`Error::Problem`] 403.6.
    pub fn may_write(&self) -> Result<(), Error> {
        self.has_one_of(&[Role::Administrator])
    }

    /// Refuses whoever has none of these roles.
    ///
    /// # Errors
    /// [`Error::Problem`] 403.6.
    pub fn has_one_of(&self, roles: &[Role]) -> Result<(), Error> {
        if self.roles.iter().any(|role| roles.contains(role)) {
            return Ok(());
        }
        Err(Error::Problem(ProblemCode::NotAllowed, String::new()))
    }

    /// What the page is told.
    ///
    /// # Errors
    /// [`Error::Damaged`] never in practice.
    pub fn told(&self, site: &Site) -> Result<ConsoleSession, Error> {
        let (settings, root) = (&site.settings, &site.settings.root);
        let roles = self.roles.iter().map(|role| crate::round::kind_text(*role)).collect::<Result<_, _>>()?;
        Ok(ConsoleSession {
            account: self.account.clone(),
            person: self.person.clone(),
            person_name: self.person_name.clone(),
            roles,
            csrf: self.csrf.clone(),
            expires_at: self.expires_at,
            site: root.site.to_string(),
            site_name: root.name.clone(),
            root_fingerprint: root.fingerprint()?.to_hex(),
            service_desk: settings.service_desk.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }
}

/// Logs somebody in. Returns the cookie's token and the session.
///
/// # Errors
/// [`Error::Problem`] 401.3 for a wrong name or password alike, [`Error::TooManyTries`].
pub fn open(site: &Site, tries: &Tries, new: &NewConsoleSession) -> Result<(String, Seat), Error> {
    // Nobody has a longer name, and what is remembered of wrong ones must stay small.
    if new.name.chars().count() > account::MAX_NAME {
        return Err(Error::Problem(ProblemCode::LoginWrong, String::new()));
    }
    tries.check(&new.name, clock::now())?;
    let Some(account) = account::is_right(site, &new.name, &new.password)? else {
        if tries.failed(&new.name, clock::now()) == account::FREE_TRIES {
            note_refused(site, &new.name)?;
        }
        return Err(Error::Problem(ProblemCode::LoginWrong, String::new()));
    };
    tries.succeeded(&new.name);
    let token = BASE64URL_NOPAD.encode(&clock::random::<32>()?);
    let csrf = BASE64URL_NOPAD.encode(&clock::random::<24>()?);
    site.db.write(|sql| {
        let now = clock::now();
        sql.execute(sql!("console_session_expire"), &[now.0.into()])?;
        let hash = Sha256::of(token.as_bytes()).to_hex();
        let expires_at = now.plus_ms(IDLE_MS).0;
        let values = [hash.into(), account.as_str().into(), csrf.into(), now.0.into(), expires_at.into()];
        sql.execute(sql!("console_session_insert"), &values)?;
        log::audit(site, sql, &new.name, "console.login", &[])
    })?;
    let seat = seat(site, &token)?;
    Ok((token, seat))
}

/// Leaves a trace of somebody who tries passwords. Once, when the waits begin: whoever goes on must not fill the log. Names that
/// nobody has leave none, because anybody can think of any number of them.
fn note_refused(site: &Site, name: &str) -> Result<(), Error> {
    let is_noted = site.db.write(|sql| {
        let is_known = sql.first(sql!("account_by_name"), &[name.into()])?.is_some();
        if is_known {
            log::audit(site, sql, log::STRANGER, "console.login_refused", &[("account", name)])?;
        }
        Ok::<_, Error>(is_known)
    })?;
    if is_noted { site.sequence().map(drop) } else { Ok(()) }
}

/// Whose session a token is. Each use puts its end off, to a week after the login at most.
///
/// # Errors
/// [`Error::Problem`] 401.4.
pub fn seat(site: &Site, token: &str) -> Result<Seat, Error> {
    let (hash, now) = (Sha256::of(token.as_bytes()).to_hex(), clock::now());
    let values = [hash.as_str().into(), now.0.into(), now.plus_ms(-LONGEST_MS).0.into()];
    let row = site.db.read(|sql| sql.first(sql!("console_session_select"), &values))?;
    let row = row.ok_or_else(|| Error::Problem(ProblemCode::NotLoggedIn, String::new()))?;
    let mut seat = Seat {
        account: row.text(0)?.to_owned(),
        person: row.text(1)?.to_owned(),
        person_name: row.text(2)?.to_owned(),
        roles: serde_json::from_str(row.text(3)?)?,
        csrf: row.text(4)?.to_owned(),
        expires_at: row.i64(5)?,
        token_sha256: hash,
    };
    if now.0 - row.i64(6)? >= TOUCH_MS {
        seat.expires_at = now.plus_ms(IDLE_MS).0.min(row.i64(7)?.saturating_add(LONGEST_MS));
        let values = [seat.token_sha256.as_str().into(), now.0.into(), seat.expires_at.into()];
        site.db.write(|sql| sql.execute(sql!("console_session_touch"), &values))?;
    }
    Ok(seat)
}

/// Logs out.
///
/// # Errors
/// [`Error`] of the database.
pub fn close(site: &Site, seat: &Seat) -> Result<(), Error> {
    site.db.write(|sql| {
        sql.execute(sql!("console_session_delete"), &[seat.token_sha256.as_str().into()])?;
        log::audit(site, sql, &seat.account, "console.logout", &[])
    })
}
