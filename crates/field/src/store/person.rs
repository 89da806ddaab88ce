//! People enrolled on this terminal.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use xunjian_domain::{ids::PersonId, party::Role, time::TimestampMs};
use xunjian_proof::{statement::PartyRef, suite::PublicKey};

use super::{from_json, run, sql, to_json};
use crate::error::FieldError;

/// A person who works on this terminal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    /// Stays the same over all keys.
    pub id: PersonId,
    /// For people.
    pub name: String,
    /// The organisation.
    pub party: PartyRef,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// The signing key's public half.
    pub public_key: PublicKey,
}

impl Person {
    pub(crate) fn list(connection: &Connection) -> Result<Vec<Self>, FieldError> {
        let mut statement = connection.prepare_cached(sql!("person/list"))?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, String>(4)?,
            ))
        })?;
        rows.map(|row| {
            let (id, name, party, roles, public_key) = row?;
            Ok(Self {
                id: PersonId::new(id),
                name,
                party: from_json(&party)?,
                roles: from_json(&roles)?,
                public_key: from_json(&public_key)?,
            })
        })
        .collect()
    }

    pub(crate) fn put(&self, connection: &Connection, at: TimestampMs) -> Result<(), FieldError> {
        run(
            connection,
            sql!("person/put"),
            params![
                self.id.as_str(),
                self.name,
                to_json(&self.party)?,
                to_json(&self.roles)?,
                to_json(&self.public_key)?,
                at.0
            ],
        )
        .map(drop)
    }
}
