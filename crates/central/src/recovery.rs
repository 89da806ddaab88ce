//! The site's recovery key: made beside the site root, kept offline with it; the service holds only its public half.
//!
//! Terminals seal their database keys for it at enrolment. [`answer`] needs the key and no database, so that it can run on a
//! machine that was never connected. What the service itself stores of a terminal never includes its database key.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use data_encoding::HEXLOWER;
use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    dsse::Envelope,
    statement::{SiteRoot, Statement as _},
    suite::{Ed25519Signer, Signer},
};
use xunjian_protocol::recovery::{OneTimeKey, RecoveryAnswer, RecoveryKeyStatement, RecoveryRequest};

use crate::{
    clock,
    db::{Sql, sql},
    error::Error,
    log::{self, COMMAND_LINE},
    site::Site,
};

/// The file beside the root keys. Not named `.key`, because it signs nothing.
pub const FILE: &str = "recovery.x25519";

/// Makes the key, or takes the one that an `init` cut off by a crash left there, and has the root sign its public half.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written or read, [`Error::Told`] when it is there but no key.
pub fn make(root_folder: &Path, root: &SiteRoot, signers: &[Ed25519Signer]) -> Result<Envelope, Error> {
    let file = root_folder.join(FILE);
    let key = if file.exists() { read(&file)? } else { create(&file)? };
    let signers: Vec<&dyn Signer> = signers.iter().map(|signer| signer as &dyn Signer).collect();
    Ok(RecoveryKeyStatement { site: root.site.clone(), key: key.public() }.sign(&signers)?)
}

/// Makes the key of a site that was made before there were recovery keys.
///
/// # Errors
/// [`Error::Told`] when the site has one, or too few root keys are in the folder.
pub fn add(site: &Site, root_folder: &Path, signers: &[Ed25519Signer]) -> Result<Sha256, Error> {
    let envelope = make(root_folder, &site.settings.root, signers)?;
    let statement: RecoveryKeyStatement = site.db.read(|sql| site.keyring(sql))?.read_of_root(&envelope)?;
    let fingerprint = fingerprint_of(&statement)?;
    site.db.write(|sql| {
        if stored(sql)?.is_some() {
            return Err(Error::told(
                "站点已有恢复密钥；更换会使各终端以前的封存失效，本版本不支持",
                "the site has a recovery key already; this version cannot replace it",
            ));
        }
        store(sql, &envelope)?;
        let fingerprint = fingerprint.to_hex();
        log::audit(site, sql, COMMAND_LINE, "site.recovery_key", &[("fingerprint", fingerprint.as_str())])
    })?;
    site.sequence()?;
    Ok(fingerprint)
}

/// Keeps the public half as the root signed it.
///
/// # Errors
/// [`Error`] of the database.
pub fn store(sql: &dyn Sql, envelope: &Envelope) -> Result<(), Error> {
    sql.execute(sql!("recovery_key_insert"), &[envelope.to_bytes().into(), clock::now().0.into()])?;
    Ok(())
}

/// The public half as the root signed it, if there is one.
///
/// # Errors
/// [`Error`] of the database.
pub fn stored(sql: &dyn Sql) -> Result<Option<String>, Error> {
    let row = sql.first(sql!("recovery_key_select"), &[])?;
    Ok(row.map(|row| row.bytes(0).map(|bytes| String::from_utf8_lossy(bytes).into_owned())).transpose()?)
}

/// Fingerprint of the site's recovery key, if there is one.
///
/// # Errors
/// [`Error`] when what is stored is damaged.
pub fn fingerprint(sql: &dyn Sql) -> Result<Option<Sha256>, Error> {
    let Some(envelope) = stored(sql)? else { return Ok(None) };
    let statement = RecoveryKeyStatement::read(&Envelope::from_bytes(envelope.as_bytes())?)?;
    fingerprint_of(&statement).map(Some)
}

/// The keeper's answer to a terminal's request.
///
/// # Errors
/// [`Error::Told`] when the request was made for another key, or was changed.
pub fn answer(key: &Path, request: &RecoveryRequest) -> Result<RecoveryAnswer, Error> {
    request.answer(&read(key)?).map_err(|_| {
        Error::told(
            "这份请求不是为这把恢复密钥生成的，或已被改动；没有写出应答",
            "this request was not made for this recovery key, or was changed; nothing was written",
        )
    })
}

fn fingerprint_of(statement: &RecoveryKeyStatement) -> Result<Sha256, Error> {
    statement.fingerprint().map_err(|error| Error::Damaged(error.to_string()))
}

fn create(file: &Path) -> Result<OneTimeKey, Error> {
    let key = OneTimeKey::generate();
    let text = format!("{}\n", HEXLOWER.encode(&key.secret_bytes()));
    let name = || file.display().to_string();
    let mut out =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(Error::io(name()))?;
    out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(Error::io(name()))?;
    Ok(key)
}

fn read(file: &Path) -> Result<OneTimeKey, Error> {
    let text = fs::read_to_string(file).map_err(Error::io(file.display().to_string()))?;
    let bytes = HEXLOWER.decode(text.trim().as_bytes()).unwrap_or_default();
    OneTimeKey::from_secret(&bytes).map_err(|_| {
        let name = file.display();
        Error::told(
            format!("{name} 不是恢复密钥文件（应为64位十六进制）"),
            format!("{name} is not a recovery key: it must hold 64 hexadecimal digits"),
        )
    })
}
