//! The work package: what a terminal needs to walk for days without a network.

use std::{fs, io};

use xunjian_domain::{
    hash::Sha256,
    ids::{CriterionKey, PersonId, VisitId},
    subject::Subject,
    time::TimestampMs,
    visit::{OpenFinding, OpenFindings},
};
use xunjian_proof::{
    dsse::Envelope,
    statement::{HolderKind, LabelPrint, LabelPrints, PlanStatement, Statement as _},
};
use xunjian_protocol::package::{Assignment, PackageRound, WorkPackage};

use crate::{
    clock,
    db::{Row, Sql, sql},
    error::Error,
    extras::Extras,
    ledger::store_chunk,
    log,
    site::Site,
};

fn assignments(sql: &dyn Sql) -> Result<Vec<Assignment>, Error> {
    let read = |row: &Row| -> Result<Assignment, Error> {
        Ok(Assignment { visit: VisitId::new(row.text(0)?), person: PersonId::new(row.text(1)?) })
    };
    sql.query(sql!("assignment_open"), &[])?.iter().map(read).collect()
}

/// The package as it stands, with its ETag, which stays the same while nothing changes that a terminal works from.
///
/// # Errors
/// [`Error`] of the database.
pub fn build(site: &Site, extras: Extras) -> Result<(String, WorkPackage), Error> {
    // A plan may wait for the sequencer when the command that opened the round was cut short.
    site.sequence()?;
    site.db.write(|sql| {
        let envelopes = |statement: &str| -> Result<Vec<String>, Error> {
            sql.query(statement, &[])?.iter().map(|row| text_of(row.bytes(0)?)).collect()
        };
        let (label_prints, _) = store_chunk(sql, &label_prints(site, sql)?)?;
        let mut package = WorkPackage {
            site_root: site.settings.root.clone(),
            key_statements: envelopes(sql!("key_statement_select"))?,
            revocations: envelopes(sql!("revocation_select"))?,
            label_host: site.settings.label_host.clone(),
            label_prints,
            rounds: sql
                .query(sql!("round_open"), &[])?
                .iter()
                .map(|row| round(sql, row, extras))
                .collect::<Result<_, _>>()?,
            limits: site.settings.limits.clone(),
            service_desk: site.settings.service_desk.clone(),
            time_token: String::new(),
            assignments: if extras.assignments { assignments(sql)? } else { Vec::new() },
        };
        // Receipts and the time token follow the log's growth; what a terminal works from does not.
        let mut stable = package.clone();
        stable.rounds.iter_mut().for_each(|round| round.receipt.clear());
        let etag = Sha256::of(&serde_json::to_vec(&stable)?).to_hex();
        package.time_token = log::time_token(site, sql, clock::now())?.to_string();
        Ok((format!("\"{etag}\""), package))
    })
}

fn round(sql: &dyn Sql, row: &Row, extras: Extras) -> Result<PackageRound, Error> {
    let sha256: Sha256 = row.text(3)?.parse().map_err(|_| Error::Damaged("a round names no plan".to_owned()))?;
    let (envelope, receipt) =
        log::receipt(sql, &sha256)?.ok_or_else(|| Error::Damaged(format!("the plan {sha256} is not in the log")))?;
    let statement = PlanStatement::read(&Envelope::from_bytes(&envelope)?)?;
    Ok(PackageRound {
        plan: text_of(&envelope)?,
        receipt: receipt.to_string(),
        template: statement.plan.template,
        ledger: statement.plan.ledger,
        open_findings: if extras.open_findings { open_findings(sql, row)? } else { None },
    })
}

/// The problems that rounds opened before this one left open, as a chunk; `None` where there are none. Neither fixed on the spot
/// nor found rectified since, and not carried on by a newer finding.
fn open_findings(sql: &dyn Sql, round: &Row) -> Result<Option<Sha256>, Error> {
    let findings = left_open(sql, round)?;
    if findings.is_empty() {
        return Ok(None);
    }
    Ok(Some(store_chunk(sql, &OpenFindings { findings })?.0))
}

/// A photo of one of these problems, whoever took it; `None` for any other, and for one that never arrived.
///
/// # Errors
/// [`Error`] of the database and the disk.
pub fn before_photo(site: &Site, sha256: &Sha256) -> Result<Option<Vec<u8>>, Error> {
    let is_named = site.db.read(|sql| {
        for round in sql.query(sql!("round_open"), &[])? {
            if left_open(sql, &round)?.iter().any(|one| one.finding.photos.contains(sha256)) {
                return Ok::<_, Error>(true);
            }
        }
        Ok(false)
    })?;
    if !is_named {
        return Ok(None);
    }
    let path = site.blobs.object(sha256);
    match fs::read(&path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(Error::io(path.display().to_string())),
    }
}

fn left_open(sql: &dyn Sql, round: &Row) -> Result<Vec<OpenFinding>, Error> {
    let read = |row: &Row| -> Result<OpenFinding, Error> {
        let record = row.text(1)?.parse().map_err(|_| Error::Damaged("a finding names no record".to_owned()))?;
        Ok(OpenFinding {
            finding: serde_json::from_str(row.text(0)?)?,
            record,
            round_title: row.text(2)?.to_owned(),
            visited: Subject { kind: serde_json::from_value(row.text(3)?.into())?, id: row.text(4)?.to_owned() },
            visit_title: row.text(5)?.to_owned(),
            criterion: Some(row.text(6)?).filter(|key| !key.is_empty()).map(CriterionKey::new),
            inspector_name: row.text(7)?.to_owned(),
        })
    };
    let rows = sql.query(sql!("open_finding"), &[round.i64(4)?.into(), round.text(0)?.into()])?;
    rows.iter().map(read).collect()
}

/// Every print a terminal may meet, replaced ones too (a replaced label must be recognised as such), signed by the service.
/// While nothing is printed the bytes stay the same, and with them the package's ETag.
///
/// # Errors
/// [`Error`] of the database.
pub fn label_prints(site: &Site, sql: &dyn Sql) -> Result<Envelope, Error> {
    let read = |row: &Row| -> Result<LabelPrint, Error> {
        let kind = serde_json::from_value(row.text(1)?.into())?;
        let replaced_by = row.text(5)?;
        Ok(LabelPrint {
            id: row.text(0)?.into(),
            subject: Subject { kind, id: row.text(2)?.to_owned() },
            side: row.text(3)?.to_owned(),
            printed_at: TimestampMs(row.i64(4)?),
            replaced_by: (!replaced_by.is_empty()).then(|| replaced_by.into()),
        })
    };
    let prints: Vec<LabelPrint> =
        sql.query(sql!("label_print_select"), &[])?.iter().map(read).collect::<Result<_, _>>()?;
    let key_since = site.keyring(sql)?.current(HolderKind::Service).map(|service| service.valid_from);
    let newest = prints.iter().map(|print| print.printed_at).chain(key_since).max();
    let list = LabelPrints { site: site.settings.root.site.clone(), prints, made_at: newest.unwrap_or(TimestampMs(0)) };
    Ok(list.sign(&[&site.keys.service])?)
}

fn text_of(bytes: &[u8]) -> Result<String, Error> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Error::Damaged("an envelope is not text".to_owned()))
}
