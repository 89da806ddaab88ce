//! Records that were refused and are kept, byte for byte, for a person to look at.

use xunjian_domain::{hash::Sha256, ids::TerminalId, time::TimestampMs};
use xunjian_protocol::problem::ProblemCode;

use crate::{
    clock,
    db::{Row, Sql, sql},
    error::Error,
    log,
    site::Site,
};

/// Most envelopes kept for one terminal. The older ones stay; what comes after them is answered and not kept, so that no
/// terminal can fill the disk with rubbish.
pub const MAX_OF_A_TERMINAL: i64 = 1_000;

/// One envelope that is kept aside.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Aside {
    /// SHA-256 of its bytes.
    pub envelope: Sha256,
    /// The terminal that sent it.
    pub terminal: TerminalId,
    /// Number of the problem: `409.1`.
    pub problem: String,
    /// What exactly was wrong.
    pub detail: String,
    /// When it came first.
    pub received_at: TimestampMs,
}

/// Everything that is kept aside, oldest first.
///
/// # Errors
/// [`Error`] of the database.
pub fn aside(sql: &dyn Sql) -> Result<Vec<Aside>, Error> {
    let read = |row: &Row| -> Result<Aside, Error> {
        Ok(Aside {
            envelope: row.text(0)?.parse().map_err(|_| Error::Damaged("an envelope kept aside has no hash".into()))?,
            terminal: TerminalId::new(row.text(1)?),
            problem: row.text(2)?.to_owned(),
            detail: row.text(3)?.to_owned(),
            received_at: TimestampMs(row.i64(4)?),
        })
    };
    sql.query(sql!("set_aside_all"), &[])?.iter().map(read).collect()
}

/// The bytes of one envelope that is kept aside.
///
/// # Errors
/// [`Error`] of the database.
pub fn bytes(sql: &dyn Sql, envelope: &Sha256) -> Result<Option<Vec<u8>>, Error> {
    let row = sql.first(sql!("set_aside_select"), &[envelope.to_hex().into()])?;
    Ok(row.map(|row| row.bytes(0).map(<[u8]>::to_vec)).transpose()?)
}

/// Keeps a refused envelope. The first time that is an administrative action of its own, so that nobody can make it
/// disappear unseen; sent again, it changes nothing.
///
/// # Errors
/// [`Error`] of the database.
pub(crate) fn keep(
    site: &Site,
    sql: &dyn Sql,
    terminal: &TerminalId,
    envelope: &[u8],
    (code, detail): (ProblemCode, &str),
) -> Result<(), Error> {
    let hash = Sha256::of(envelope);
    let is_known = sql.first(sql!("set_aside_select"), &[hash.to_hex().into()])?.is_some();
    let kept = sql.first(sql!("set_aside_count"), &[terminal.as_str().into()])?.map_or(Ok(0), |row| row.i64(0))?;
    if is_known || kept >= MAX_OF_A_TERMINAL {
        return Ok(());
    }
    let values = [
        hash.to_hex().into(),
        envelope.to_vec().into(),
        terminal.as_str().into(),
        code.number().into(),
        detail.into(),
        clock::now().0.into(),
    ];
    sql.execute(sql!("set_aside_insert"), &values)?;
    let hash = hash.to_hex();
    let details = [("envelope", hash.as_str()), ("problem", code.number()), ("terminal", terminal.as_str())];
    log::audit(site, sql, "terminal", "record.set_aside", &details)
}
