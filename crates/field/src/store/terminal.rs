//! The terminal's own row, its signing key, and what it is set to.

use data_encoding::HEXLOWER;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, ids::TerminalId, time::TimestampMs};
use xunjian_proof::{
    statement::SiteRoot,
    suite::{Ed25519Signer, PublicKey},
};
use zeroize::Zeroizing;

use super::{from_json, from_text, optional, run, sql, to_json};
use crate::{error::FieldError, keys};

/// The enrolled terminal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Terminal {
    pub id: TerminalId,
    pub name: String,
    pub service_url: String,
    pub public_key: PublicKey,
    pub site_name: String,
    pub site_root: SiteRoot,
    pub root_fingerprint: Sha256,
    pub root_pinned: bool,
}

impl Terminal {
    pub fn get(connection: &Connection) -> Result<Option<Self>, FieldError> {
        let row = connection.prepare_cached(sql!("terminal/get"))?.query_row([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, String>(4)?,
                row.get::<_, String>(5)?,
                row.get::<_, String>(6)?,
                row.get::<_, bool>(7)?,
            ))
        });
        let Some((id, name, service_url, public_key, site_name, site_root, fingerprint, root_pinned)) = optional(row)?
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            id: TerminalId::new(id),
            name,
            service_url,
            public_key: from_json(&public_key)?,
            site_name,
            site_root: from_json(&site_root)?,
            root_fingerprint: from_text(&fingerprint)?,
            root_pinned,
        }))
    }

    /// Inserts the terminal, or takes over the service's new address and a pin that came later.
    pub fn put(&self, connection: &Connection, at: TimestampMs) -> Result<(), FieldError> {
        run(
            connection,
            sql!("terminal/put"),
            params![
                self.id.as_str(),
                self.name,
                self.service_url,
                to_json(&self.public_key)?,
                self.site_name,
                to_json(&self.site_root)?,
                self.root_fingerprint.to_hex(),
                self.root_pinned,
                at.0
            ],
        )?;
        Ok(())
    }
}

pub(crate) fn set_service_url(connection: &Connection, url: &str) -> Result<(), FieldError> {
    run(connection, sql!("terminal/set_service_url"), [url]).map(drop)
}

/// The terminal's signing key, made when it is first asked for. Whoever calls keeps the transaction.
pub(crate) fn signing_key(connection: &Connection) -> Result<Ed25519Signer, FieldError> {
    if let Some(signer) = known_signing_key(connection)? {
        return Ok(signer);
    }
    let signer = keys::generate()?;
    put_signing_key(connection, &signer)?;
    Ok(signer)
}

pub(crate) fn known_signing_key(connection: &Connection) -> Result<Option<Ed25519Signer>, FieldError> {
    let row = connection.prepare_cached(sql!("terminal_key/get"))?.query_row([], |row| row.get::<_, String>(0));
    let damaged = || FieldError::Damaged("terminal key".to_owned());
    optional(row)?
        .map(|text| {
            let text = Zeroizing::new(text);
            let seed = Zeroizing::new(HEXLOWER.decode(text.as_bytes()).map_err(|_| damaged())?);
            Ok(Ed25519Signer::from_seed(seed.first_chunk::<32>().ok_or_else(damaged)?))
        })
        .transpose()
}

pub(crate) fn put_signing_key(connection: &Connection, signer: &Ed25519Signer) -> Result<(), FieldError> {
    let text = Zeroizing::new(HEXLOWER.encode(&*Zeroizing::new(signer.seed())));
    run(connection, sql!("terminal_key/put"), [text.as_str()]).map(drop)
}

/// The envelope of the site's recovery key, if the service named one.
pub(crate) fn recovery_key(connection: &Connection) -> Result<Option<String>, FieldError> {
    optional(connection.prepare_cached(sql!("recovery_key/get"))?.query_row([], |row| row.get(0)))
}

pub(crate) fn put_recovery_key(connection: &Connection, envelope: &str) -> Result<(), FieldError> {
    run(connection, sql!("recovery_key/put"), [envelope]).map(drop)
}

/// What the terminal is set to.
pub(crate) fn setting(connection: &Connection, name: &str) -> Result<Option<String>, FieldError> {
    optional(connection.prepare_cached(sql!("setting/get"))?.query_row([name], |row| row.get(0)))
}

pub(crate) fn put_setting(connection: &Connection, name: &str, value: &str) -> Result<(), FieldError> {
    run(connection, sql!("setting/put"), [name, value]).map(drop)
}
