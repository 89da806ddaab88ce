//! 摆渡包 at the service: bundles of terminals in ([`take`]), bundles for terminals out ([`answer`]), and the key they are sealed for.
//!
//! What is inside is judged by the code that answers over HTTP; a bundle only brings it. Imports and exports of a site take turns,
//! in whichever process they run; the service may serve meanwhile.

pub mod answer;
pub mod take;

use std::{
    fs::{self, File},
    io::{BufReader, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use data_encoding::HEXLOWER;
use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use xunjian_domain::{ids::TerminalId, time::TimestampMs};
use xunjian_proof::{
    dsse::Envelope,
    statement::{HolderKind, KeyStatement, Statement as _},
    suite::Signer as _,
};
use xunjian_protocol::relay::{
    RelayError, RelayInvite, RelayKey, RelayKeyStatement,
    read::{Verified, verify},
};

use crate::{
    clock,
    db::{Row, sql},
    enrol::{self, Person},
    error::Error,
    site::Site,
};

/// The file beside the service's keys. Not named `.key`, because it signs nothing.
const FILE: &str = "relay.x25519";
/// Longest validity of a code whose request travels by stick.
pub const MOST_HOURS: u32 = 240;

/// The site's relay key, made when it is first needed.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written or read, [`Error::Told`] when it is no key.
pub fn key(site: &Site) -> Result<RelayKey, Error> {
    let file = site.folder().join("keys").join(FILE);
    let name = || file.display().to_string();
    if !file.exists() {
        // Another process may be making it: whoever comes second finds the file.
        let _turn = turn(site)?;
        if !file.exists() {
            let temporary = file.with_extension("new");
            let mut options = fs::OpenOptions::new();
            let mut out = options
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&temporary)
                .map_err(Error::io(name()))?;
            let text = format!("{}\n", HEXLOWER.encode(&RelayKey::generate().secret_bytes()));
            out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(Error::io(name()))?;
            fs::rename(&temporary, &file).map_err(Error::io(name()))?;
        }
    }
    let text = zeroize::Zeroizing::new(fs::read_to_string(&file).map_err(Error::io(name()))?);
    let secret = zeroize::Zeroizing::new(HEXLOWER.decode(text.trim().as_bytes()).unwrap_or_default());
    RelayKey::from_secret(&secret).map_err(|_| {
        Error::told(
            format!("{} 不是摆渡密钥文件（应为64位十六进制）", name()),
            format!("{} is not a relay key: it must hold 64 hexadecimal digits", name()),
        )
    })
}

/// The public half, as a service key states it.
///
/// # Errors
/// As [`key`].
pub fn key_statement(site: &Site) -> Result<String, Error> {
    let statement =
        RelayKeyStatement { site: site.settings.root.site.clone(), key: key(site)?.public(), stated_at: clock::now() };
    let envelope = statement.sign(&[&site.keys.service])?;
    String::from_utf8(envelope.to_bytes()).map_err(|_| Error::Damaged("an envelope is not text".to_owned()))
}

/// One import or export at a time, whichever process it runs in; ends with the value.
fn turn(site: &Site) -> Result<File, Error> {
    let path = site.folder().join("relay.lock");
    let mut options = fs::OpenOptions::new();
    let lock = options.write(true).create(true).truncate(false).mode(0o600).open(&path);
    let lock = lock.map_err(Error::io(path.display().to_string()))?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|error| Error::io(path.display().to_string())(error.into()))?;
    Ok(lock)
}

/// Where the photos of a terminal's bundles wait for their records: beside its uploads, whose files belong to the connections.
fn staged(terminal: &TerminalId) -> TerminalId {
    TerminalId::new(format!("{terminal}.relay"))
}

/// Reads a bundle through, whoever it is for, and checks its signature: what somebody who only carries it can know.
///
/// # Errors
/// [`Error::Relay`].
pub fn show(file: &Path) -> Result<Verified, Error> {
    Ok(verify(BufReader::with_capacity(1 << 18, File::open(file).map_err(RelayError::from)?))?)
}

/// What a new terminal takes along to be enrolled without a line. The code goes to the person, not into the file.
#[derive(Debug)]
pub struct Invited {
    /// For whom.
    pub person: Person,
    /// The one-time code.
    pub code: String,
    /// How long it is good, by the service's clock when the request arrives.
    pub expires_at: TimestampMs,
    /// The file.
    pub invite: RelayInvite,
}

/// Issues a code for a request that comes by bundle.
///
/// # Errors
/// [`Error::Told`] when nobody fits `who`, or the hours are not 1 to [`MOST_HOURS`].
pub fn invite(site: &Site, actor: &str, who: &str, hours: u32, service_url: &str) -> Result<Invited, Error> {
    if !(1..=MOST_HOURS).contains(&hours) {
        return Err(Error::told(
            format!("有效期须为 1 至 {MOST_HOURS} 小时"),
            format!("a code is good for 1 to {MOST_HOURS} hours"),
        ));
    }
    let own = site.keys.service.public_key().id();
    let rows = site.db.read(|sql| sql.query(sql!("key_statement_select"), &[]))?;
    let mut service_key = None;
    for row in &rows {
        let envelope = Envelope::from_bytes(row.bytes(0)?)?;
        let statement = KeyStatement::read(&envelope)?;
        if statement.holder_kind == HolderKind::Service && statement.key.id() == own {
            service_key = String::from_utf8(envelope.to_bytes()).ok();
        }
    }
    let service_key =
        service_key.ok_or_else(|| Error::Damaged("the root did not sign for the service's key".to_owned()))?;
    let invite = RelayInvite {
        site_root: site.settings.root.clone(),
        service_key,
        relay_key: key_statement(site)?,
        service_url: service_url.to_owned(),
    };
    let (person, code, expires_at) = enrol::issue_code_for(site, actor, who, i64::from(hours) * 60 * 60 * 1000)?;
    site.sequence()?;
    Ok(Invited { person, code, expires_at, invite })
}

/// How far a terminal's bundles have come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The terminal.
    pub terminal: TerminalId,
    /// What people call it.
    pub name: String,
    /// When its last bundle was taken in; `None` before the first. Until then there is nothing to answer.
    pub received_at: Option<TimestampMs>,
    /// Records that wait: for another one, which they correct, or for the root's word on their keys.
    pub waiting: i64,
}

/// Every terminal.
///
/// # Errors
/// [`Error`] of the database.
pub fn standings(site: &Site) -> Result<Vec<Standing>, Error> {
    let read = |row: &Row| -> Result<Standing, Error> {
        Ok(Standing {
            terminal: TerminalId::new(row.text(0)?),
            name: row.text(1)?.to_owned(),
            received_at: if row.i64(2)? < 0 { None } else { Some(TimestampMs(row.i64(3)?)) },
            waiting: row.i64(4)?,
        })
    };
    site.db.read(|sql| sql.query(sql!("relay_terminal_all"), &[])?.iter().map(read).collect())
}
