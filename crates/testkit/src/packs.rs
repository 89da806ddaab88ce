//! A site in memory with a log of its own, and the evidence packs of it: small ones that tests spoil, and large ones that tests
//! measure. Signed with keys whose seeds everybody knows.

mod written;

use std::io::{Cursor, Read, Write};

use jiff::civil::date;
use xunjian_domain::{
    hash::Sha256,
    ids::{AssetId, OrderNo, PersonId, RackId, RoomId, RoundId, SiteId, TerminalId, VisitId},
    ledger::{
        AssetKind, ChunkRef, Face, Ledger, LedgerEntry, LedgerManifest, LedgerVersion, MachineRoom, Rack, UnitSpan,
    },
    party::{PartyKind, Role},
    plan::{Plan, PlannedVisit, TemplateVersion, VisitRef, derive_visits},
    round::{Round, RoundKind},
    subject::SubjectKind,
    template::Template,
    time::TimestampMs,
};
use xunjian_proof::{
    decision::{Candidate, Decision},
    dsse::Envelope,
    jcs,
    merkle::{self, Nodes},
    note::{Checkpoint, SignedCheckpoint},
    pack::{
        Contents, Draft, Head, LogProof, Maker, PackKind, Planned, Profile, RecordProofs, WhyLeftOut,
        check::Older,
        coverage::{Counted, coverage},
        name::{self, folder},
        rendition::{Region, Rendition},
    },
    receipt::Receipt,
    record::{Layer, LayerKind, Record},
    statement::{
        BlobRef, Countersignature, Delivered, HolderKind, KeyStatement, PartyRef, PlanStatement, ReviewVerdict,
        Revocation, RootKey, SiteRoot, Statement,
    },
    suite::Signer as _,
};

use crate::{
    export::{key, seed},
    sealed::Sealer,
};

/// The witness of these sites.
pub const WITNESS: &str = "witness.jianli.example/gz";
/// When everything happened.
pub const NOW: TimestampMs = TimestampMs(1_792_000_000_000);

/// A photo: which one, and how large. Its bytes follow.
pub type PhotoSeed = (u64, usize);

/// The bytes of a photo: noise that no two photos share.
#[must_use]
pub fn photo((number, bytes): PhotoSeed) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut noise = Vec::with_capacity(bytes + 8);
    while noise.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    noise.truncate(bytes);
    noise
}

/// A record of the site.
pub struct Sealed {
    /// Its id.
    pub id: Sha256,
    /// The record.
    pub record: Record,
    envelope: Vec<u8>,
    delivered: Vec<u8>,
    stored_at: TimestampMs,
    photos: Vec<(Sha256, PhotoSeed)>,
}

/// A site with a log.
pub struct World {
    /// The trust root.
    pub root: SiteRoot,
    /// The log.
    pub leaves: Vec<Vec<u8>>,
    /// States that the witness cosigned: size and seconds.
    pub cosigned: Vec<(u64, u64)>,
    /// The records, in the order of the log.
    pub records: Vec<Sealed>,
    template: Template,
    ledger: (LedgerManifest, Vec<Vec<u8>>),
    plan: (PlanStatement, Vec<u8>),
    visits: Vec<PlannedVisit>,
    assets: Vec<LedgerEntry>,
    keys: Vec<Vec<u8>>,
    revocations: Vec<Vec<u8>>,
    said: Vec<Vec<u8>>,
    decisions: Vec<Decision>,
    sealer: Sealer,
}

struct Hashes(Vec<Sha256>);

impl Nodes for Hashes {
    type Error = std::convert::Infallible;

    fn node(&self, level: u32, index: u64) -> Result<Sha256, Self::Error> {
        let width = 1_usize << level;
        let first = usize::try_from(index).unwrap_or(0) * width;
        let mut hashes = self.0[first..first + width].to_vec();
        while hashes.len() > 1 {
            hashes = hashes.chunks(2).map(|pair| merkle::node_hash(&pair[0], &pair[1])).collect();
        }
        Ok(hashes[0])
    }
}

fn party(kind: PartyKind) -> PartyRef {
    PartyRef { id: kind.zh().into(), kind, name: format!("某{}", kind.zh()) }
}

fn id(number: u64) -> String {
    format!("0192d000-0000-7000-8000-{number:012}")
}

/// Annex A, of which one line is asked of rooms, racks and servers each: packs stay small.
fn template() -> Template {
    let mut template = Template::annex_a();
    let first = |kind| template.asked_of(kind).next().map(|(criterion, _)| criterion.key.clone());
    let kept = [SubjectKind::Room, SubjectKind::Rack, SubjectKind::PhysicalServer].map(first);
    template.criteria.retain(|criterion| kept.contains(&Some(criterion.key.clone())));
    template.version = 2;
    template
}

fn ledger(racks: u64) -> Ledger {
    let room = MachineRoom { id: RoomId::new(id(100)), name: "一号机房".into() };
    let mut ledger = Ledger { rooms: vec![room.clone()], ..Ledger::default() };
    for number in 0..racks {
        let rack = Rack {
            id: RackId::new(id(1_000 + number)),
            room: room.id.clone(),
            name: format!("A{number:02}"),
            units: 42,
        };
        ledger.assets.push(LedgerEntry {
            id: AssetId::new(id(10_000 + number)),
            kind: AssetKind::PhysicalServer,
            name: format!("srv-𠮷-{number}"),
            brand: "浪潮".into(),
            model: "NF5280M6".into(),
            serial: format!("7VM1R{number:05}"),
            asset_tag: String::new(),
            quantity: 1,
            room: room.id.clone(),
            rack: rack.id.clone(),
            span: UnitSpan::new(5, 6),
            face: Some(Face::Front),
            owning_unit: "市档案馆".into(),
            order_no: OrderNo::new("DD20260001"),
            mounted_on: Some(date(2023, 4, 19)),
            status: "在用".into(),
            note: String::new(),
        });
        ledger.racks.push(rack);
    }
    ledger
}

impl World {
    /// A site with a plan of one room and `racks` racks, and nothing walked yet.
    ///
    /// # Panics
    /// When a document cannot be signed, which keys in memory always can.
    #[must_use]
    pub fn planned(racks: u64) -> Self {
        let site = SiteId::new("gz-pack");
        let origin = "xunjian.example/log/gz-pack";
        let root = SiteRoot {
            site: site.clone(),
            name: "云山一号政务云机房".into(),
            log_origin: origin.into(),
            threshold: 1,
            keys: vec![RootKey { key: key(seed::ROOT).public_key(), party: party(PartyKind::Manager) }],
        };
        let (person, terminal) = (PersonId::new(id(1)), TerminalId::new(id(2)));
        let (provider, supervisor) = (PartyKind::Provider, PartyKind::Supervisor);
        let (inspects, reviews) = (vec![Role::Inspector], vec![Role::Reviewer]);
        let holders = [
            (seed::SERVICE, HolderKind::Service, "gz-pack".to_owned(), "service", provider, Vec::new()),
            (seed::LOG, HolderKind::Log, origin.to_owned(), origin, provider, Vec::new()),
            (seed::CLOCK, HolderKind::Clock, format!("{origin}/clock"), "clock", provider, Vec::new()),
            (seed::INSPECTOR, HolderKind::Person, person.to_string(), "镕堃", provider, inspects),
            (seed::TERMINAL, HolderKind::Terminal, terminal.to_string(), "平板A", provider, Vec::new()),
            (seed::REVIEWER, HolderKind::Person, id(3), "陈复核", supervisor, reviews),
            (seed::WITNESS, HolderKind::Witness, WITNESS.to_owned(), WITNESS, supervisor, Vec::new()),
        ];
        let keys: Vec<Vec<u8>> = holders
            .into_iter()
            .map(|(seed, holder_kind, holder, name, kind, roles)| {
                let statement = KeyStatement {
                    site: site.clone(),
                    key: key(seed).public_key(),
                    holder_kind,
                    holder,
                    holder_name: name.to_owned(),
                    party: party(kind),
                    roles,
                    valid_from: TimestampMs(1_790_000_000_000),
                    valid_until: None,
                };
                bytes(&statement, seed::ROOT)
            })
            .collect();
        let (template, ledger) = (template(), ledger(racks));
        let mut next = 500_000;
        let mut new_id = || {
            next += 1;
            id(next)
        };
        let visits = derive_visits(&template, &ledger, &[], &mut new_id);
        let mut chunks = Vec::new();
        let named = ledger.to_chunks().into_iter().map(|(key, chunk)| {
            let bytes = jcs::to_bytes(&chunk).unwrap_or_default();
            let part = ChunkRef { key, sha256: Sha256::of(&bytes), bytes: bytes.len() as u64 };
            chunks.push(bytes);
            part
        });
        let manifest = LedgerManifest { version: 1, chunks: named.collect() };
        let ledger_sha256 = jcs::hash(&manifest).unwrap_or_else(|error| panic!("{error}"));
        let template_sha256 = jcs::hash(&template).unwrap_or_else(|error| panic!("{error}"));
        let plan = Plan {
            round: Round {
                id: RoundId::new(id(9)),
                kind: RoundKind::Quarterly,
                quarter: "2026Q4".parse().unwrap_or_else(|error| panic!("{error}")),
                title: "2026年第四季度全面巡检".into(),
                due_from: date(2026, 10, 1),
                due_by: date(2026, 12, 31),
            },
            ledger: LedgerVersion { version: 1, sha256: ledger_sha256 },
            template: TemplateVersion { id: template.id.clone(), version: template.version, sha256: template_sha256 },
            visits: visits
                .iter()
                .map(|visit| VisitRef {
                    id: visit.id.clone(),
                    sha256: jcs::hash(visit).unwrap_or_else(|error| panic!("{error}")),
                    lines: u32::try_from(visit.lines.len()).unwrap_or(0),
                })
                .collect(),
            exclusions: Vec::new(),
        };
        let opened_at = NOW.plus_ms(-86_400_000);
        let statement = PlanStatement { site: site.clone(), plan, opened_at, opened_by: "xunjian".into() };
        let plan_bytes = bytes(&statement, seed::SERVICE);
        let mut leaves = keys.clone();
        leaves.push(plan_bytes.clone());
        let sealer = Sealer {
            site,
            person: (person, key(seed::INSPECTOR)),
            person_name: "镕堃".into(),
            terminal: (terminal, key(seed::TERMINAL)),
            sequence: 0,
            previous: None,
            now: NOW,
        };
        Self {
            root,
            leaves,
            cosigned: Vec::new(),
            records: Vec::new(),
            template,
            ledger: (manifest, chunks),
            plan: (statement, plan_bytes),
            visits,
            assets: ledger.assets,
            keys,
            revocations: Vec::new(),
            said: Vec::new(),
            decisions: Vec::new(),
            sealer,
        }
    }

    /// A small site: the room and one of two racks walked and delivered, decided, reviewed, cosigned; a key revoked afterwards; a
    /// statement that this version does not know. `change` changes the first record before it is signed.
    #[must_use]
    pub fn small(change: impl FnOnce(&mut Record)) -> Self {
        let mut world = Self::planned(2);
        let (first, copy) = ((1, 120), (2, 90));
        world.walk(0, &[first, copy], |record| {
            let original = Sha256::of(&photo(first));
            for one in &mut record.evidence {
                if one.sha256 != original {
                    one.layer = Some(Layer { of: original, kind: LayerKind::Masked });
                }
            }
            change(record);
        });
        world.cosign(1_792_100_000);
        world.decide(0);
        world.review(0, ReviewVerdict::Accepted);
        world.walk(1, &[(3, 150)], |_| ());
        world.review(1, ReviewVerdict::Accepted);
        world.say(&Envelope::sign(
            "application/vnd.xunjian.weather.v1+json",
            br#"{"rain":true}"#,
            &[&key(seed::SERVICE)],
        ));
        world.revoke(seed::TERMINAL);
        world.cosign(1_792_200_000);
        world
    }

    fn log(&mut self, leaf: &[u8]) {
        self.leaves.push(leaf.to_vec());
    }

    /// Seals the record of a visit and delivers it.
    pub fn walk(&mut self, visit: usize, photos: &[PhotoSeed], change: impl FnOnce(&mut Record)) {
        let seeds: Vec<(Sha256, PhotoSeed)> = photos.iter().map(|seed| (Sha256::of(&photo(*seed)), *seed)).collect();
        let bytes_of: Vec<Vec<u8>> = photos.iter().map(|seed| photo(*seed)).collect();
        let refs: Vec<&[u8]> = bytes_of.iter().map(Vec::as_slice).collect();
        let plan = (&self.plan.0.plan, Sha256::of(&self.plan.1));
        let record = self.sealer.record(plan, &self.visits[visit], &self.assets, &refs, change);
        let signed = self.sealer.seal(&record);
        let envelope = signed.to_bytes();
        let payload = signed.payload().unwrap_or_default();
        let stored_at = NOW.plus_ms(3_600_000);
        let delivered = Delivered {
            site: self.root.site.clone(),
            record: Sha256::of(&payload),
            envelope: Sha256::of(&envelope),
            blobs: record.blobs(),
            stored_at,
        };
        let delivered = bytes(&delivered, seed::SERVICE);
        self.log(&envelope);
        self.log(&delivered);
        self.records.push(Sealed { id: Sha256::of(&payload), record, envelope, delivered, stored_at, photos: seeds });
    }

    /// The witness cosigns the log as it is.
    pub fn cosign(&mut self, seconds: u64) {
        self.cosigned.push((self.leaves.len() as u64, seconds));
    }

    fn say(&mut self, envelope: &Result<Envelope, xunjian_proof::suite::SuiteError>) {
        let leaf = envelope.as_ref().map(Envelope::to_bytes).unwrap_or_default();
        self.log(&leaf);
        self.said.push(leaf);
    }

    /// Counts a leaf of the log among what was said of the records.
    pub fn say_leaf(&mut self, leaf: Vec<u8>) {
        self.said.push(leaf);
    }

    /// The reviewer says that this record counts.
    pub fn decide(&mut self, record: usize) {
        let one = &self.records[record];
        let decision = Decision {
            site: self.root.site.clone(),
            visit: one.record.visit.id.clone(),
            revision: 1,
            candidates: vec![Candidate {
                record: one.id,
                envelope: Sha256::of(&one.envelope),
                inspector: one.record.inspector.id.clone(),
            }],
            counts: Some(one.id),
            reason: "与现场照片核对".into(),
            decided_by: PersonId::new(id(3)),
            at: NOW.plus_ms(7_200_000),
        };
        let leaf = bytes(&decision, seed::REVIEWER);
        self.log(&leaf);
        self.said.push(leaf);
        self.decisions.push(decision);
    }

    /// The reviewer countersigns a record, or returns it.
    pub fn review(&mut self, record: usize, verdict: ReviewVerdict) {
        self.review_as(record, verdict, PersonId::new(id(3)), seed::REVIEWER);
    }

    /// Somebody countersigns.
    pub fn review_as(&mut self, record: usize, verdict: ReviewVerdict, reviewer: PersonId, seed: u8) {
        let one = &self.records[record];
        let said = Countersignature {
            site: self.root.site.clone(),
            record: one.id,
            revision: one.record.visit.revision,
            delivered_leaf: merkle::leaf_hash(&one.delivered),
            reviewer,
            party: party(PartyKind::Supervisor).id,
            verdict,
            lines: std::collections::BTreeMap::new(),
            comment: "已核对".to_owned(),
            at: NOW.plus_ms(7_200_000),
        };
        let leaf = bytes(&said, seed);
        self.log(&leaf);
        self.said.push(leaf);
    }

    /// The person who inspects.
    #[must_use]
    pub fn inspector(&self) -> PersonId {
        self.sealer.person.0.clone()
    }

    /// Revokes a key from here on.
    pub fn revoke(&mut self, seed: u8) {
        let revocation = Revocation {
            site: self.root.site.clone(),
            key: key(seed).public_key().id(),
            revoked_at: NOW.plus_ms(8_000_000),
            reason: "终端遗失".into(),
        };
        let leaf = bytes(&revocation, seed::ROOT);
        self.log(&leaf);
        self.revocations.push(leaf);
    }

    /// The ids of the plan's visits.
    #[must_use]
    pub fn visits(&self) -> Vec<VisitId> {
        self.visits.iter().map(|visit| visit.id.clone()).collect()
    }

    fn hashes(&self) -> Hashes {
        Hashes(self.leaves.iter().map(|leaf| merkle::leaf_hash(leaf)).collect())
    }

    /// A state of the log, signed.
    #[must_use]
    pub fn checkpoint(&self, size: u64) -> SignedCheckpoint {
        let Ok(root) = merkle::root(&self.hashes(), size);
        let state = Checkpoint { origin: self.root.log_origin.clone(), size, root };
        state.sign(&key(seed::LOG)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A state of the log with what the witness signed of it.
    #[must_use]
    pub fn cosigned_checkpoint(&self, size: u64) -> SignedCheckpoint {
        let mut note = self.checkpoint(size);
        for (_, seconds) in self.cosigned.iter().filter(|(known, _)| *known == size) {
            note.cosign(WITNESS, *seconds, &key(seed::WITNESS)).unwrap_or_else(|error| panic!("{error}"));
        }
        note
    }

    fn receipt(&self, hashes: &Hashes, leaf: &[u8], note: &SignedCheckpoint) -> Receipt {
        let index = self.leaves.iter().position(|known| known == leaf).unwrap_or(0) as u64;
        let Ok(proof) = merkle::inclusion_proof(hashes, index, note.checkpoint.size);
        Receipt { index, proof, checkpoint: note.clone() }
    }
}

/// A statement, signed with the key of a seed.
#[must_use]
pub fn bytes(statement: &impl Statement, seed: u8) -> Vec<u8> {
    statement.sign(&[&key(seed)]).map(|envelope| envelope.to_bytes()).unwrap_or_else(|error| panic!("{error}"))
}
