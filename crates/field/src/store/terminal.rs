//! The terminal's own row, and keys that wait for the answer to their enrolment.

use rusqlite::{Connection, params};
use xunjian_domain::{hash::Sha256, ids::TerminalId, time::TimestampMs};
use xunjian_proof::{statement::SiteRoot, suite::PublicKey};

use super::{from_json, from_text, optional, run, sql, to_json};
use crate::{error::FieldError, keys::WrappedKey};

/// The enrolled terminal.
#[derive(Debug, Clone)]
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

/// A person's keys as made for one code. The row stays: the same code with the same keys gets the same answer for ever.
pub(crate) struct PendingEnrolment {
    pub public_key: PublicKey,
    pub wrapped_key: WrappedKey,
}

impl PendingEnrolment {
    pub fn get(connection: &Connection, code: Sha256) -> Result<Option<Self>, FieldError> {
        let row = connection
            .prepare_cached(sql!("enrolment/get"))?
            .query_row([code.to_hex()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        optional(row)?
            .map(|(public_key, wrapped)| {
                Ok(Self { public_key: from_json(&public_key)?, wrapped_key: from_json(&wrapped)? })
            })
            .transpose()
    }

    pub fn put(&self, connection: &Connection, code: Sha256, at: TimestampMs) -> Result<(), FieldError> {
        let values = params![code.to_hex(), to_json(&self.public_key)?, to_json(&self.wrapped_key)?, at.0];
        run(connection, sql!("enrolment/put"), values).map(drop)
    }
}
