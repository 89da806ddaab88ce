//! Recomputing everything from stored bytes: `verify-all` for records, receipts and photos, `fsck` for the log, the rows
//! that follow from its leaves, chunks, chains and files. Both name each damage and go on; neither trusts a column where
//! the bytes can be asked.

mod audit;
mod changes;
mod closings;
mod cosignatures;
mod decisions;
mod log;
mod monitoring;
mod records;
mod rectifications;
mod reviews;
mod rows;
mod statements;
mod stored;

use serde::Serialize;
use xunjian_domain::hash::Sha256;
use xunjian_proof::{dsse::Envelope, keyring::Keyring};

use crate::{
    db::{Row, Sql, sql},
    error::Error,
    site::Site,
};

/// One damage, named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// `record`, `delivered`, `blob`, `log`, `chunk`, `chain`, `key`, `round`, `terminal`, `set_aside`,
    /// `audit`, `cosignature`, `decision`, `countersignature`, `ledger_change`, `rectification`, `closing`, `monitoring`,
    /// `thresholds`.
    pub part: &'static str,
    /// Which one.
    pub id: String,
    /// Which step of the check failed.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// Places of a terminal's chain without a record. No damage: a record that was refused and kept aside leaves one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The terminal.
    pub terminal: String,
    /// First missing place.
    pub from: u64,
    /// Last missing place.
    pub to: u64,
}

/// What a check found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Findings {
    /// Records checked.
    pub records: u64,
    /// Those of them that are delivered: for `verify-all`, with a receipt that holds; for `fsck`, with a statement in the
    /// log and the rows it speaks of.
    pub delivered: u64,
    /// Photos hashed.
    pub blobs: u64,
    /// Leaves of the log hashed.
    pub leaves: u64,
    /// Documents hashed.
    pub chunks: u64,
    /// Everything that is wrong; empty when all is well.
    pub damages: Vec<Damage>,
    /// Holes in the terminals' chains.
    pub gaps: Vec<Gap>,
}

impl Findings {
    fn damage(&mut self, part: &'static str, id: impl ToString, step: impl ToString, reason: impl ToString) {
        let (id, step, reason) = (id.to_string(), step.to_string(), reason.to_string());
        self.damages.push(Damage { part, id, step, reason });
    }

    /// Names a part that cannot be read, and goes on with an empty one.
    fn read<T: Default>(&mut self, part: &'static str, id: impl ToString, result: Result<T, impl ToString>) -> T {
        result.unwrap_or_else(|error| {
            self.damage(part, id, "read", error);
            T::default()
        })
    }
}

/// Checks every record, its receipt and its photos from the stored bytes.
///
/// # Errors
/// [`Error`] when the database cannot be read at all.
pub fn verify_all(site: &Site) -> Result<Findings, Error> {
    let mut found = Findings::default();
    site.db.read_long(|sql| {
        if let Some(keyring) = keyring(site, sql, &mut found) {
            records::verify(sql, &keyring, &mut found);
        }
        Ok::<_, Error>(())
    })?;
    stored::check_blobs(site, &mut found);
    Ok(found)
}

/// Derives the log, the rows that follow from its leaves, chunks, chains and the blob list again and names each difference.
///
/// # Errors
/// [`Error`] when the database cannot be read at all.
pub fn fsck(site: &Site) -> Result<Findings, Error> {
    let mut found = derive_rows(site)?;
    stored::check_blobs(site, &mut found);
    stored::check_orphans(site, &mut found);
    Ok(found)
}

/// As [`fsck`], but photos are not hashed: for whoever has done so already.
///
/// # Errors
/// [`Error`] when the database cannot be read at all.
pub fn fsck_rows(site: &Site) -> Result<Findings, Error> {
    let mut found = derive_rows(site)?;
    stored::check_orphans(site, &mut found);
    Ok(found)
}

fn derive_rows(site: &Site) -> Result<Findings, Error> {
    let mut found = Findings::default();
    site.db.read_long(|sql| {
        let keyring = keyring(site, sql, &mut found);
        let leaves = log::check(sql, keyring.as_ref(), &mut found);
        statements::check(sql, keyring.as_ref(), &leaves, &mut found);
        rows::check(sql, &leaves, &mut found);
        audit::check(sql, &leaves, &mut found);
        cosignatures::check(sql, keyring.as_ref(), &leaves, &mut found);
        let decided = decisions::check(sql, keyring.as_ref(), &leaves, &mut found);
        decisions::check_chains(&leaves, &decided, &mut found);
        reviews::check(sql, keyring.as_ref(), &leaves, &mut found);
        changes::check(sql, keyring.as_ref(), &leaves, &mut found);
        rectifications::check(sql, keyring.as_ref(), &leaves, &mut found);
        closings::check(sql, keyring.as_ref(), &leaves, &mut found);
        monitoring::check(sql, &leaves, &mut found);
        stored::check_chunks(sql, &mut found);
        stored::check_set_aside(sql, &leaves, &mut found);
        Ok::<_, Error>(())
    })?;
    Ok(found)
}

/// The keyring as far as its statements hold; those that do not are named one by one.
pub(crate) fn keyring(site: &Site, sql: &dyn Sql, found: &mut Findings) -> Option<Keyring> {
    let mut keyring = match Keyring::new(site.settings.root.clone(), None) {
        Ok(keyring) => keyring,
        Err(error) => {
            found.damage("key", "site_root", "keyring", error);
            return None;
        }
    };
    let statements = found.read("key", "key_statement", sql.query(sql!("key_statement_all"), &[]));
    let revocations = found.read("key", "revocation", sql.query(sql!("revocation_all"), &[]));
    let envelope = |row: &Row| -> Result<Envelope, Error> { Ok(Envelope::from_bytes(row.bytes(1)?)?) };
    for row in &statements {
        let admitted = envelope(row).and_then(|envelope| Ok(keyring.admit(&envelope)?.key.id()));
        match admitted {
            Ok(id) if row.text(0).is_ok_and(|column| column == id.as_str()) => {}
            Ok(id) => found.damage("key", id, "statement", "the row is filed under another key"),
            Err(error) => found.damage("key", row.text(0).unwrap_or("?"), "statement", error),
        }
    }
    for row in &revocations {
        let id = row.text(0).unwrap_or("?");
        if let Err(error) = envelope(row).and_then(|envelope| Ok(keyring.revoke(&envelope)?)) {
            found.damage("key", id, "revocation", error);
        } else if !keyring.statements().any(|statement| statement.key.id().as_str() == id) {
            found.damage("key", id, "revocation", "it revokes a key that the row does not name, or that nobody holds");
        }
    }
    Some(keyring)
}

/// The hash a column holds.
fn hash(text: &str) -> Result<Sha256, Error> {
    text.parse().map_err(|_| Error::Damaged(format!("“{text}” is not a hash")))
}
