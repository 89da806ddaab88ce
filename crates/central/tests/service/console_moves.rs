//! 移位 in the console: two inspectors, two records, one line.

use serde_json::{Value, json};
use xunjian_central::console::read_model;
use xunjian_domain::{
    ledger::{LedgerEntry, UnitSpan},
    plan::{PlannedVisit, VisitKind},
    reconciliation::{Reconciliation, SightedBy, Sighting, Verdict},
};
use xunjian_proof::{Sha256, record::Capture, record::Record};
use xunjian_protocol::{problem::ProblemCode, record::RecordAnswer};

use super::{
    console_desk::Desk,
    party::{Central, Terminal, refused},
};

/// Two racks with assets.
fn two_racks(central: &Central) -> (PlannedVisit, PlannedVisit) {
    let assets = central.ledger().assets;
    let has_assets = |visit: &&PlannedVisit| {
        visit.kind == VisitKind::Rack && assets.iter().any(|asset| asset.rack.as_str() == visit.subject.id)
    };
    let mut racks = central.round.visits.iter().filter(has_assets).cloned();
    (racks.next().expect("a rack"), racks.next().expect("another rack"))
}

impl Central {
    fn ledger(&self) -> xunjian_domain::ledger::Ledger {
        self.site.db.read(xunjian_central::ledger::current).expect("a ledger").expect("an imported one").1
    }
}

/// The asset was not found where it belongs.
fn misses(record: &mut Record, asset: &LedgerEntry) {
    let row = record.reconciliation.iter_mut().find(|one| one.asset.as_ref() == Some(&asset.id)).expect("the asset");
    (row.verdicts, row.sighting) = (vec![Verdict::Missing], None);
}

/// The asset was met here, with another serial.
fn meets(record: &mut Record, asset: &LedgerEntry) {
    let rack = record.visit.subject.id.as_str().into();
    let sighting = Sighting {
        span: UnitSpan::new(9, 10),
        serial: Some("换过的序列号".into()),
        ..Sighting::bare(Some(asset.id.clone()), rack, SightedBy::Scan)
    };
    record.compared.push(asset.clone());
    record.reconciliation.push(Reconciliation {
        asset: Some(asset.id.clone()),
        verdicts: vec![Verdict::WrongRack, Verdict::WrongSerial],
        sighting: Some(sighting),
    });
}

async fn hand_in(terminal: &mut Terminal, central: &Central, visit: &PlannedVisit, change: impl FnOnce(&mut Record)) {
    let (id, envelope) = terminal.seals(central, visit, &[], change);
    assert_eq!(terminal.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: id });
}

fn items(page: &Value) -> &Vec<Value> {
    page["items"].as_array().unwrap()
}

#[tokio::test]
async fn the_two_sides_of_a_move_show_once_whoever_signed_them_and_in_whatever_order_they_came() {
    for is_seen_first in [true, false] {
        let central = Central::start().await;
        let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
        let mut wang = Terminal::enrol(&central, "zhao_inspector", 3).await;
        central.approve();
        let (home, other) = two_racks(&central);
        let asset = central.ledger().assets.into_iter().find(|one| one.rack.as_str() == home.subject.id).unwrap();
        let desk = Desk::of_administrator(&central).await;
        if is_seen_first {
            hand_in(&mut wang, &central, &other, |record| meets(record, &asset)).await;
            let page = desk.reads("discrepancies").await;
            assert_eq!(items(&page)[0]["whereabouts"], "seen_elsewhere", "nobody has closed its own rack yet");
            hand_in(&mut li, &central, &home, |record| misses(record, &asset)).await;
        } else {
            hand_in(&mut li, &central, &home, |record| misses(record, &asset)).await;
            let page = desk.reads("discrepancies").await;
            assert_eq!(items(&page)[0]["whereabouts"], "missing");
            hand_in(&mut wang, &central, &other, |record| meets(record, &asset)).await;
        }
        for list in ["discrepancies", "discrepancies?verdict=moved", "discrepancies?verdict=wrong_rack"] {
            let page = desk.reads(list).await;
            assert_eq!((&page["total"], items(&page).len()), (&json!(1), 1), "{list}: one move, one line");
            let item = &items(&page)[0];
            assert_eq!(item["whereabouts"], "moved");
            assert_eq!(item["inspector_name"], "zhao_inspector", "where it was seen");
            let others = item["others"].as_array().unwrap();
            assert_eq!(others.len(), 1, "and beside it who missed it");
            assert_eq!(
                (&others[0]["standing"], &others[0]["inspector_name"]),
                (&json!("missing"), &json!("li_inspector"))
            );
            let rack = &item["differences"][0];
            assert_eq!(rack["field"], "rack");
            let ledger = rack["ledger"].as_str().unwrap();
            assert!(ledger.ends_with(others[0]["rack_name"].as_str().unwrap()), "racks by their names: {ledger}");
            assert_eq!(
                (&item["differences"][1]["field"], &item["differences"][1]["seen"]),
                (&json!("serial"), &json!("换过的序列号"))
            );
        }
        assert_eq!(desk.reads("discrepancies?verdict=missing").await["total"], 0, "what was found is not missing");
        assert_eq!(desk.reads("overview").await["discrepancies"], 1, "the first page counts as the list does");
        let before = desk.reads("discrepancies").await;
        let again = rusqlite::Connection::open(central.site.folder().join("central.db")).unwrap();
        again.execute("UPDATE read_model SET version = 0", []).unwrap();
        read_model::catch_up(&central.site).unwrap();
        assert_eq!(desk.reads("discrepancies").await, before, "derived again, it is the same");
    }
}

#[tokio::test]
async fn an_asset_seen_in_two_places_is_no_move() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (home, other) = two_racks(&central);
    let asset = central.ledger().assets.into_iter().find(|one| one.rack.as_str() == home.subject.id).unwrap();
    hand_in(&mut li, &central, &home, |_| ()).await;
    hand_in(&mut li, &central, &other, |record| meets(record, &asset)).await;
    let desk = Desk::of_administrator(&central).await;
    let page = desk.reads("discrepancies").await;
    assert_eq!((&page["total"], &items(&page)[0]["whereabouts"]), (&json!(1), &json!("seen_twice")));
    assert_eq!(items(&page)[0]["others"][0]["standing"], "seen_at_home");
    assert_eq!(desk.reads("discrepancies?verdict=moved").await["total"], 0);
}

#[tokio::test]
async fn a_photo_of_an_asset_is_listed_and_taken_on_the_spot() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (home, _) = two_racks(&central);
    let unknown = |record: &mut Record, photo: Sha256| {
        let rack = record.visit.subject.id.as_str().into();
        let sighting = Sighting { photos: vec![photo], ..Sighting::bare(None, rack, SightedBy::Eye) };
        record.reconciliation.push(Reconciliation {
            asset: None,
            verdicts: vec![Verdict::NotInLedger],
            sighting: Some(sighting),
        });
    };
    let photo = b"a photo of an unknown asset";
    let (sequence, previous) = (li.sealer.sequence, li.sealer.previous);
    let (_, unlisted) = li.seals(&central, &home, &[], |record| unknown(record, Sha256::of(photo)));
    assert_eq!(refused(li.submits(&unlisted.to_bytes()).await).code, ProblemCode::RecordMalformed);
    (li.sealer.sequence, li.sealer.previous) = (sequence, previous);
    let (_, imported) = li.seals(&central, &home, &[photo], |record| {
        unknown(record, Sha256::of(photo));
        record.evidence[0].capture = Capture::Imported;
        for line in &mut record.lines {
            line.photos.clear();
        }
    });
    assert_eq!(refused(li.submits(&imported.to_bytes()).await).code, ProblemCode::RecordMalformed);
    (li.sealer.sequence, li.sealer.previous) = (sequence, previous);
    hand_in_with(&mut li, &central, &home, photo, |record| unknown(record, Sha256::of(photo))).await;
}

async fn hand_in_with(
    terminal: &mut Terminal,
    central: &Central,
    visit: &PlannedVisit,
    photo: &[u8],
    change: impl FnOnce(&mut Record),
) {
    let (id, envelope) = terminal.seals(central, visit, &[photo], change);
    assert_eq!(terminal.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: id });
}
