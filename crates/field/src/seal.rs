//! 签名封存: a draft becomes one immutable, signed record.
//!
//! Order of effects: the key is opened first (slow, nothing written); then, in one transaction, the record is built from
//! what the draft holds at that moment, signed, linked into the terminal's chain and put into the outbox, and the draft
//! is closed. A crash before the commit leaves an open draft with every answer; after it, a queued record. Then the record
//! is kept once more beside the database; what a crash leaves out there is made up for at the next unlocking.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use xunjian_domain::{
    hash::Sha256,
    ids::{AssetId, ClusterId, PersonId, SystemId, VisitId},
    ledger::{LedgerEntry, LedgerManifest, ResourceOrder},
    plan::VisitKind,
    reconciliation::Reconciliation,
    text::Text,
    time::{ClockReading, TimestampMs},
    visit::seal_problems,
};
use xunjian_proof::{
    dsse::Envelope,
    jcs,
    record::{
        Amends, ClockEvidence, Companion, MAX_RECORD_BYTES, PhotoPermit, Record, SignerRef, TerminalRef, VisitRecord,
    },
    statement::Statement,
    suite::{Ed25519Signer, Signer},
    verification::read_record,
};

use crate::{
    Field, comparison,
    draft::{Desk, DraftRef},
    error::FieldError,
    ipc::IpcError,
    jumps,
    keys::Passphrase,
    rack_view,
    store::{
        chunk, draft, follow_up, ledger, log,
        person::Person,
        record::{self, NewRecord, RecordState},
        review,
        terminal::Terminal,
    },
    tampering::Head,
};

/// What sealing adds to the draft.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct NewSeal {
    /// 同行人员.
    #[serde(default)]
    pub present: Vec<Companion>,
    /// The permit to take photos, where one is needed.
    #[serde(default)]
    pub photo_permit: Option<PhotoPermit>,
}

/// A sealed record. It is on the disk when this is returned.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Sealed {
    /// SHA-256 of the record's bytes.
    pub record: Sha256,
    /// Its place in the terminal's chain.
    pub sequence: u64,
    /// The record before it.
    pub previous: Option<Sha256>,
    /// Its size.
    pub bytes: usize,
    /// Lines.
    pub lines: usize,
    /// Findings.
    pub findings: usize,
    /// Photos and other evidence.
    pub evidence: usize,
    /// When, by the terminal's clock.
    pub sealed_at: TimestampMs,
    /// How far it has come: 已签, unless it was sealed before.
    pub state: RecordState,
    /// Whether this person had sealed the visit before; nothing changed then.
    pub identical: bool,
    /// What the person should know.
    pub warnings: Vec<Text>,
}

/// What became of one of several visits sealed together.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SealedVisit {
    /// The visit.
    pub visit: VisitId,
    /// As the plan titles it.
    pub title: String,
    /// The record, where it was sealed.
    pub sealed: Option<Sealed>,
    /// Why it was not, where it was not; its draft stays as it is.
    pub error: Option<IpcError>,
}

/// The keys that sign, opened once for any number of records.
struct Opened {
    person: Person,
    inspector: Ed25519Signer,
    terminal: Terminal,
    terminal_key: Ed25519Signer,
}

impl Field {
    /// Seals this person's draft of a visit. When it was sealed before, that record is returned, marked `identical`: a seal
    /// whose answer was lost may simply be repeated.
    ///
    /// # Errors
    /// [`FieldError::NotReady`] listing what is missing, [`FieldError::PassphraseWrong`],
    /// [`FieldError::RecordTooLarge`]; the draft stays as it is.
    pub fn seal(&self, whose: DraftRef<'_>, passphrase: &Passphrase, seal: &NewSeal) -> Result<Sealed, FieldError> {
        let now = self.now();
        match self.sealed_already(whose, &now)? {
            Some(sealed) => Ok(sealed),
            None => self.seal_with(whose, &self.open_keys(whose.person, passphrase)?, seal, &now),
        }
    }

    /// Seals several visits with one passphrase. The key is opened once; each visit is a transaction of its own, and one
    /// that cannot be sealed does not stop the others.
    ///
    /// # Errors
    /// [`FieldError::PassphraseWrong`] and what else concerns all of them; nothing is sealed then.
    pub fn seal_several(
        &self,
        visits: &[VisitId],
        person: &PersonId,
        passphrase: &Passphrase,
        seal: &NewSeal,
    ) -> Result<Vec<SealedVisit>, FieldError> {
        let opened = self.open_keys(person, passphrase)?;
        let one = |visit: &VisitId| {
            let (whose, now) = (DraftRef { visit, person }, self.now());
            let sealed = match self.sealed_already(whose, &now) {
                Ok(None) => self.seal_with(whose, &opened, seal, &now),
                Ok(Some(sealed)) => Ok(sealed),
                Err(error) => Err(error),
            };
            let title = self.store.read(|connection| Ok(self.layouts.of(connection, visit)?.visit.title.clone()));
            let (sealed, error) = match sealed {
                Ok(sealed) => (Some(sealed), None),
                Err(error) => (None, Some(error.into())),
            };
            let title = title.unwrap_or_else(|_| visit.to_string());
            SealedVisit { visit: visit.clone(), title, sealed, error }
        };
        Ok(visits.iter().map(one).collect())
    }

    /// The record of this draft, if it was sealed before; refuses one that is not ready.
    fn sealed_already(&self, whose: DraftRef<'_>, now: &ClockReading) -> Result<Option<Sealed>, FieldError> {
        self.store.read(|connection| match self.desk(connection, whose) {
            Ok(desk) => refuse_unready(connection, &desk, now).map(|()| None),
            Err(FieldError::AlreadySealed(title)) => sealed_before(connection, whose, title).map(Some),
            Err(error) => Err(error),
        })
    }

    fn open_keys(&self, person: &PersonId, passphrase: &Passphrase) -> Result<Opened, FieldError> {
        let person = self.person(Some(person.as_str()))?;
        let inspector = self.door.try_keys(&person.id, passphrase, &self.now())?.signer;
        let terminal_key = self.terminal_key()?;
        Ok(Opened { person, inspector, terminal: self.terminal()?, terminal_key })
    }

    fn seal_with(
        &self,
        whose: DraftRef<'_>,
        opened: &Opened,
        seal: &NewSeal,
        now: &ClockReading,
    ) -> Result<Sealed, FieldError> {
        self.store
            .write(|connection| {
                fail::fail_point!("seal.before_read");
                let mut desk = self.desk(connection, whose)?;
                refuse_unready(connection, &desk, now)?;
                desk.touch(connection, now)?;
                desk.draft.last_seen = now.clone();
                let before = self.head_before(record::chain_end(connection)?.as_ref())?;
                let record = build(connection, &desk, (&opened.person, &opened.terminal), before, seal, now)?;
                fail::fail_point!("seal.after_read");
                let signers = (&opened.inspector, &opened.terminal_key);
                let sealed = write(connection, &desk, &record, signers, &opened.person)?;
                fail::fail_point!("seal.before_commit");
                Ok(sealed)
            })
            .inspect(|_| fail::fail_point!("seal.after_commit"))
            .inspect(|sealed| self.keep_sealed(sealed.record))
    }
}

fn refuse_unready(connection: &Connection, desk: &Desk, now: &ClockReading) -> Result<(), FieldError> {
    let results = desk.results(connection)?;
    let findings = draft::findings(connection, &desk.draft.id)?;
    let day = now.wall_ms.day_in_china();
    let mut problems = seal_problems(&desk.layout.template, &desk.layout.visit, &results, &findings, day);
    problems.extend(desk.follow_up_problems(connection)?);
    if problems.is_empty() { Ok(()) } else { Err(FieldError::NotReady(problems)) }
}

fn build(
    connection: &Connection,
    desk: &Desk,
    (person, terminal): (&Person, &Terminal),
    before: Option<Head>,
    seal: &NewSeal,
    now: &ClockReading,
) -> Result<Record, FieldError> {
    let (visit, round) = (&desk.layout.visit, &desk.layout.round);
    let compared = compared(connection, desk)?;
    let token = log::time_token(connection)?;
    let plan = &round.plan.plan;
    let amendment = review::amendment(connection, &desk.draft.id)?;
    Ok(Record {
        site: terminal.site_root.site.clone(),
        round: plan.round.clone(),
        plan: round.plan_sha256,
        visit: VisitRecord {
            id: visit.id.clone(),
            kind: visit.kind,
            subject: visit.subject.clone(),
            title: visit.title.clone(),
            room: visit.room.clone(),
            revision: amendment.as_ref().map_or(1, |amendment| amendment.revision),
        },
        template: plan.template.clone(),
        ledger: plan.ledger.clone(),
        compared: compared.assets,
        compared_chunks: compared.chunks,
        orders: compared.orders,
        inspector: SignerRef { id: person.id.clone(), name: person.name.clone(), key: person.public_key.id() },
        terminal: TerminalRef {
            id: terminal.id.clone(),
            key: terminal.public_key.id(),
            sequence: before.map_or(1, |before| before.sequence + 1),
            previous: before.map(|before| before.record),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        present: seal.present.clone(),
        clock: ClockEvidence {
            token_received: token.as_ref().map(|token| token.received.clone()),
            token: token.map(|token| token.note),
            started: desk.draft.started.clone(),
            sealed: now.clone(),
            jumps: draft::jumps(connection, &desk.draft.id)?,
        },
        lines: desk.results(connection)?,
        scans: draft::scans(connection, &desk.draft.id)?,
        reconciliation: compared.reconciliation,
        rack_closed: desk.draft.is_closed,
        findings: draft::findings(connection, &desk.draft.id)?,
        evidence: draft::evidence(connection, &desk.draft.id)?,
        photo_permit: seal.photo_permit.clone(),
        amends: amendment.map(|amendment| Amends {
            record: amendment.record,
            returned_by: amendment.returned_by,
            reason: amendment.reason,
        }),
        follow_ups: follow_up::follow_ups(connection, &desk.draft.id)?,
    })
}

/// The ledger rows and orders a visit was held against.
struct Compared {
    assets: Vec<LedgerEntry>,
    orders: Vec<ResourceOrder>,
    /// The chunks that rows and orders come from, and the counts per owning unit.
    chunks: Vec<Sha256>,
    reconciliation: Vec<Reconciliation>,
}

fn compared(connection: &Connection, desk: &Desk) -> Result<Compared, FieldError> {
    let no = desk.layout.round.ledger;
    let visit = &desk.layout.visit;
    let mut found = Compared { assets: Vec::new(), orders: Vec::new(), chunks: Vec::new(), reconciliation: Vec::new() };
    match visit.kind {
        VisitKind::Room => {}
        VisitKind::Rack => {
            let reconciled = rack_view::reconcile(connection, desk)?;
            (found.assets, found.reconciliation) = (reconciled.compared, reconciled.list);
        }
        VisitKind::System => {
            let system = ledger::system(connection, no, &SystemId::new(&*visit.subject.id))?;
            for member in system.iter().flat_map(|system| &system.members) {
                found.assets.extend(ledger::asset(connection, no, &AssetId::new(member.as_str()))?);
            }
        }
        VisitKind::Cluster => {
            found.orders = comparison::orders_of_cluster(connection, no, &ClusterId::new(&*visit.subject.id))?;
        }
    }
    for asset in found.assets.iter().filter(|asset| !asset.order_no.as_str().is_empty()) {
        found.orders.extend(ledger::orders_by_no(connection, no, &asset.order_no)?);
    }
    found.orders.sort();
    found.orders.dedup();
    found.chunks = compared_chunks(connection, desk, &found.assets)?;
    Ok(found)
}

/// The ledger's chunks this visit was held against: the racks of its assets, for a cluster all clusters (a unit's machines
/// are counted everywhere), and the orders.
fn compared_chunks(connection: &Connection, desk: &Desk, assets: &[LedgerEntry]) -> Result<Vec<Sha256>, FieldError> {
    let visit = &desk.layout.visit;
    let is_compared = |key: &str| match (visit.kind, key.split_once('/')) {
        (VisitKind::Room, _) => false,
        (VisitKind::Rack, Some(("rack", rack))) if rack == visit.subject.id => true,
        (_, Some(("rack", rack))) => assets.iter().any(|asset| asset.rack.as_str() == rack),
        (VisitKind::Cluster, Some(("cluster", _))) => true,
        _ => key == "orders",
    };
    let manifest = chunk::require(connection, desk.layout.round.plan.plan.ledger.sha256)?;
    let manifest: LedgerManifest = jcs::from_bytes(&manifest)?;
    let mut chunks: Vec<Sha256> =
        manifest.chunks.iter().filter(|chunk| is_compared(&chunk.key)).map(|chunk| chunk.sha256).collect();
    chunks.sort_unstable();
    chunks.dedup();
    Ok(chunks)
}

fn write(
    connection: &Connection,
    desk: &Desk,
    record: &Record,
    (inspector, terminal): (&Ed25519Signer, &Ed25519Signer),
    person: &Person,
) -> Result<Sealed, FieldError> {
    record.check_consistency().map_err(FieldError::Damaged)?;
    let payload = jcs::to_bytes(record)?;
    if payload.len() > MAX_RECORD_BYTES {
        return Err(FieldError::RecordTooLarge(payload.len()));
    }
    let signers: [&dyn Signer; 2] = [inspector, terminal];
    fail::fail_point!("seal.before_sign");
    let envelope = Envelope::sign(Record::PAYLOAD_TYPE, &payload, &signers)
        .map_err(|error| FieldError::Damaged(error.to_string()))?;
    let envelope = String::from_utf8_lossy(&envelope.to_bytes()).into_owned();
    fail::fail_point!("seal.after_sign");
    let id = Sha256::of(&payload);
    let new = NewRecord {
        id,
        sequence: record.terminal.sequence,
        draft: &desk.draft.id,
        visit: &record.visit.id,
        person: &person.id,
        envelope: &envelope,
        sealed: &record.clock.sealed,
        blobs: &record.blobs(),
    };
    record::insert(connection, &new)?;
    draft::seal(connection, &desk.draft.id)?;
    Ok(told(id, record, payload.len()))
}

fn told(id: Sha256, record: &Record, bytes: usize) -> Sealed {
    Sealed {
        record: id,
        sequence: record.terminal.sequence,
        previous: record.terminal.previous,
        bytes,
        lines: record.lines.len(),
        findings: record.findings.len(),
        evidence: record.evidence.len(),
        sealed_at: record.clock.sealed.wall_ms,
        state: RecordState::Sealed,
        identical: false,
        warnings: record.clock.jumps.iter().map(jumps::warning).collect(),
    }
}

/// What sealing returned then.
fn sealed_before(connection: &Connection, whose: DraftRef<'_>, title: String) -> Result<Sealed, FieldError> {
    let (id, state) =
        record::of_draft(connection, whose.visit, whose.person)?.ok_or(FieldError::AlreadySealed(title))?;
    let envelope = record::envelope(connection, id)?;
    let (envelope, read) =
        read_record(envelope.as_bytes()).map_err(|failure| FieldError::Damaged(failure.to_string()))?;
    let payload = envelope.payload().map_err(|error| FieldError::Damaged(error.to_string()))?;
    Ok(Sealed { state, identical: true, ..told(id, &read.record, payload.len()) })
}
