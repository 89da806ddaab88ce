//! Finding everything that belongs into a pack. Each read is short: the log below the pack's size never changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    path::PathBuf,
};

use xunjian_domain::{hash::Sha256, ids::VisitId, ledger::LedgerManifest, plan::Plan, template::Template};
use xunjian_proof::{
    cosigner::cosigner_name,
    decision::Decision,
    dsse::Envelope,
    keyring::Keyring,
    merkle,
    note::{Checkpoint, SignedCheckpoint},
    pack::{
        Contents, Draft, Head, LogProof, Maker, PackKind, Planned, Profile, RecordProofs, WhyLeftOut,
        check::Older,
        coverage::{Counted, coverage},
        name::{self, folder},
    },
    receipt::Receipt,
    record::{LayerKind, Record},
    statement::{Delivered, HolderKind, PlanStatement, Statement as _},
    suite::KeyId,
    verification::{self, VerifiedRecord},
};

use super::{Request, Wanted};
use crate::{
    clock, cosign,
    db::{Sql, sql},
    error::Error,
    ledger,
    log::{self, StoredNodes, to_i64, to_u64},
    site::Site,
};

/// Kinds of leaves that have a place of their own in a pack, or none.
const NOT_SAID: [&str; 6] = ["admin_action", "delivered", "key_statement", "plan", "record", "revocation"];

/// A pack that is laid out and can be written, from any byte on.
pub type Prepared = Draft<File, PathBuf>;

type Pack = Contents<File, PathBuf>;

/// A record with its delivery, as the log has them.
struct Found {
    verified: VerifiedRecord,
    envelope: (u64, Vec<u8>),
    delivered: (u64, Vec<u8>),
}

struct Gatherer<'a> {
    site: &'a Site,
    request: &'a Request,
    size: u64,
    /// The state that every proof leads to, with the log's signature alone.
    head: SignedCheckpoint,
    keyring: Keyring,
    contents: Pack,
    keys: BTreeSet<KeyId>,
    older: BTreeSet<u64>,
    decisions: BTreeMap<u64, Decision>,
}

/// Lays a pack out: everything is read and hashed, and nothing is written yet.
///
/// # Errors
/// [`Error::Told`] when there is no such record or round, or nothing of it was delivered; [`Error::Damaged`] when a stored photo or
/// document is not what it must be.
pub fn prepare(site: &Site, request: &Request) -> Result<Prepared, Error> {
    site.sequence()?;
    let (size, head, keyring) = site.db.read(|sql| {
        let (newest, _) = log::tail(sql)?;
        let size = request.at.unwrap_or(newest);
        if size == 0 || size > newest {
            return Err(Error::told(
                format!("日志现有 {newest} 条，无法按 {size} 条制作"),
                format!("the log has {newest} leaves, a pack of {size} cannot be made"),
            ));
        }
        Ok((size, state(site, sql, size)?, site.keyring(sql)?))
    })?;
    let contents = Contents::new(spool(site)?, &site.settings.root)?;
    let (keys, decisions) = (BTreeSet::new(), BTreeMap::new());
    let older = request.since.iter().copied().filter(|since| *since > 0 && *since < size).collect();
    Gatherer { site, request, size, head, keyring, contents, keys, older, decisions }.all()
}

/// A state of the log, signed anew: a signature has one spelling, so it is the one that was given before.
fn state(site: &Site, sql: &dyn Sql, size: u64) -> Result<SignedCheckpoint, Error> {
    let root = merkle::root(&StoredNodes(sql), size)?;
    Ok(Checkpoint { origin: site.settings.root.log_origin.clone(), size, root }.sign(&site.keys.log)?)
}

/// A file that is gone by itself when it is closed.
fn spool(site: &Site) -> Result<File, Error> {
    let folder = site.folder().join("cache");
    let path = folder.join(format!("{}.spool", clock::new_id()));
    let opened = fs::create_dir_all(&folder)
        .and_then(|()| File::options().create_new(true).read(true).write(true).open(&path))
        .and_then(|file| fs::remove_file(&path).map(|()| file));
    opened.map_err(Error::io(path.display().to_string()))
}

fn damaged(what: impl std::fmt::Display) -> Error {
    Error::Damaged(what.to_string())
}

impl Gatherer<'_> {
    fn all(mut self) -> Result<Prepared, Error> {
        let (ids, undelivered) = self.wanted()?;
        let mut counted = Vec::new();
        let mut plan: Option<Plan> = None;
        for id in &ids {
            let found = self.found(id)?;
            if plan.is_none() {
                plan = Some(self.plan(&found.verified.record)?);
            }
            self.said_of(&[id.to_hex(), found.verified.record.visit.id.to_string()])?;
            counted.push(Counted::of(*id, &found.verified.record));
            self.record(&found)?;
        }
        let plan = plan.ok_or_else(|| damaged("a pack without a record"))?;
        let round = match &self.request.wanted {
            Wanted::Round(round) => {
                let visits: Vec<VisitId> = plan.visits.iter().map(|visit| visit.id.clone()).collect();
                for visit in &plan.visits {
                    self.chunk(folder::VISITS, &visit.sha256)?;
                }
                let visits: Vec<String> = visits.iter().map(ToString::to_string).collect();
                self.said_of(&visits)?;
                self.said_of(&[round.to_string()])?;
                Some(round.clone())
            }
            Wanted::Record(id) => {
                self.neighbours(id)?;
                None
            }
        };
        self.states()?;
        self.key_statements()?;
        let decisions: Vec<Decision> = self.decisions.into_values().collect();
        let head = Head {
            site: self.site.settings.root.site.clone(),
            software: env!("CARGO_PKG_VERSION").to_owned(),
            kind: if round.is_some() { PackKind::Round } else { PackKind::Record },
            profile: self.request.profile,
            made_by: Maker::Service,
            coverage: round.is_some().then(|| coverage(&plan, &counted, &decisions)),
            round,
            log_size: self.size,
            undelivered,
        };
        Ok(self.contents.finish(head, &self.site.settings.root, &self.site.keys.service)?)
    }

    /// The records, and those that were not delivered at the pack's size.
    fn wanted(&self) -> Result<(Vec<Sha256>, Vec<Sha256>), Error> {
        let parse = |text: &str| text.parse::<Sha256>().map_err(damaged);
        let round = match &self.request.wanted {
            Wanted::Record(id) => return Ok((vec![*id], Vec::new())),
            Wanted::Round(round) => round,
        };
        let (mut delivered, mut undelivered) = (Vec::new(), Vec::new());
        self.site.db.read(|sql| {
            for row in sql.query(sql!("pack_round_record"), &[round.as_str().into()])? {
                let (id, envelope, place) = (parse(row.text(0)?)?, row.text(1)?, row.i64(2)?);
                if (0..to_i64(self.size)).contains(&place) {
                    delivered.push(id);
                } else if self.leaf(sql, envelope)?.is_some() {
                    undelivered.push(id);
                }
            }
            Ok::<_, Error>(())
        })?;
        if delivered.is_empty() {
            return Err(Error::told(
                "该轮次还没有已送达的记录，无从制作离线验真包",
                "no record of the round was delivered yet: there is nothing to pack",
            ));
        }
        Ok((delivered, undelivered))
    }

    /// A leaf below the pack's size.
    fn leaf(&self, sql: &dyn Sql, envelope: &str) -> Result<Option<(u64, Vec<u8>)>, Error> {
        let Some(row) = sql.first(sql!("log_entry_by_envelope"), &[envelope.into()])? else { return Ok(None) };
        let index = to_u64(row.i64(0)?);
        Ok(if index < self.size { Some((index, row.bytes(1)?.to_vec())) } else { None })
    }

    fn found(&self, id: &Sha256) -> Result<Found, Error> {
        let hex = id.to_hex();
        let (envelope, delivered) = self.site.db.read(|sql| {
            let envelope = sql.first(sql!("record_by_id"), &[hex.as_str().into()])?;
            let envelope = envelope.map(|row| self.leaf(sql, row.text(2)?)).transpose()?.flatten();
            let delivered = sql.first(sql!("delivered_of"), &[hex.as_str().into()])?;
            let delivered = delivered.map(|row| self.leaf(sql, row.text(0)?)).transpose()?.flatten();
            Ok::<_, Error>((envelope, delivered))
        })?;
        let (Some(envelope), Some(delivered)) = (envelope, delivered) else {
            return Err(Error::told(
                format!("记录 {id} 不在库中或尚未送达"),
                format!("there is no delivered record {id}"),
            ));
        };
        let (_, verified) = verification::read_record(&envelope.1).map_err(damaged)?;
        Ok(Found { verified, envelope, delivered })
    }

    fn receipt(&self, sql: &dyn Sql, index: u64) -> Result<Receipt, Error> {
        let proof = merkle::inclusion_proof(&StoredNodes(sql), index, self.size)?;
        Ok(Receipt { index, proof, checkpoint: self.head.clone() })
    }

    /// Adds a leaf with its proof, and remembers who signed it.
    fn put_leaf(&mut self, name: String, (index, leaf): &(u64, Vec<u8>)) -> Result<(), Error> {
        let receipt = self.site.db.read(|sql| self.receipt(sql, *index))?;
        self.keys.extend(Envelope::from_bytes(leaf).map_err(damaged)?.key_ids().cloned());
        Ok(self.contents.put_leaf(name, LogProof { leaf, receipt: Some(&receipt) })?)
    }

    fn chunk(&mut self, folder: &str, sha256: &Sha256) -> Result<Vec<u8>, Error> {
        let bytes = self.site.db.read(|sql| ledger::chunk(sql, sha256))?;
        let bytes = bytes.filter(|bytes| Sha256::of(bytes) == *sha256);
        let bytes = bytes.ok_or_else(|| damaged(format!("the chunk {sha256} is missing or changed")))?;
        self.contents.put(name::of_hash(folder, sha256), &bytes)?;
        Ok(bytes)
    }

    /// The plan that a record names, with template and ledger.
    fn plan(&mut self, record: &Record) -> Result<Plan, Error> {
        let leaf = self.site.db.read(|sql| self.leaf(sql, &record.plan.to_hex()))?;
        let leaf = leaf.ok_or_else(|| damaged(format!("the plan {} is not in the log", record.plan)))?;
        let plan = PlanStatement::read(&Envelope::from_bytes(&leaf.1).map_err(damaged)?)?.plan;
        self.put_leaf(name::of_hash(folder::PLANS, &record.plan), &leaf)?;
        self.chunk(folder::TEMPLATES, &plan.template.sha256)?;
        self.chunk(folder::LEDGER, &plan.ledger.sha256)?;
        Ok(plan)
    }

    /// Everything else that the log says of these subjects, of whatever kind: what is logged in later versions comes along.
    fn said_of(&mut self, subjects: &[String]) -> Result<(), Error> {
        let size = to_i64(self.size);
        let mut leaves = Vec::new();
        self.site.db.read(|sql| {
            let mut kind = String::new();
            loop {
                let next = sql.first(sql!("pack_kind_after"), &[kind.as_str().into()])?;
                kind = next.map_or(Ok(String::new()), |row| row.text(0).map(str::to_owned))?;
                if kind.is_empty() {
                    return Ok::<_, Error>(());
                }
                for subject in subjects.iter().filter(|_| !NOT_SAID.contains(&kind.as_str())) {
                    let values = [kind.as_str().into(), subject.as_str().into(), size.into()];
                    for row in sql.query(sql!("pack_leaf_about"), &values)? {
                        leaves.push((to_u64(row.i64(0)?), row.bytes(1)?.to_vec()));
                    }
                }
            }
        })?;
        for leaf in &leaves {
            let envelope = Envelope::from_bytes(&leaf.1).map_err(damaged)?;
            if let Ok(decision) = Decision::read(&envelope) {
                self.decisions.insert(leaf.0, decision);
            }
            self.put_leaf(name::of_hash(folder::STATEMENTS, &Sha256::of(&leaf.1)), leaf)?;
        }
        Ok(())
    }

    fn record(&mut self, found: &Found) -> Result<(), Error> {
        let record = &found.verified.record;
        let template: Template = self.site.db.read(|sql| ledger::read_chunk(sql, &record.template.sha256))?;
        let visit =
            self.site.db.read(|sql| sql.first(sql!("planned_visit_by_id"), &[record.visit.id.as_str().into()]))?;
        let visit = visit.ok_or_else(|| damaged(format!("no plan has the visit {}", record.visit.id)))?;
        self.chunk(folder::VISITS, &visit.text(0)?.parse().map_err(damaged)?)?;
        self.ledger(record)?;
        self.photos(record)?;
        let delivered = Envelope::from_bytes(&found.delivered.1).map_err(damaged)?;
        let statement = Delivered::read(&delivered)?;
        for leaf in [&found.envelope.1, &found.delivered.1] {
            self.keys.extend(Envelope::from_bytes(leaf).map_err(damaged)?.key_ids().cloned());
        }
        let (sealed, stored, witnessed) = self.site.db.read(|sql| {
            let first = sql.first(sql!("cosignature_first_after"), &[to_i64(found.delivered.0).into()])?;
            let first = to_u64(first.map_or(Ok(0), |row| row.i64(0))?);
            let witnessed = if first > 0 && first < self.size {
                let proof = merkle::inclusion_proof(&StoredNodes(sql), found.delivered.0, first)?;
                Some(Receipt { index: found.delivered.0, proof, checkpoint: state(self.site, sql, first)? })
            } else {
                None
            };
            Ok::<_, Error>((self.receipt(sql, found.envelope.0)?, self.receipt(sql, found.delivered.0)?, witnessed))
        })?;
        self.older.extend(witnessed.as_ref().map(|receipt| receipt.checkpoint.checkpoint.size));
        let proofs = RecordProofs {
            envelope: LogProof { leaf: &found.envelope.1, receipt: Some(&sealed) },
            delivered: LogProof { leaf: &found.delivered.1, receipt: Some(&stored) },
            witnessed: witnessed.as_ref(),
        };
        Ok(self.contents.put_record(&found.verified.id, record, &template, statement.stored_at, proofs)?)
    }

    /// The chunks of the ledger that the record was held against.
    fn ledger(&mut self, record: &Record) -> Result<(), Error> {
        let manifest: LedgerManifest = self.site.db.read(|sql| ledger::read_chunk(sql, &record.ledger.sha256))?;
        for chunk in &record.compared_chunks {
            self.chunk(folder::LEDGER, chunk)?;
        }
        let racks: BTreeSet<String> = record.compared.iter().map(|row| format!("rack/{}", row.rack)).collect();
        for part in manifest.chunks.iter().filter(|part| racks.contains(&part.key)) {
            self.chunk(folder::LEDGER, &part.sha256)?;
        }
        Ok(())
    }

    fn photos(&mut self, record: &Record) -> Result<(), Error> {
        for photo in &record.evidence {
            let path = self.site.blobs.object(&photo.sha256);
            let is_masked = photo.layer.as_ref().is_some_and(|layer| layer.kind == LayerKind::Masked);
            if self.request.profile == Profile::Redacted && !is_masked {
                self.contents.leave_out(photo.sha256, WhyLeftOut::Redacted);
                if let Some((signed, rendition, bytes)) = self.request.masks.copy(self.site, photo, &path)? {
                    self.keys.extend(signed.key_ids().cloned());
                    self.contents.put_rendition(&signed, &rendition, &bytes)?;
                }
                continue;
            }
            let file = name::of_photo(&photo.sha256, &photo.media_type);
            if self.contents.has(&file) {
                continue;
            }
            let planned = File::open(&path).and_then(|bytes| Planned::read(file, bytes));
            let planned = planned.map_err(Error::io(photo.sha256.to_hex()))?;
            if planned.sha256 != photo.sha256 || planned.bytes != photo.bytes {
                return Err(damaged(format!("the photo {} has other bytes", photo.sha256)));
            }
            self.contents.put_photo(planned, path);
        }
        Ok(())
    }

    /// The records before and after in the terminal's chain.
    fn neighbours(&mut self, id: &Sha256) -> Result<(), Error> {
        let terminal = self.found(id)?.verified.record.terminal;
        let mut leaves = Vec::new();
        self.site.db.read(|sql| {
            for sequence in [terminal.sequence.saturating_sub(1), terminal.sequence + 1] {
                let values = [terminal.id.as_str().into(), to_i64(sequence).into()];
                for row in sql.query(sql!("record_in_chain"), &values)? {
                    let id = row.text(0)?.to_owned();
                    let record = sql.first(sql!("record_by_id"), &[id.as_str().into()])?;
                    let leaf = record.map(|row| self.leaf(sql, row.text(2)?)).transpose()?.flatten();
                    leaves.extend(leaf.map(|leaf| (id, leaf)));
                }
            }
            Ok::<_, Error>(())
        })?;
        for (id, leaf) in leaves {
            self.put_leaf(format!("{}/{id}/envelope.json", folder::NEIGHBOURS), &leaf)?;
        }
        Ok(())
    }

    /// The state of the log with its cosignatures, and the earlier ones that it extends.
    fn states(&mut self) -> Result<(), Error> {
        let (mut notes, mut older) = (Vec::new(), Vec::new());
        self.site.db.read(|sql| {
            for row in sql.query(sql!("pack_outside_newest"), &[to_i64(self.size).into()])? {
                self.older.extend(Some(to_u64(row.i64(0)?)).filter(|size| *size < self.size));
            }
            let head = cosign::with_cosignatures(sql, self.head.clone(), false)?;
            for size in &self.older {
                let note = cosign::with_cosignatures(sql, state(self.site, sql, *size)?, true)?;
                let proof = merkle::consistency_proof(&StoredNodes(sql), *size, self.size)?;
                older.push((*size, Older { checkpoint: note.to_string(), proof }));
                notes.push(note);
            }
            notes.push(head);
            Ok::<_, Error>(())
        })?;
        if let Some(head) = notes.last() {
            self.contents.put(name::CHECKPOINT.to_owned(), head.to_string().as_bytes())?;
        }
        for (size, document) in &older {
            self.contents.put_document(name::of_older(*size), document)?;
        }
        // Whoever cosigned is known by name.
        let origin = &self.site.settings.root.log_origin;
        let names: BTreeSet<String> =
            notes.iter().flat_map(|note| note.signers().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()).collect();
        let cosigners = self
            .keyring
            .statements()
            .filter(|one| cosigner_name(origin, one).is_some_and(|name| names.contains(&name)));
        self.keys.extend(cosigners.map(|one| one.key.id()));
        Ok(())
    }

    /// The statements of the keys that signed something here, of the service's machines, and their revocations.
    fn key_statements(&mut self) -> Result<(), Error> {
        let machines = [HolderKind::Service, HolderKind::Log, HolderKind::Clock];
        let machines =
            self.keyring.statements().filter(|one| machines.contains(&one.holder_kind)).map(|one| one.key.id());
        self.keys.extend(machines);
        let mut leaves = Vec::new();
        self.site.db.read(|sql| {
            for key in &self.keys {
                for (kind, folder) in [("key_statement", folder::KEYS), ("revocation", folder::REVOCATIONS)] {
                    let values = [kind.into(), key.as_str().into(), to_i64(self.size).into()];
                    if let Some(row) = sql.first(sql!("pack_leaf_about"), &values)? {
                        leaves.push((name::of_key(folder, key), (to_u64(row.i64(0)?), row.bytes(1)?.to_vec())));
                    }
                }
            }
            Ok::<_, Error>(())
        })?;
        for (file, leaf) in leaves {
            self.put_leaf(file, &leaf)?;
        }
        Ok(())
    }
}
