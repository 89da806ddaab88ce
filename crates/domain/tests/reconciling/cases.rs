//! Each verdict and each difference by a case of its own.

use xunjian_domain::{
    ids::{AssetId, OrderNo, RackId, RoomId},
    ledger::{AssetKind, Face, LedgerEntry, ResourceKind, ResourceOrder, UnitSpan},
    reconciliation::{
        ComparedField, Difference, OrderStanding, Side, SightedBy, Sighting, Standing, Verdict, Whereabouts,
        differences, order_standing, reconcile_rack, whereabouts,
    },
};

fn asset(id: &str, rack: &str, low: u16) -> LedgerEntry {
    LedgerEntry {
        id: AssetId::new(id),
        kind: AssetKind::PhysicalServer,
        name: String::new(),
        brand: "浪潮".into(),
        model: "NF5280M6".into(),
        serial: format!("SN-{id}"),
        asset_tag: String::new(),
        quantity: 1,
        room: RoomId::new("room"),
        rack: RackId::new(rack),
        span: UnitSpan::new(low, low + 1),
        face: Some(Face::Front),
        owning_unit: "市公安局".into(),
        order_no: OrderNo::new("DD1"),
        mounted_on: None,
        status: "在用".into(),
        note: String::new(),
    }
}

fn order(no: &str, unit: &str) -> ResourceOrder {
    let (kind, quantity, cluster) = (ResourceKind::PhysicalServer, 1, String::new());
    ResourceOrder { no: OrderNo::new(no), owning_unit: unit.into(), kind, quantity, cluster }
}

fn seen(asset: Option<&str>) -> Sighting {
    Sighting::bare(asset.map(AssetId::from), RackId::new("A03"), SightedBy::Scan)
}

fn verdicts(orders: Option<&[ResourceOrder]>, sighting: &Sighting) -> Vec<Verdict> {
    let server = asset("s1", "A03", 5);
    let sightings = std::slice::from_ref(sighting);
    reconcile_rack(&RackId::new("A03"), &[&server], &[], orders, sightings, false).swap_remove(0).verdicts
}

#[test]
fn each_difference_has_its_verdict() {
    let is = seen(Some("s1"));
    let cases: Vec<(Sighting, Vec<Verdict>)> = vec![
        (Sighting { as_in_ledger: true, ..is.clone() }, vec![Verdict::Matches]),
        (is.clone(), vec![Verdict::Unverified]),
        (Sighting { span: UnitSpan::new(7, 8), ..is.clone() }, vec![Verdict::WrongUnit]),
        (Sighting { face: Some(Face::Rear), ..is.clone() }, vec![Verdict::WrongUnit]),
        (Sighting { model: Some("nf5280 m6".into()), as_in_ledger: true, ..is.clone() }, vec![Verdict::Matches]),
        (Sighting { model: Some("NF5280M5".into()), ..is.clone() }, vec![Verdict::WrongModel]),
        (
            Sighting { brand: Some("华为".into()), serial: Some("X".into()), ..is.clone() },
            vec![Verdict::WrongBrand, Verdict::WrongSerial],
        ),
        (
            Sighting { owning_unit: Some("市水务局".into()), order_no: Some("DD2".into()), ..is.clone() },
            vec![Verdict::WrongOwner, Verdict::WrongOrder],
        ),
        (Sighting { quantity: Some(2), ..is.clone() }, vec![Verdict::WrongQuantity]),
    ];
    for (sighting, expected) in cases {
        assert_eq!(verdicts(None, &sighting), expected, "{sighting:?}");
    }
}

#[test]
fn the_orders_are_the_third_side_once_somebody_has_looked() {
    let confirmed = Sighting { as_in_ledger: true, ..seen(Some("s1")) };
    let agree = [order("DD1", "市公安局")];
    let other_unit = [order("DD1", "市水务局"), order("DD1", "市民政局")];
    let cases = [
        (None, &confirmed, Verdict::Matches, "no orders were imported"),
        (Some(&agree[..]), &confirmed, Verdict::Matches, "all three agree"),
        (Some(&[][..]), &confirmed, Verdict::WrongOrder, "no order has the ledger's number"),
        (Some(&other_unit[..]), &confirmed, Verdict::WrongOwner, "the order is of other units"),
        (Some(&[][..]), &seen(Some("s1")), Verdict::Unverified, "a scan is no look: 未核 comes before the papers"),
    ];
    for (orders, sighting, expected, why) in cases {
        assert_eq!(verdicts(orders, sighting), [expected], "{why}");
    }
    let server = asset("s1", "A03", 5);
    assert_eq!(
        order_standing(&server, Some(&other_unit)),
        OrderStanding::OtherUnits(vec!["市民政局".into(), "市水务局".into()])
    );
    let nameless = LedgerEntry { order_no: OrderNo::new(""), ..server };
    assert_eq!(order_standing(&nameless, Some(&agree)), OrderStanding::NoNumber);
}

#[test]
fn every_difference_shows_ledger_seen_and_order_side_by_side() {
    let server = asset("s1", "A03", 5);
    let sighting = Sighting {
        span: UnitSpan::new(7, 8),
        owning_unit: Some("市水务局".into()),
        order_no: Some("DD1".into()),
        ..seen(Some("s1"))
    };
    let found = differences(&RackId::new("A03"), &server, Some(&[order("DD1", "市民政局")]), &sighting);
    let difference = |field, ledger: &str, seen: &str, ordered: Option<&str>| Difference {
        field,
        ledger: ledger.into(),
        seen: Some(seen.into()),
        ordered: ordered.map(str::to_owned),
    };
    assert_eq!(
        found,
        [
            difference(ComparedField::Units, "5-6", "7-8", None),
            difference(ComparedField::OwningUnit, "市公安局", "市水务局", Some("市民政局")),
        ]
    );
    let elsewhere = differences(&RackId::new("B01"), &server, None, &sighting);
    assert_eq!(elsewhere[0], difference(ComparedField::Rack, "A03", "B01", None));
    assert!(elsewhere.iter().all(|one| one.field != ComparedField::Units), "a unit of another rack says nothing");
}

#[test]
fn nothing_is_missing_before_the_rack_is_closed() {
    let server = asset("s1", "A03", 5);
    let open = reconcile_rack(&RackId::new("A03"), &[&server], &[], None, &[], false);
    assert_eq!(open[0].verdicts, [Verdict::Unverified]);
    let closed = reconcile_rack(&RackId::new("A03"), &[&server], &[], None, &[], true);
    assert_eq!(closed[0].verdicts, [Verdict::Missing]);
}

#[test]
fn a_stray_asset_and_an_unknown_one_are_both_told() {
    let stray = asset("s9", "B01", 1);
    let sightings = [seen(Some("s9")), Sighting { serial: Some("UNKNOWN-1".into()), ..seen(None) }];
    let found = reconcile_rack(&RackId::new("A03"), &[], &[&stray], None, &sightings, true);
    assert_eq!(found[0].verdicts, [Verdict::WrongRack]);
    assert_eq!(found[1].verdicts, [Verdict::NotInLedger]);
    assert!(found.iter().all(|one| one.verdicts.iter().all(|verdict| verdict.is_discrepancy())));
}

#[test]
fn the_sides_of_a_move_meet_in_any_order() {
    use Standing::{Missing, SeenAtHome, SeenElsewhere, Unverified};
    let cases: &[(&[(&str, Standing)], Whereabouts)] = &[
        (&[("A", Missing), ("B", SeenElsewhere)], Whereabouts::Moved),
        (&[("A", Unverified), ("B", SeenElsewhere)], Whereabouts::SeenElsewhere),
        (&[("B", SeenElsewhere)], Whereabouts::SeenElsewhere),
        (&[("A", SeenAtHome), ("B", SeenElsewhere)], Whereabouts::SeenTwice),
        (&[("B", SeenElsewhere), ("C", SeenElsewhere)], Whereabouts::SeenTwice),
        (&[("A", Missing), ("B", SeenElsewhere), ("B", SeenElsewhere)], Whereabouts::Moved),
        (&[("A", SeenAtHome), ("A", Missing)], Whereabouts::AtHome),
        (&[("A", Missing)], Whereabouts::Missing),
        (&[("A", Unverified)], Whereabouts::Unverified),
    ];
    for (sides, expected) in cases {
        let racks: Vec<_> = sides.iter().map(|(rack, _)| RackId::new(*rack)).collect();
        let mut sides: Vec<_> =
            racks.iter().zip(*sides).map(|(rack, (_, standing))| Side { rack, standing: *standing }).collect();
        assert_eq!(whereabouts(sides.iter().copied()), *expected, "{sides:?}");
        sides.reverse();
        assert_eq!(whereabouts(sides.iter().copied()), *expected, "{sides:?} reversed");
    }
}
