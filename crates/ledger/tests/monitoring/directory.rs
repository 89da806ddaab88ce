//! Rows find their resource by any of their names, and stand for none where that is not clear.

use xunjian_domain::{
    ids::{AssetId, ClusterId, OrderNo, RackId, RoomId, VmId},
    ledger::{AssetKind, Cluster, Ledger, LedgerEntry, MachineRoom, Rack, VirtualMachine},
    monitoring::{Identity, MonitoredKind},
};

use xunjian_ledger::monitoring::{Code, Directory, Found};

fn asset(id: &str, kind: AssetKind, name: &str, serial: &str, tag: &str, note: &str) -> LedgerEntry {
    LedgerEntry {
        id: AssetId::new(id),
        kind,
        name: name.to_owned(),
        brand: "华鲲".to_owned(),
        model: "KR1".to_owned(),
        serial: serial.to_owned(),
        asset_tag: tag.to_owned(),
        quantity: 1,
        room: RoomId::new("room"),
        rack: RackId::new("rack"),
        span: None,
        face: None,
        owning_unit: "云山市财政局".to_owned(),
        order_no: OrderNo::new(""),
        mounted_on: None,
        status: String::new(),
        note: note.to_owned(),
    }
}

fn ledger() -> Ledger {
    let vm = |id: &str, name: &str, cluster: &str| VirtualMachine {
        id: VmId::new(id),
        name: name.to_owned(),
        cluster: ClusterId::new(cluster),
        owning_unit: "云山市教育局".to_owned(),
        status: String::new(),
    };
    let cluster = |id: &str, name: &str| Cluster { id: ClusterId::new(id), name: name.to_owned() };
    Ledger {
        rooms: vec![MachineRoom { id: RoomId::new("room"), name: "一号机房".to_owned() }],
        racks: vec![Rack { id: RackId::new("rack"), room: RoomId::new("room"), name: "A01".to_owned(), units: 42 }],
        assets: vec![
            asset("a1", AssetKind::PhysicalServer, "node-1", "SN-1", "T-1", "业务地址：10.1.0.11，带外 10.9.0.11"),
            asset("a2", AssetKind::HostedDevice, "10.1.0.12", "SN-2", "", ""),
            asset("a3", AssetKind::Storage, "", "SN-3", "T-3", "10.1.0.111"),
            asset("a4", AssetKind::PhysicalServer, "app", "SN-4", "", ""),
        ],
        clusters: vec![cluster("c1", "政务一区"), cluster("c2", "政务二区")],
        vms: vec![vm("v1", "app", "c1"), vm("v2", "app", "c2"), vm("v3", "db-1", "c1")],
        ..Ledger::default()
    }
}

fn by(fill: impl Fn(&mut Identity)) -> Identity {
    let mut identity = Identity::default();
    fill(&mut identity);
    identity
}

#[test]
fn any_name_will_do() {
    let directory = Directory::of(&ledger());
    let machine = Some(MonitoredKind::VirtualMachine);
    let cases = [
        (None, by(|row| row.id = "a1".into()), "a1"),
        (None, by(|row| row.id = "v3".into()), "v3"),
        (None, by(|row| row.serial = "ｓｎ－１".into()), "a1"),
        (None, by(|row| row.asset_tag = "T-3".into()), "a3"),
        (None, by(|row| row.name = "NODE-1".into()), "a1"),
        (None, by(|row| row.address = "10.1.0.11".into()), "a1"),
        (None, by(|row| row.address = "10.9.0.11".into()), "a1"),
        (None, by(|row| row.address = "10.1.0.12".into()), "a2"),
        (Some(MonitoredKind::PhysicalMachine), by(|row| row.address = "10.1.0.12".into()), "a2"),
        (Some(MonitoredKind::PhysicalMachine), by(|row| row.name = "app".into()), "a4"),
        (machine, by(|row| (row.name, row.cluster) = ("app".into(), "政务二区".into())), "v2"),
        (machine, by(|row| (row.name, row.serial) = ("nobody".into(), "SN-1".into())), "a1"),
        (None, by(|row| (row.name, row.serial) = ("app".into(), "SN-4".into())), "a4"),
        (None, by(|row| row.address = "192.168.0.3；10.1.0.12".into()), "a2"),
        (None, by(|row| row.address = "１０．１．０．１２".into()), "a2"),
    ];
    for (kind, identity, expected) in cases {
        let Found::One(resource) = directory.find(kind, &identity) else { panic!("{identity:?} is {expected}") };
        assert_eq!(resource.id, expected, "{identity:?}");
        assert!(directory.find(kind, &identity).problem(&identity, kind).is_none());
    }
    let storage = directory.find(None, &by(|row| row.serial = "SN-3".into()));
    let Found::One(storage) = storage else { panic!("{storage:?}") };
    assert_eq!((storage.kind, storage.name.as_str()), (MonitoredKind::Storage, "华鲲 KR1 SN-3"), "no name of its own");
    assert_eq!((storage.room.as_str(), storage.rack.as_str()), ("一号机房", "A01"));
    assert_eq!(directory.resources().len(), 7);
}

#[test]
fn what_is_not_clear_stands_for_none() {
    let directory = Directory::of(&ledger());
    let cases = [
        (None, by(|row| row.name = "nobody".into()), Code::NotInLedger),
        (None, by(|row| row.address = "10.1.0.1".into()), Code::NotInLedger),
        (Some(MonitoredKind::VirtualMachine), by(|row| row.name = "node-1".into()), Code::NotInLedger),
        (None, by(|row| row.name = "app".into()), Code::Several),
        (Some(MonitoredKind::VirtualMachine), by(|row| row.name = "app".into()), Code::Several),
        (None, by(|row| (row.serial, row.name) = ("SN-1".into(), "db-1".into())), Code::Contradiction),
        (None, by(|row| (row.serial, row.asset_tag) = ("SN-1".into(), "T-3".into())), Code::Contradiction),
        // Several that are called so, none of which has the serial.
        (None, by(|row| (row.serial, row.name) = ("SN-1".into(), "app".into())), Code::Contradiction),
    ];
    for (kind, identity, expected) in cases {
        let found = directory.find(kind, &identity);
        let (code, message) = found.problem(&identity, kind).unwrap_or_else(|| panic!("{identity:?} is nobody's"));
        assert_eq!(code, expected, "{identity:?}");
        assert!(!code.skips() && message.zh.ends_with('。') && message.en.ends_with('.'), "{message:?}");
    }
}
