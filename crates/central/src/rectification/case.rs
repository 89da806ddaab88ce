//! What a person is given who is to sign the next step: the steps so far, and what may show that the problem is put right.

use xunjian_domain::{
    hash::Sha256,
    rectification::{Opening, Reinspection, Source},
};
use xunjian_proof::{
    dsse::Envelope,
    ledger_change::ChangeDecision,
    rectification::{CaseEvidence, Document, RectificationCase, examine},
    statement::Statement as _,
    verification,
};

use super::{find, steps_of};
use crate::{
    db::{Sql, sql},
    error::Error,
    site::Site,
};

/// The case of one rectification.
///
/// # Errors
/// [`Error::Told`] when there is none.
pub fn case(site: &Site, id: &str) -> Result<RectificationCase, Error> {
    site.db.read(|sql| {
        let history = find(sql, id)?;
        let steps = steps_of(sql, &history.id)?.into_iter().map(|step| text(step.bytes)).collect::<Result<_, _>>()?;
        let evidence = evidence(sql, &history.progress.opening)?;
        Ok(RectificationCase { site: site.settings.root.site.clone(), steps, evidence })
    })
}

fn text(bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|_| Error::Damaged("an envelope is no text".into()))
}

/// Every document of the site that shows it, the newest last.
fn evidence(sql: &dyn Sql, opening: &Opening) -> Result<Vec<CaseEvidence>, Error> {
    let mut found = Vec::new();
    for envelope in records(sql, opening)? {
        let (_, read) = verification::read_record(&envelope).map_err(|why| Error::Damaged(why.to_string()))?;
        let (record, document) = (read.id, Document::Record(read.id, &read.record));
        let lines = read.record.lines.iter().map(|line| Reinspection::Line { record, line: line.no });
        let ways =
            [Reinspection::FollowUp { record }, Reinspection::OnSite { record }, Reinspection::Reconciled { record }];
        if let Some(reinspection) = ways.into_iter().chain(lines).find(|one| examine(opening, one, document).is_ok()) {
            found.push(CaseEvidence { reinspection, envelope: text(envelope)? });
        }
    }
    if matches!(opening.source, Source::Discrepancy { .. }) {
        for row in sql.query(sql!("ledger_change_all"), &[])? {
            let envelope = row.bytes(5)?;
            if envelope.is_empty() {
                continue;
            }
            let decision = Sha256::of(envelope);
            let said = ChangeDecision::read(&Envelope::from_bytes(envelope)?)?;
            let reinspection = Reinspection::LedgerChanged { decision };
            if examine(opening, &reinspection, Document::Change(decision, &said)).is_ok() {
                found.push(CaseEvidence { reinspection, envelope: text(envelope.to_vec())? });
            }
        }
    }
    Ok(found)
}

/// Envelopes of delivered records that count and may speak of it.
fn records(sql: &dyn Sql, opening: &Opening) -> Result<Vec<Vec<u8>>, Error> {
    let rows = match &opening.source {
        Source::Finding { finding } => {
            let mut rows = sql.query(sql!("rectification_follow_up"), &[finding.as_str().into()])?;
            rows.extend(sql.query(sql!("record_by_id"), &[opening.record.to_hex().into()])?);
            rows
        }
        Source::Line { visit, .. } => sql.query(sql!("rectification_again"), &[visit.as_str().into()])?,
        Source::Discrepancy { asset: Some(asset), .. } => {
            sql.query(sql!("rectification_asset_again"), &[asset.as_str().into()])?
        }
        Source::Discrepancy { asset: None, .. } => Vec::new(),
    };
    rows.iter().map(|row| Ok(row.bytes(0)?.to_vec())).collect()
}
