//! From the leaves to the rows: what a leaf says must stand in the tables, column by column.

use std::collections::{BTreeMap, BTreeSet};

use xunjian_domain::{
    hash::Sha256,
    ledger::{LedgerManifest, LedgerVersion},
    plan::{PlannedVisit, VisitRef},
    time::TimestampMs,
};
use xunjian_proof::{
    dsse::Envelope,
    keyring::Keyring,
    statement::{BlobRef, Delivered, HolderKind, KeyStatement, PlanStatement},
    suite::{KeyId, PublicKey},
    verification,
};

use super::{
    Findings,
    log::{Leaves, RecordLeaf},
};
use crate::{
    db::{Row, Sql, sql},
    error::Error,
    leaf::Leaf,
    ledger::read_chunk,
    log::{to_i64, to_u64},
    round::kind_text,
};

/// Holds every leaf against the rows that follow from it.
pub(super) fn check(sql: &dyn Sql, keyring: Option<&Keyring>, leaves: &Leaves, found: &mut Findings) {
    let mut check = Check { sql, keyring, leaves, found, declared: BTreeSet::new(), blobs: BTreeMap::new() };
    check.blobs = check.known_blobs();
    for (envelope, record) in &leaves.records {
        let result = check.record(envelope, record);
        check.found.read("record", record.id, result);
    }
    for (envelope, (signed, leaf)) in &leaves.others {
        let (part, result) = match leaf {
            Leaf::Delivered(delivered) => ("delivered", check.delivered(envelope, signed, delivered)),
            Leaf::KeyStatement(statement) => ("key", check.key(envelope, &statement.key.id(), "key_statement")),
            Leaf::Revocation(revocation) => ("key", check.key(envelope, &revocation.key, "revocation")),
            Leaf::Plan(statement) => ("round", check.plan(envelope, signed, statement)),
            Leaf::AdminAction(action) => {
                check.service(signed, action.at, "log", envelope);
                continue;
            }
            Leaf::Record(..)
            | Leaf::Decision(_)
            | Leaf::Countersignature(_)
            | Leaf::LedgerChange(_)
            | Leaf::Rectification(_)
            | Leaf::Closing(_) => continue,
        };
        check.found.read(part, leaf.subject(), result);
    }
    check.terminals();
}

struct Check<'a> {
    sql: &'a dyn Sql,
    keyring: Option<&'a Keyring>,
    leaves: &'a Leaves,
    found: &'a mut Findings,
    declared: BTreeSet<Sha256>,
    blobs: BTreeMap<String, i64>,
}

impl Check<'_> {
    fn known_blobs(&mut self) -> BTreeMap<String, i64> {
        let rows = self.found.read("blob", "blob", self.sql.query(sql!("blob_all"), &[]));
        rows.iter().filter_map(|row| Some((row.text(0).ok()?.to_owned(), row.i64(1).ok()?))).collect()
    }

    fn record(&mut self, envelope: &Sha256, leaf: &RecordLeaf) -> Result<(), Error> {
        let id = leaf.id.to_hex();
        let Some(row) = self.sql.first(sql!("record_row"), &[id.as_str().into()])? else {
            self.found.damage("record", id, "row", "the log has the record, the table does not");
            return Ok(());
        };
        let bytes = row.bytes(1)?;
        if Sha256::of(bytes) != *envelope {
            self.found.damage("record", id, "row", "the stored bytes are not those of the leaf");
            return Ok(());
        }
        let (_, read) = verification::read_record(bytes).map_err(|failure| Error::Damaged(failure.to_string()))?;
        let record = &read.record;
        let texts = [
            ("envelope_sha256", 0, envelope.to_hex()),
            ("terminal_id", 2, record.terminal.id.to_string()),
            ("visit_id", 4, record.visit.id.to_string()),
            ("inspector_id", 6, record.inspector.id.to_string()),
        ];
        let numbers = [
            ("sequence", 3, to_i64(record.terminal.sequence)),
            ("revision", 5, i64::from(record.visit.revision)),
            ("sealed_at", 7, record.clock.sealed.wall_ms.0),
        ];
        self.columns("record", &id, &row, &texts, &numbers);
        let rows = self.sql.query(sql!("record_blob_of"), &[id.as_str().into()])?;
        let stored: Vec<Option<BlobRef>> = rows.iter().map(blob_of).collect();
        if stored != leaf.blobs.iter().cloned().map(Some).collect::<Vec<_>>() {
            self.found.damage("record", id, "record_blob", "the photos beside the record are not those it names");
        }
        Ok(())
    }

    fn delivered(&mut self, envelope: &Sha256, signed: &Envelope, delivered: &Delivered) -> Result<(), Error> {
        let id = delivered.record.to_hex();
        let before = self.found.damages.len();
        self.service(signed, delivered.stored_at, "delivered", &id);
        if !self.declared.insert(delivered.record) {
            self.found.damage("delivered", &id, "leaf", "the record was declared delivered twice");
        }
        match self.leaves.records.get(&delivered.envelope) {
            Some(record) if record.id == delivered.record && record.blobs == delivered.blobs => {}
            Some(_) => self.found.damage("delivered", &id, "leaf", "it is about something else than the record's leaf"),
            None if self.leaves.has(&delivered.envelope.to_hex()) => {}
            None => self.found.damage("delivered", &id, "leaf", "the log does not have the record"),
        }
        match self.sql.first(sql!("delivered_of"), &[id.as_str().into()])? {
            None => self.found.damage("delivered", &id, "row", "the log has the delivery, the table does not"),
            Some(row) => {
                let texts = [("envelope_sha256", 0, envelope.to_hex())];
                self.columns("delivered", &id, &row, &texts, &[("stored_at", 3, delivered.stored_at.0)]);
            }
        }
        for blob in &delivered.blobs {
            let name = blob.sha256.to_hex();
            match self.blobs.get(&name) {
                Some(bytes) if *bytes == to_i64(blob.bytes) => {}
                Some(_) => {
                    self.found.damage("blob", name, "row", "the row has another size than was declared delivered")
                }
                None => self.found.damage("blob", name, "row", "it was declared delivered and has no row"),
            }
        }
        self.found.delivered += u64::from(self.found.damages.len() == before);
        Ok(())
    }

    fn key(&mut self, envelope: &Sha256, key: &KeyId, table: &'static str) -> Result<(), Error> {
        let statement = if table == "revocation" { sql!("revocation_all") } else { sql!("key_statement_all") };
        let rows = self.sql.query(statement, &[])?;
        let row = rows.iter().find(|row| row.text(0).is_ok_and(|id| id == key.as_str()));
        let is_same = row.map(|row| row.bytes(1).map(|bytes| Sha256::of(bytes) == *envelope)).transpose()?;
        match is_same {
            Some(true) => {}
            Some(false) => self.found.damage("key", key, table, "the stored statement is not that of the leaf"),
            None => self.found.damage("key", key, table, "the log has the statement, the table does not"),
        }
        Ok(())
    }

    fn plan(&mut self, envelope: &Sha256, signed: &Envelope, statement: &PlanStatement) -> Result<(), Error> {
        let (plan, id) = (&statement.plan, statement.plan.round.id.as_str());
        self.service(signed, statement.opened_at, "round", id);
        let rows = self.sql.query(sql!("round_all"), &[])?;
        let Some(row) = rows.iter().find(|row| row.text(0).is_ok_and(|row| row == id)) else {
            self.found.damage("round", id, "row", "the log has the plan, the table has no such round");
            return Ok(());
        };
        let texts = [
            ("kind", 1, kind_text(plan.round.kind)?),
            ("quarter", 2, plan.round.quarter.to_string()),
            ("title", 3, plan.round.title.clone()),
            ("plan_sha256", 5, envelope.to_hex()),
        ];
        let numbers = [("ledger_version", 4, i64::from(plan.ledger.version)), ("opened_at", 6, statement.opened_at.0)];
        self.columns("round", id, row, &texts, &numbers);
        self.planned_visits(id, &plan.visits)?;
        self.ledger(&plan.ledger)?;
        self.chunk(&plan.template.sha256, "the template")
    }

    fn planned_visits(&mut self, round: &str, visits: &[VisitRef]) -> Result<(), Error> {
        let rows = self.sql.query(sql!("planned_visit_all"), &[])?;
        let mut rows: BTreeMap<&str, &Row> = rows
            .iter()
            .filter(|row| row.text(1).is_ok_and(|owner| owner == round))
            .filter_map(|row| Some((row.text(0).ok()?, row)))
            .collect();
        for named in visits {
            let id = named.id.as_str();
            let Some(row) = rows.remove(id) else {
                self.found.damage("visit", id, "row", "the plan has the visit, the round's table does not");
                continue;
            };
            let mut texts = vec![("sha256", 2, named.sha256.to_hex())];
            match read_chunk::<PlannedVisit>(self.sql, &named.sha256) {
                Ok(visit) => texts.extend([("kind", 3, kind_text(visit.kind)?), ("title", 4, visit.title)]),
                Err(error) => self.found.damage("visit", id, "chunk", error),
            }
            self.columns("visit", id, row, &texts, &[("lines", 5, i64::from(named.lines))]);
        }
        for id in rows.keys() {
            self.found.damage("visit", id, "row", "no plan has this visit");
        }
        Ok(())
    }

    fn ledger(&mut self, version: &LedgerVersion) -> Result<(), Error> {
        let rows = self.sql.query(sql!("ledger_version_all"), &[])?;
        let is_this = |row: &&Row| row.i64(0).is_ok_and(|number| number == i64::from(version.version));
        let hash = rows.iter().find(is_this).and_then(|row| row.text(1).ok());
        if hash != Some(&version.sha256.to_hex()) {
            self.found.damage("ledger", version.version, "row", "the version is not the one that was planned with");
        }
        match read_chunk::<LedgerManifest>(self.sql, &version.sha256) {
            Err(error) => self.found.damage("ledger", version.version, "chunk", error),
            Ok(manifest) => manifest.chunks.iter().try_for_each(|part| self.chunk(&part.sha256, &part.key))?,
        }
        Ok(())
    }

    fn chunk(&mut self, sha256: &Sha256, what: &str) -> Result<(), Error> {
        if self.sql.first(sql!("chunk_select"), &[sha256.to_hex().into()])?.is_none() {
            self.found.damage("chunk", sha256, "row", format!("{what} of a plan is gone"));
        }
        Ok(())
    }

    /// A statement that only the service makes must be signed by it.
    fn service(&mut self, signed: &Envelope, at: TimestampMs, part: &'static str, id: impl ToString) {
        let Some(keyring) = self.keyring else { return };
        let is_signed = signed.key_ids().any(|key| {
            let holder = keyring.holder(key, HolderKind::Service, at);
            holder.is_ok_and(|holder| signed.verify(&holder.key).is_ok())
        });
        if !is_signed {
            self.found.damage(part, id, "signature", "the service did not sign it");
        }
    }

    /// Terminals are who the root said they are, or wait for it to say so.
    fn terminals(&mut self) {
        let rows = self.found.read("terminal", "terminal", self.sql.query(sql!("terminal_select"), &[]));
        let asked = self.found.read("terminal", "key_request", self.sql.query(sql!("key_request_select"), &[]));
        let asked: Vec<KeyStatement> =
            asked.iter().filter_map(|row| serde_json::from_str(row.text(1).ok()?).ok()).collect();
        for row in &rows {
            let id = row.text(0).unwrap_or("?");
            let key: Option<PublicKey> = row.text(3).ok().and_then(|text| serde_json::from_str(text).ok());
            let Some(key) = key.filter(|key| row.text(2).is_ok_and(|column| column == key.id().as_str())) else {
                self.found.damage("terminal", id, "public_key", "the key is not the one of its id");
                continue;
            };
            let stated = self.keyring.and_then(|keyring| keyring.statement(&key.id()));
            let stated = stated.or_else(|| asked.iter().find(|request| request.key == key));
            let is_its_own = |statement: &KeyStatement| {
                statement.key == key && statement.holder_kind == HolderKind::Terminal && statement.holder == id
            };
            if self.keyring.is_some() && !stated.is_some_and(is_its_own) {
                let reason = "the site root was never asked to vouch for this key of this terminal";
                self.found.damage("terminal", id, "public_key", reason);
            }
        }
        let known = |holder: &str| rows.iter().any(|row| row.text(0).is_ok_and(|id| id == holder));
        for statement in self.keyring.into_iter().flat_map(Keyring::statements) {
            if statement.holder_kind == HolderKind::Terminal && !known(&statement.holder) {
                self.found.damage(
                    "terminal",
                    &statement.holder,
                    "row",
                    "the root vouches for it, the table has no such terminal",
                );
            }
        }
    }

    fn columns(
        &mut self,
        part: &'static str,
        id: &str,
        row: &Row,
        texts: &[(&str, usize, String)],
        numbers: &[(&str, usize, i64)],
    ) {
        let mut differs = Vec::new();
        differs.extend(texts.iter().filter(|(_, at, text)| row.text(*at).ok() != Some(text)).map(|(name, ..)| *name));
        differs.extend(
            numbers.iter().filter(|(_, at, number)| row.i64(*at).ok() != Some(*number)).map(|(name, ..)| *name),
        );
        for name in differs {
            self.found.damage(part, id, name, "the column is not what the signed bytes say");
        }
    }
}

fn blob_of(row: &Row) -> Option<BlobRef> {
    Some(BlobRef { sha256: row.text(0).ok()?.parse().ok()?, bytes: row.i64(1).ok().map(to_u64)? })
}
