//! Terminal sessions: a signed nonce buys an opaque token for an hour. Only hashes are kept. Work on the terminal never
//! depends on a session; only upload does.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use xunjian_domain::{hash::Sha256, ids::TerminalId};
use xunjian_proof::suite::PublicKey;
use xunjian_protocol::{
    problem::ProblemCode,
    session::{Challenge, Session, SessionRequest, session_message},
};

use crate::{
    clock,
    db::{Sql, sql},
    error::Error,
    site::Site,
};

/// How long a nonce is good for.
const NONCE_MS: i64 = 60 * 1000;
/// How long a session lasts.
const SESSION_SECONDS: u32 = 3600;

/// Gives a terminal a nonce. Unknown terminals get one too: the answer tells nobody who is enrolled.
///
/// # Errors
/// [`Error`] of the database.
pub fn challenge(site: &Site, terminal: &TerminalId) -> Result<Challenge, Error> {
    let nonce = BASE64URL_NOPAD.encode(&clock::random::<24>()?);
    site.db.write(|sql| {
        let now = clock::now();
        sql.execute(sql!("session_nonce_expire"), &[now.0.into()])?;
        sql.execute(sql!("session_expire"), &[now.0.into()])?;
        if public_key(sql, terminal)?.is_some() {
            let hash = Sha256::of(nonce.as_bytes()).to_hex();
            let expires = now.plus_ms(NONCE_MS).0;
            sql.execute(sql!("session_nonce_insert"), &[hash.into(), terminal.as_str().into(), expires.into()])?;
        }
        Ok::<_, Error>(())
    })?;
    Ok(Challenge { nonce })
}

/// Opens a session for a terminal that signed its nonce. A nonce is good once.
///
/// # Errors
/// [`Error::Problem`] 401.2.
pub fn open(site: &Site, request: &SessionRequest) -> Result<Session, Error> {
    let refuse = || Error::Problem(ProblemCode::BadChallenge, String::new());
    let token = BASE64URL_NOPAD.encode(&clock::random::<32>()?);
    site.db.write(|sql| {
        let now = clock::now();
        let hash = Sha256::of(request.nonce.as_bytes()).to_hex();
        let values = [hash.into(), request.terminal.as_str().into(), now.0.into()];
        if sql.execute(sql!("session_nonce_take"), &values)? == 0 {
            return Err(refuse());
        }
        let key = public_key(sql, &request.terminal)?.ok_or_else(refuse)?;
        let signature = BASE64.decode(request.signature.as_bytes()).map_err(|_| refuse())?;
        let message = session_message(&site.settings.root.site, &request.nonce);
        key.verify(&message, &signature).map_err(|_| refuse())?;
        let expires = now.plus_ms(i64::from(SESSION_SECONDS) * 1000).0;
        let hash = Sha256::of(token.as_bytes()).to_hex();
        sql.execute(sql!("session_insert"), &[hash.into(), request.terminal.as_str().into(), expires.into()])?;
        Ok(())
    })?;
    Ok(Session { token, expires_in: SESSION_SECONDS })
}

/// The terminal whose session this token is.
///
/// # Errors
/// [`Error::Problem`] 401.1.
pub fn terminal_of(site: &Site, token: &str) -> Result<TerminalId, Error> {
    let hash = Sha256::of(token.as_bytes()).to_hex();
    let values = [hash.into(), clock::now().0.into()];
    let row = site.db.read(|sql| sql.first(sql!("session_select"), &values))?;
    let row = row.ok_or_else(|| Error::Problem(ProblemCode::NoSession, String::new()))?;
    Ok(TerminalId::new(row.text(0)?))
}

/// Refuses a terminal whose key was revoked: it gets no more work. What it sealed before may still come in and be judged.
///
/// # Errors
/// [`Error::Problem`] 403.5.
pub fn refuse_revoked(site: &Site, terminal: &TerminalId) -> Result<(), Error> {
    let row = site.db.read(|sql| sql.first(sql!("terminal_revoked"), &[terminal.as_str().into()]))?;
    match row {
        Some(row) => Err(Error::Problem(ProblemCode::TerminalRevoked, row.text(0)?.to_owned())),
        None => Ok(()),
    }
}

fn public_key(sql: &dyn Sql, terminal: &TerminalId) -> Result<Option<PublicKey>, Error> {
    let row = sql.first(sql!("terminal_by_id"), &[terminal.as_str().into()])?;
    row.map(|row| Ok(serde_json::from_str(row.text(0)?)?)).transpose()
}
