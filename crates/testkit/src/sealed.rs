//! Sealed records without a terminal, for tests of the service: every line of a planned visit answered 正常 with a value
//! that fits its input, signed with real keys.

use jiff::civil::date;
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, RackId, SiteId, TerminalId},
    ledger::{LedgerEntry, LedgerVersion},
    outcome::Outcome,
    plan::{Plan, PlannedVisit, VisitKind},
    reading::Reading,
    reconciliation::{SightedBy, Sighting, reconcile_rack},
    template::{Mode, Template},
    time::{ClockReading, TimestampMs},
    value::{DoorState, Expiry, Input, LabelState, UnitCount, Value},
    visit::{CheckResult, LineResult, NoPhoto},
};
use xunjian_proof::{
    dsse::Envelope,
    record::{Capture, ClockEvidence, Evidence, Record, SignerRef, TerminalRef, VisitRecord},
    statement::Statement as _,
    suite::{Ed25519Signer, Signer as _},
};

/// An inspector with a terminal, and where its chain stands.
pub struct Sealer {
    /// The site.
    pub site: SiteId,
    /// The person and key.
    pub person: (PersonId, Ed25519Signer),
    /// The person's name, as the key statement has it.
    pub person_name: String,
    /// The terminal and key.
    pub terminal: (TerminalId, Ed25519Signer),
    /// Records sealed so far.
    pub sequence: u64,
    /// The last one.
    pub previous: Option<Sha256>,
    /// The wall clock at sealing.
    pub now: TimestampMs,
}

/// A value that fits an input and suggests 正常; `None` where the input takes none.
#[must_use]
pub fn normal_value(input: &Input) -> Option<Value> {
    Some(match input {
        Input::Judgement => return None,
        Input::Choice { options } => Value::Choice { key: options.iter().find(|option| !option.abnormal)?.key.clone() },
        Input::Count { .. } => Value::Count { count: 0 },
        Input::Readings { quantities, points } => Value::Readings {
            readings: (1..=*points)
                .flat_map(|point| {
                    quantities.iter().filter_map(move |quantity| {
                        let (quantity, value) = (*quantity, "22.5".parse().ok()?);
                        Some(Reading { quantity, point: format!("测点{point}"), value, limit: None })
                    })
                })
                .collect(),
        },
        Input::EarliestFootage { .. } => Value::EarliestFootage { on: date(2026, 1, 2) },
        Input::Doors => Value::Doors { front: DoorState::Locked, rear: DoorState::Locked },
        Input::RackLabels => Value::RackLabels { front: LabelState::Right, rear: LabelState::Right },
        Input::Reconciliation => Value::Reconciliation { quantity: 1 },
        Input::OrderMatch => Value::OrderMatch { order_matches: true, owner_matches: true },
        Input::UnitCounts => Value::UnitCounts {
            units: vec![UnitCount { owning_unit: "市档案馆".into(), ordered: Some(3), in_ledger: 3, online: 3 }],
        },
        Input::Expiries => {
            Value::Expiries { items: vec![Expiry { place: "东门".into(), expires_on: date(2030, 1, 1) }] }
        }
        Input::Register => Value::Register { own_entry_found: true, incomplete_entries: 0 },
        Input::Contacts => Value::Contacts { posted: true, current: true },
    })
}

fn sighted(asset: &LedgerEntry) -> Sighting {
    Sighting {
        asset: Some(asset.id.clone()),
        by: SightedBy::Eye,
        rack: asset.rack.clone(),
        span: asset.span,
        face: asset.face,
        brand: None,
        model: None,
        serial: None,
        quantity: None,
        owning_unit: None,
        order_no: None,
        as_in_ledger: true,
        note: String::new(),
        photos: Vec::new(),
    }
}

impl Sealer {
    /// A reading of the sealer's clock, `minutes` before sealing.
    #[must_use]
    pub fn clock(&self, minutes: i64) -> ClockReading {
        let ago = minutes * 60_000;
        ClockReading {
            wall_ms: self.now.plus_ms(-ago),
            monotonic_ms: 10_000_000 - ago,
            boot_id: "5f6c1f4e-0000-4000-8000-000000000001".into(),
        }
    }

    /// The record of a visit with these photos, the next one of the chain, held against the assets of `ledger`: every asset
    /// of a rack is seen as the ledger has it. `change` may spoil it before it is signed.
    ///
    /// # Panics
    /// When the template of the plan is not Annex A.
    pub fn record(
        &self,
        plan: (&Plan, Sha256),
        visit: &PlannedVisit,
        ledger: &[LedgerEntry],
        photos: &[&[u8]],
        change: impl FnOnce(&mut Record),
    ) -> Record {
        let template = Template::annex_a();
        let mut evidence: Vec<Evidence> = photos
            .iter()
            .map(|bytes| Evidence {
                sha256: Sha256::of(bytes),
                bytes: bytes.len() as u64,
                media_type: "image/jpeg".into(),
                width: 640,
                height: 480,
                capture: Capture::Camera,
                taken: self.clock(5),
                exif_time: None,
                caption: String::new(),
                layer: None,
                reuse: Vec::new(),
                after_of: None,
            })
            .collect();
        evidence.sort_by_key(|photo| photo.sha256);
        let hashes: Vec<Sha256> = evidence.iter().map(|photo| photo.sha256).collect();
        let mut lines: Vec<LineResult> = visit.lines.iter().map(|line| self.line(&template, line)).collect();
        if let Some(first) = lines.first_mut() {
            first.photos = hashes;
        }
        let rack = RackId::new(&*visit.subject.id);
        let compared: Vec<&LedgerEntry> =
            ledger.iter().filter(|asset| visit.kind == VisitKind::Rack && asset.rack == rack).collect();
        let sightings: Vec<Sighting> = compared.iter().map(|asset| sighted(asset)).collect();
        let reconciliation = reconcile_rack(&rack, &compared, &[], None, &sightings, true);
        let mut record = Record {
            site: self.site.clone(),
            round: plan.0.round.clone(),
            plan: plan.1,
            visit: VisitRecord {
                id: visit.id.clone(),
                kind: visit.kind,
                subject: visit.subject.clone(),
                title: visit.title.clone(),
                room: visit.room.clone(),
                revision: 1,
            },
            template: plan.0.template.clone(),
            ledger: LedgerVersion { ..plan.0.ledger.clone() },
            compared: compared.into_iter().cloned().collect(),
            compared_chunks: Vec::new(),
            orders: Vec::new(),
            inspector: SignerRef {
                id: self.person.0.clone(),
                name: self.person_name.clone(),
                key: self.person.1.public_key().id(),
            },
            terminal: TerminalRef {
                id: self.terminal.0.clone(),
                key: self.terminal.1.public_key().id(),
                sequence: self.sequence + 1,
                previous: self.previous,
                app_version: env!("CARGO_PKG_VERSION").into(),
            },
            present: Vec::new(),
            clock: ClockEvidence {
                token: None,
                token_received: None,
                started: self.clock(30),
                sealed: self.clock(0),
                jumps: Vec::new(),
            },
            lines,
            scans: Vec::new(),
            reconciliation,
            rack_closed: visit.kind == VisitKind::Rack,
            findings: Vec::new(),
            evidence,
            photo_permit: None,
            amends: None,
            follow_ups: Vec::new(),
        };
        change(&mut record);
        record
    }

    fn line(&self, template: &Template, line: &xunjian_domain::plan::PlanLine) -> LineResult {
        let criterion =
            template.criterion(&line.criterion).unwrap_or_else(|| panic!("{} is not of Annex A", line.criterion));
        let checks = criterion
            .checks
            .iter()
            .map(|check| CheckResult {
                check: check.key.clone(),
                outcome: Outcome::Normal,
                reason: String::new(),
                value: normal_value(&check.input),
            })
            .collect();
        let scope = criterion.scopes.iter().find(|scope| scope.subject == line.subject.kind);
        let excused = criterion.evidence.photos_when_normal > 0;
        LineResult {
            no: line.no,
            criterion: line.criterion.clone(),
            subject: line.subject.clone(),
            mode: scope.map_or(Mode::OnSite, |scope| scope.mode),
            outcome: Outcome::Normal,
            reason: String::new(),
            note: String::new(),
            checks,
            photos: Vec::new(),
            no_photo: excused.then(|| NoPhoto { reason: "涉密区域".into(), confirmed_by: "王五".into() }),
            answered: self.clock(10),
            spent_ms: Some(4_000),
            bulk: false,
            edits: 0,
            must_check: None,
        }
    }

    /// Signs a record and moves the chain on.
    ///
    /// # Panics
    /// Never: keys in memory always sign.
    pub fn seal(&mut self, record: &Record) -> Envelope {
        let envelope = record.sign(&[&self.person.1, &self.terminal.1]).unwrap_or_else(|error| panic!("{error}"));
        self.sequence = record.terminal.sequence;
        self.previous = envelope.payload().ok().map(|payload| Sha256::of(&payload));
        envelope
    }
}
