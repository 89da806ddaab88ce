//! Running every check anew, and keeping what the last run said.

use serde::{Deserialize, Serialize};

use crate::{
    clock,
    db::sql,
    error::Error,
    integrity::{self, Findings},
    log,
    site::Site,
};

/// One damage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct VerificationDamage {
    /// `record`, `delivered`, `blob`, `log`, `chunk`, `chain`, `key`, `round`, `terminal`, `set_aside`.
    pub part: String,
    /// Which one.
    pub id: String,
    /// Which step failed.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// Places of a terminal's chain without a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct VerificationGap {
    /// The terminal.
    pub terminal: String,
    /// First missing place.
    pub from: u64,
    /// Last missing place.
    pub to: u64,
}

/// What a verification of everything found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct VerificationRun {
    /// When it was run.
    pub at: i64,
    /// Records checked.
    pub records: u64,
    /// Those with a receipt that holds.
    pub delivered: u64,
    /// Photos hashed.
    pub blobs: u64,
    /// Leaves of the log hashed.
    pub leaves: u64,
    /// Everything that is wrong.
    pub damages: Vec<VerificationDamage>,
    /// Holes in the terminals' chains.
    pub gaps: Vec<VerificationGap>,
}

/// `GET verification`: the last run; `null` before the first one.
///
/// # Errors
/// [`Error`] of the database.
pub fn last(site: &Site) -> Result<Option<VerificationRun>, Error> {
    let row = site.db.read(|sql| sql.first(sql!("verification_last"), &[]))?;
    row.map(|row| Ok(serde_json::from_str(row.text(0)?)?)).transpose()
}

/// `POST verification`: checks records, receipts, photos, log, rows, documents and chains anew from stored bytes.
///
/// # Errors
/// [`Error`] when the database cannot be read at all.
pub fn run(site: &Site, actor: &str) -> Result<VerificationRun, Error> {
    let (verified, derived) = (integrity::verify_all(site)?, integrity::fsck_rows(site)?);
    let run = merged(verified, derived);
    let text = serde_json::to_string(&run)?;
    site.db.write(|sql| {
        sql.execute(sql!("verification_put"), &[run.at.into(), text.as_str().into()])?;
        sql.execute(sql!("record_summary_clear_damaged"), &[])?;
        for damage in &run.damages {
            if ["record", "delivered", "blob"].contains(&damage.part.as_str()) {
                sql.execute(sql!("record_summary_damaged"), &[damage.id.as_str().into()])?;
            }
        }
        let damages = run.damages.len().to_string();
        log::audit(site, sql, actor, "verification.run", &[("damages", &damages)])
    })?;
    site.sequence()?;
    Ok(run)
}

/// The two checks overlap: what both name is told once.
fn merged(verified: Findings, derived: Findings) -> VerificationRun {
    let mut damages: Vec<VerificationDamage> = Vec::new();
    for damage in verified.damages.into_iter().chain(derived.damages) {
        let damage = VerificationDamage {
            part: damage.part.to_owned(),
            id: damage.id,
            step: damage.step,
            reason: damage.reason,
        };
        if !damages.contains(&damage) {
            damages.push(damage);
        }
    }
    let gap = |gap: integrity::Gap| VerificationGap { terminal: gap.terminal, from: gap.from, to: gap.to };
    VerificationRun {
        at: clock::now().0,
        records: verified.records,
        delivered: verified.delivered,
        blobs: verified.blobs,
        leaves: derived.leaves,
        damages,
        gaps: derived.gaps.into_iter().map(gap).collect(),
    }
}
