//! A small site with one of everything, so that its plan asks each of the 30 printed lines.

use xunjian_domain::{
    hash::Sha256,
    ids::{AssetId, ClusterId, LabelPrintId, OrderNo, RackId, RoomId, VmId},
    ledger::{
        AssetKind, ChunkRef, Cluster, Ledger, LedgerEntry, LedgerManifest, LedgerVersion, MachineRoom, Rack,
        ResourceKind, ResourceOrder, UnitSpan, VirtualMachine,
    },
    subject::{Subject, SubjectKind},
    time::TimestampMs,
};
use xunjian_proof::{jcs, statement::LabelPrint};

pub const HOST: &str = "label.gz.example";

/// A UUID text that says in its last digits what it stands for.
pub fn uuid(number: u32) -> String {
    format!("0190a7c2-0000-7000-8000-{number:012}")
}

pub fn asset(id: &str, kind: AssetKind, rack: &str, low: u16) -> LedgerEntry {
    LedgerEntry {
        id: AssetId::new(id),
        kind,
        name: format!("host-{id}"),
        brand: "浪潮".into(),
        model: "NF5280M6".into(),
        serial: format!("SN-{id}"),
        asset_tag: format!("ZC-{id}"),
        quantity: 1,
        room: RoomId::new(if rack.starts_with('b') { "room-2" } else { "room-1" }),
        rack: RackId::new(rack),
        span: UnitSpan::new(low, low + 1),
        face: None,
        owning_unit: "市公安局".into(),
        order_no: OrderNo::new("DD-1"),
        mounted_on: None,
        status: "在用".into(),
        note: String::new(),
    }
}

/// Room 1 with racks A01 and A02, room 2 with rack B01, one cluster, one backup and one storage system.
pub fn ledger() -> Ledger {
    let rack = |id: &str, room: &str, name: &str| Rack {
        id: RackId::new(id),
        room: RoomId::new(room),
        name: name.into(),
        units: 42,
    };
    let vm = |id: &str, unit: &str| VirtualMachine {
        id: VmId::new(id),
        name: id.into(),
        cluster: ClusterId::new("cluster-1"),
        owning_unit: unit.into(),
        status: "在用".into(),
    };
    let order = |no: &str, unit: &str, kind, quantity, cluster: &str| ResourceOrder {
        no: OrderNo::new(no),
        owning_unit: unit.into(),
        kind,
        quantity,
        cluster: cluster.into(),
    };
    let mut ledger = Ledger {
        rooms: vec![
            MachineRoom { id: RoomId::new("room-1"), name: "一号机房".into() },
            MachineRoom { id: RoomId::new("room-2"), name: "二号机房".into() },
        ],
        racks: vec![rack("a01", "room-1", "A01"), rack("a02", "room-1", "A02"), rack("b01", "room-2", "B01")],
        assets: vec![
            asset("server", AssetKind::PhysicalServer, "a01", 1),
            asset("hosted", AssetKind::HostedDevice, "a01", 3),
            asset("backup", AssetKind::BackupDevice, "a01", 5),
            asset("storage", AssetKind::Storage, "a01", 7),
            asset("panel", AssetKind::Other, "a01", 9),
            asset("neighbour", AssetKind::PhysicalServer, "a02", 1),
            asset("far", AssetKind::PhysicalServer, "b01", 1),
        ],
        systems: Vec::new(),
        clusters: vec![Cluster { id: ClusterId::new("cluster-1"), name: "一号集群".into() }],
        vms: vec![vm("vm-1", "市公安局"), vm("vm-2", "市公安局"), vm("vm-3", "市教育局")],
        orders: vec![
            order("DD-1", "市公安局", ResourceKind::PhysicalServer, 7, ""),
            order("DD-2", "市公安局", ResourceKind::VirtualMachine, 2, "一号集群"),
        ],
    };
    let mut number = 100;
    ledger.derive_systems(&[], &mut || {
        number += 1;
        uuid(number)
    });
    ledger
}

/// The ledger as a manifest with its chunks, each as `alter` leaves it.
pub fn chunks(
    ledger: &Ledger,
    version: u32,
    alter: &dyn Fn(&str, Vec<u8>) -> Vec<u8>,
) -> (LedgerVersion, Vec<(Sha256, Vec<u8>)>) {
    let mut chunks = Vec::new();
    let mut refs = Vec::new();
    for (key, chunk) in ledger.to_chunks() {
        let bytes = alter("chunk", jcs::to_bytes(&chunk).unwrap());
        let sha256 = Sha256::of(&bytes);
        refs.push(ChunkRef { key, sha256, bytes: bytes.len() as u64 });
        chunks.push((sha256, bytes));
    }
    let manifest = alter("manifest", jcs::to_bytes(&LedgerManifest { version, chunks: refs }).unwrap());
    let named = LedgerVersion { version, sha256: Sha256::of(&manifest) };
    chunks.push((named.sha256, manifest));
    (named, chunks)
}

/// One print each of room 1, the three racks and the assets of A01; the old print of A01 is replaced by its new one.
pub fn prints() -> Vec<LabelPrint> {
    let print = |number: u32, kind, id: &str| LabelPrint {
        id: LabelPrintId::new(uuid(number)),
        subject: Subject { kind, id: id.into() },
        side: String::new(),
        printed_at: TimestampMs(0),
        replaced_by: None,
    };
    let old = LabelPrint { replaced_by: Some(LabelPrintId::new(uuid(2))), ..print(1, SubjectKind::Rack, "a01") };
    vec![
        old,
        print(2, SubjectKind::Rack, "a01"),
        print(3, SubjectKind::Rack, "a02"),
        print(4, SubjectKind::Rack, "b01"),
        print(5, SubjectKind::Room, "room-1"),
        print(6, SubjectKind::PhysicalServer, "server"),
        print(7, SubjectKind::PhysicalServer, "neighbour"),
        print(8, SubjectKind::Storage, "gone"),
    ]
}
