//! Makes the frozen vectors of `crates/proof/tests/vectors/v1` — once. It refuses to overwrite them: what is frozen stays.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::path::Path;

use jiff::civil::date;
use xunjian_domain::{
    hash::Sha256,
    ids::{
        AssetId, FindingId, LabelPrintId, OrderNo, PartyId, PersonId, RackId, RoomId, RoundId, SiteId, TerminalId,
        VisitId,
    },
    ledger::{AssetKind, Face, LedgerEntry, LedgerVersion, ResourceKind, ResourceOrder, UnitSpan},
    outcome::Outcome,
    party::{PartyKind, Role},
    plan::{TemplateVersion, VisitKind},
    reading::{LimitProfile, Quantity, Reading},
    reconciliation::{Reconciliation, SightedBy, Sighting, Verdict},
    round::{Round, RoundKind},
    subject::{Subject, SubjectKind},
    template::Mode,
    time::{ClockReading, TimestampMs},
    value::{DoorState, Expiry, LabelState, UnitCount, Value},
    visit::{CheckResult, DeskCall, Finding, LineResult, NoPhoto, Severity},
};
use xunjian_proof::{
    note::Checkpoint,
    record::{
        Capture, ClockEvidence, ClockJump, Companion, Evidence, LabelScan, Layer, LayerKind, PhotoPermit, PhotoReuse,
        Record, ScanSource, ScanVerdict, SignerRef, TerminalRef, VisitRecord,
    },
    statement::{HolderKind, KeyStatement, PartyRef, RootKey, SiteRoot},
    suite::{Ed25519Signer, Signer as _},
};
use xunjian_testkit::{
    decision_vector,
    export::{Export, key, seed},
    rectification_vector,
};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proof/tests/vectors/v1");
    if folder.exists() {
        eprintln!("the vectors of version 1 exist already and are frozen; they were not written");
        later(&folder);
        return;
    }
    let [root_key, inspector, terminal, service, log, time] =
        [seed::ROOT, seed::INSPECTOR, seed::TERMINAL, seed::SERVICE, seed::LOG, seed::CLOCK].map(key);
    let site = SiteId::new("gz-vector");
    let manager =
        PartyRef {
            id: PartyId::new("manager"), kind: PartyKind::Manager, name: "云山市政务服务和数据管理局".into()
        };
    let provider =
        PartyRef {
            id: PartyId::new("provider"), kind: PartyKind::Provider, name: "云山云服务有限公司".into()
        };
    let origin = "xunjian.example/log/gz-vector";
    let clock_name = format!("{origin}/clock");
    let root = SiteRoot {
        site: site.clone(),
        name: "云山一号政务云机房".into(),
        log_origin: origin.into(),
        threshold: 1,
        keys: vec![RootKey { key: root_key.public_key(), party: manager }],
    };
    let state = |signer: &Ed25519Signer, kind, holder: &str, name: &str, roles: &[Role]| KeyStatement {
        site: site.clone(),
        key: signer.public_key(),
        holder_kind: kind,
        holder: holder.into(),
        holder_name: name.into(),
        party: provider.clone(),
        roles: roles.to_vec(),
        valid_from: TimestampMs(1_790_000_000_000),
        valid_until: Some(TimestampMs(1_990_000_000_000)),
    };
    let person_id = PersonId::new("0192d000-0000-7000-8000-000000000001");
    let terminal_id = TerminalId::new("0192d000-0000-7000-8000-000000000002");
    let statements = [
        state(&inspector, HolderKind::Person, person_id.as_str(), "镕堃", &[Role::Inspector]),
        state(&terminal, HolderKind::Terminal, terminal_id.as_str(), "平板A", &[]),
        state(&service, HolderKind::Service, site.as_str(), "service", &[]),
        state(&log, HolderKind::Log, origin, origin, &[]),
        state(&time, HolderKind::Clock, &clock_name, &clock_name, &[]),
    ]
    .into_iter()
    .zip(["inspector", "terminal", "service", "log", "clock"])
    .map(|(statement, name)| (name.to_owned(), statement))
    .collect();

    let mut token =
        Checkpoint { origin: origin.into(), size: 7, root: Sha256::of(b"earlier root") }.sign(&log).expect("a note");
    token.cosign(&clock_name, 1_791_990_000, &time).expect("a time token");
    let record = record(&site, person_id, &inspector, terminal_id, &terminal, token.to_string());
    record.check_consistency().expect("the vector is consistent");
    let export = Export {
        root,
        statements,
        revocations: Vec::new(),
        delivered_blobs: record.blobs(),
        record,
        stored_at: TimestampMs(1_792_003_600_000),
        photos: vec![PHOTO.to_vec(), AFTER.to_vec()],
        cosigned: Vec::new(),
    };
    let names = export.write(&folder).expect("the vectors are written");
    println!("ROOT {}", names.root);
    println!("RECORD {}", names.record);
    println!("ENVELOPE {}", names.envelope);
    println!("LEAF {}", names.leaf);
}

/// What writes vectors that came later and stand beside version 1.
type Write = fn(&Export, &Path) -> std::io::Result<()>;

/// Decisions and cosignatures; rectifications and closings.
const LATER: [(&str, Write); 2] =
    [("decision-v1", decision_vector::write), ("rectification-v1", rectification_vector::write)];

/// Writes those that are not there yet.
fn later(v1: &Path) {
    let missing: Vec<_> = LATER.iter().filter(|(name, _)| !v1.with_file_name(name).exists()).collect();
    if missing.is_empty() {
        eprintln!("so do all that came later; nothing was written");
        std::process::exit(1);
    }
    let export = Export::read(v1).expect("version 1 can be read");
    for (name, write) in missing {
        write(&export, &v1.with_file_name(name)).expect("the vectors are written");
    }
}

/// What stands in for photos: a verifier hashes bytes and looks at no picture.
const PHOTO: &[u8] = b"photo";
const AFTER: &[u8] = b"photo after";

fn clock(minutes: i64) -> ClockReading {
    ClockReading {
        wall_ms: TimestampMs(1_792_000_000_000 + minutes * 60_000),
        monotonic_ms: 86_400_000 + minutes * 60_000,
        boot_id: "2f9b4a3e-7c1d-4e55-9a21-0c8d5e6f7a10".into(),
    }
}

fn asset() -> LedgerEntry {
    LedgerEntry {
        id: AssetId::new("0192d000-0000-7000-8000-000000000010"),
        kind: AssetKind::PhysicalServer,
        name: "srv-𠮷-01".into(),
        brand: "浪潮".into(),
        model: "NF5280M6".into(),
        serial: "7VM1R435ZG".into(),
        asset_tag: "ZC-0001".into(),
        quantity: 1,
        room: RoomId::new("0192d000-0000-7000-8000-000000000011"),
        rack: RackId::new("0192d000-0000-7000-8000-000000000012"),
        span: UnitSpan::new(5, 6),
        face: Some(Face::Front),
        owning_unit: "云山市公共资源交易中心".into(),
        order_no: OrderNo::new("DD20260001"),
        mounted_on: Some(date(2023, 4, 19)),
        status: "在用".into(),
        note: "㛃䶮科技代维".into(),
    }
}

#[expect(clippy::too_many_lines, reason = "one document with every field filled, read from top to bottom")]
fn record(
    site: &SiteId,
    person: PersonId,
    inspector: &Ed25519Signer,
    terminal_id: TerminalId,
    terminal: &Ed25519Signer,
    token: String,
) -> Record {
    let asset = asset();
    let rack = Subject { kind: SubjectKind::Rack, id: asset.rack.to_string() };
    let server = Subject { kind: SubjectKind::PhysicalServer, id: asset.id.to_string() };
    let (photo, earlier, after) = (Sha256::of(PHOTO), Sha256::of(b"earlier photo"), Sha256::of(AFTER));
    let no_photo = Some(NoPhoto { reason: "涉密区域".into(), confirmed_by: "王䶮".into() });
    let profile = LimitProfile::starting();
    let reading =
        |quantity, value: &str| Reading::against(&profile, quantity, "冷通道1", value.parse().expect("a decimal"));
    let choice = |key: &str| Value::Choice { key: key.into() };
    let values: Vec<(&str, u32, Outcome, Value)> = vec![
        ("A.1-01.lamps", 1, Outcome::Normal, choice("normal")),
        ("A.1-02.alarms", 2, Outcome::Abnormal, Value::Count { count: 2 }),
        ("A.1-03a.ledger", 3, Outcome::Normal, Value::Reconciliation { quantity: 1 }),
        ("A.1-03b.order", 4, Outcome::Normal, Value::OrderMatch { order_matches: true, owner_matches: true }),
        ("A.2-03a.doors", 5, Outcome::Normal, Value::Doors { front: DoorState::Locked, rear: DoorState::NoDoor }),
        ("A.2-03b.labels", 6, Outcome::Normal, Value::RackLabels { front: LabelState::Right, rear: LabelState::Right }),
        (
            "A.2-08.climate",
            7,
            Outcome::Normal,
            Value::Readings {
                readings: vec![reading(Quantity::Temperature, "23.5"), reading(Quantity::DewPoint, "10.9")],
            },
        ),
        ("A.2-11b.footage", 8, Outcome::Normal, Value::EarliestFootage { on: date(2026, 6, 1) }),
        (
            "A.2-12b.expiry",
            9,
            Outcome::Normal,
            Value::Expiries { items: vec![Expiry { place: "东门".into(), expires_on: date(2027, 5, 1) }] },
        ),
        ("A.2-02.register", 10, Outcome::Normal, Value::Register { own_entry_found: true, incomplete_entries: 0 }),
        ("A.2-04.contacts", 11, Outcome::Normal, Value::Contacts { posted: true, current: true }),
        (
            "A.1-08.units",
            12,
            Outcome::Normal,
            Value::UnitCounts {
                units: vec![UnitCount {
                    owning_unit: "云山市档案馆".into(),
                    ordered: Some(3),
                    in_ledger: 3,
                    online: 3,
                }],
            },
        ),
    ];
    let finding_id = FindingId::new("0192d000-0000-7000-8000-000000000020");
    let lines = values
        .into_iter()
        .map(|(check, no, outcome, value)| LineResult {
            no,
            criterion: check.split('.').take(2).collect::<Vec<_>>().join(".").as_str().into(),
            subject: if no < 5 { server.clone() } else { rack.clone() },
            mode: if no == 12 { Mode::Remote } else { Mode::OnSite },
            outcome,
            reason: if no == 11 { "由值班室保管".into() } else { String::new() },
            note: if outcome == Outcome::Abnormal { "风扇故障告警两条".into() } else { String::new() },
            checks: vec![CheckResult {
                check: check.into(),
                outcome,
                reason: if no == 11 { "由值班室保管".into() } else { String::new() },
                value: Some(value),
            }],
            photos: if outcome == Outcome::Abnormal { vec![photo] } else { Vec::new() },
            no_photo: if no == 10 { no_photo.clone() } else { None },
            answered: clock(i64::from(no)),
            spent_ms: Some(4_200),
            bulk: no == 1,
            edits: u32::from(no == 2),
            must_check: (no == 2).then(|| finding_id.clone()),
        })
        .collect();
    let sighting = Sighting {
        asset: Some(asset.id.clone()),
        by: SightedBy::Scan,
        rack: asset.rack.clone(),
        span: asset.span,
        face: Some(Face::Front),
        brand: Some("浪潮".into()),
        model: Some("NF5280M6".into()),
        serial: Some("7VM1R435ZG".into()),
        quantity: Some(1),
        owning_unit: Some(asset.owning_unit.clone()),
        order_no: Some("DD20260001".into()),
        as_in_ledger: true,
        note: "标签完好".into(),
        photos: Vec::new(),
    };
    let mut evidence = vec![
        Evidence {
            sha256: photo,
            bytes: PHOTO.len() as u64,
            media_type: "image/jpeg".into(),
            width: 4032,
            height: 3024,
            capture: Capture::Camera,
            taken: clock(2),
            exif_time: Some("2026:10:15 01:48:40".into()),
            caption: "风扇告警".into(),
            layer: None,
            reuse: vec![PhotoReuse { of: earlier, distance: 3 }],
            after_of: None,
        },
        Evidence {
            sha256: after,
            bytes: AFTER.len() as u64,
            media_type: "image/png".into(),
            width: 1600,
            height: 1200,
            capture: Capture::File,
            taken: clock(3),
            exif_time: None,
            caption: "处理后（标注）".into(),
            layer: Some(Layer { of: photo, kind: LayerKind::Markup }),
            reuse: vec![PhotoReuse { of: earlier, distance: 0 }],
            after_of: None,
        },
    ];
    evidence.sort_by_key(|one| one.sha256);
    Record {
        site: site.clone(),
        round: Round {
            id: RoundId::new("0192d000-0000-7000-8000-000000000030"),
            kind: RoundKind::Quarterly,
            quarter: "2026Q4".parse().expect("a quarter"),
            title: "2026年第四季度全面巡检".into(),
            due_from: date(2026, 10, 1),
            due_by: date(2026, 12, 31),
        },
        plan: Sha256::of(b"plan"),
        visit: VisitRecord {
            id: VisitId::new("0192d000-0000-7000-8000-000000000031"),
            kind: VisitKind::Rack,
            subject: rack.clone(),
            title: "云山一号政务云机房 · A03".into(),
            room: Some(asset.room.clone()),
            revision: 1,
        },
        template: TemplateVersion { id: "annex-a".into(), version: 1, sha256: Sha256::of(b"template") },
        ledger: LedgerVersion { version: 3, sha256: Sha256::of(b"ledger") },
        compared: vec![asset.clone()],
        compared_chunks: {
            let mut chunks = vec![Sha256::of(b"rack chunk"), Sha256::of(b"orders chunk")];
            chunks.sort();
            chunks
        },
        orders: vec![ResourceOrder {
            no: OrderNo::new("DD20260001"),
            owning_unit: asset.owning_unit.clone(),
            kind: ResourceKind::PhysicalServer,
            quantity: 1,
            cluster: String::new(),
        }],
        inspector: SignerRef { id: person, name: "镕堃".into(), key: inspector.public_key().id() },
        terminal: TerminalRef {
            id: terminal_id,
            key: terminal.public_key().id(),
            sequence: 1,
            previous: None,
            app_version: "0.1.0".into(),
        },
        present: vec![Companion {
            name: "王䶮".into(), organisation: "云山市政务服务和数据管理局".into()
        }],
        clock: ClockEvidence {
            token: Some(token),
            token_received: Some(clock(-120)),
            started: clock(0),
            sealed: clock(40),
            jumps: vec![ClockJump { before: clock(5), after: clock(6), jumped_ms: Some(-3_600_000) }],
        },
        lines,
        scans: vec![LabelScan {
            text: "HTTPS://XUNJIAN.EXAMPLE/L/AAAA".into(),
            source: ScanSource::Camera,
            verdict: ScanVerdict::Right,
            print: Some(LabelPrintId::new("0192d000-0000-7000-8000-000000000040")),
            subject: Some(rack),
            key: Some(key(7).public_key().id()),
            at: clock(1),
        }],
        reconciliation: vec![Reconciliation {
            asset: Some(asset.id.clone()),
            verdicts: vec![Verdict::Matches],
            sighting: Some(sighting),
        }],
        rack_closed: true,
        findings: vec![Finding {
            id: finding_id,
            line: Some(2),
            subject: server,
            severity: Severity::Degraded,
            category: "A.1-02.alarms".into(),
            description: "风扇故障告警两条".into(),
            responsible_unit: "云山云服务有限公司".into(),
            due_on: Some(date(2026, 10, 20)),
            found: clock(2),
            photos: vec![photo],
            no_photo,
            fixed_on_site: "已更换风扇".into(),
            after_photos: vec![after],
            desk_call: Some(DeskCall { callee: "值班员".into(), at: clock(3) }),
            follows: Some(FindingId::new("0192d000-0000-7000-8000-000000000021")),
            later_calls: Vec::new(),
        }],
        evidence,
        photo_permit: Some(PhotoPermit { number: "PZ-2026-17".into(), valid_until: TimestampMs(1_795_000_000_000) }),
        amends: None,
        follow_ups: Vec::new(),
    }
}
