//! Racks: what is seen against the ledger, and “其余全部正常”.

use xunjian_domain::{
    ids::LabelPrintId,
    ledger::UnitSpan,
    outcome::Outcome,
    plan::VisitKind,
    reconciliation::Verdict,
    value::{Input, LabelState, Value},
};
use xunjian_field::{AssetSelector, FieldError, NewSighting, RackView};
use xunjian_proof::{
    record::{ScanSource, ScanVerdict},
    statement::LabelPrint,
    suite::Ed25519Signer,
};

use crate::{
    service::Service,
    terminal::{Terminal, normal, sighting},
};

fn verdicts(view: &RackView, asset: &str) -> Vec<Verdict> {
    let is_it = |row: &&xunjian_domain::reconciliation::Reconciliation| {
        row.asset.as_ref().map_or("", |id| id.as_str()) == asset
    };
    view.reconciliation.iter().find(is_it).unwrap().verdicts.clone()
}

#[tokio::test]
async fn what_is_seen_is_held_against_the_ledger_and_nothing_is_missing_until_the_rack_is_closed() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Rack);
    terminal.starts(&visit);
    let sees = |asset: &str, new: NewSighting| {
        let new = NewSighting { asset: AssetSelector::Ledger(asset.into()), ..new };
        terminal.field.sight(terminal.draft(&visit), &new)
    };
    sees("SN-server", NewSighting { as_in_ledger: true, ..sighting() }).unwrap();
    sees("ZC-hosted", NewSighting { span: UnitSpan::new(20, 21), ..sighting() }).unwrap();
    sees("host-backup", NewSighting { model: Some("NF5280 M7".into()), ..sighting() }).unwrap();
    sees("neighbour", sighting()).unwrap();
    let view = terminal
        .field
        .sight(terminal.draft(&visit), &NewSighting { brand: Some("无名".into()), note: "U20".into(), ..sighting() })
        .unwrap();
    assert_eq!(verdicts(&view, "server"), [Verdict::Matches]);
    assert_eq!(verdicts(&view, "hosted"), [Verdict::WrongUnit]);
    assert_eq!(verdicts(&view, "backup"), [Verdict::WrongModel]);
    assert_eq!(verdicts(&view, "neighbour"), [Verdict::WrongRack]);
    assert_eq!(verdicts(&view, ""), [Verdict::NotInLedger]);
    assert_eq!(verdicts(&view, "storage"), [Verdict::Unverified], "the rack is still open");
    let closed = terminal.field.close_rack(terminal.draft(&visit), true).unwrap();
    assert_eq!(verdicts(&closed, "storage"), [Verdict::Missing]);
    let reopened = terminal.field.close_rack(terminal.draft(&visit), false).unwrap();
    assert_eq!(verdicts(&reopened, "storage"), [Verdict::Unverified]);
    assert!(matches!(sees("SN-nobody", sighting()), Err(FieldError::UnknownAsset(_))));
    let room = terminal.visit(VisitKind::Room);
    terminal.starts(&room);
    assert!(matches!(terminal.field.close_rack(terminal.draft(&room), true), Err(FieldError::NotARackVisit)));
}

#[tokio::test]
async fn filling_the_rest_needs_the_label_and_leaves_what_only_a_person_can_answer() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Rack);
    let view = terminal.starts(&visit);
    let fill = || terminal.field.fill_rest_normal(terminal.draft(&visit));
    assert!(matches!(fill(), Err(FieldError::LabelNotScanned)));
    terminal.field.scan_label(terminal.draft(&visit), &service.label(3), ScanSource::Camera).unwrap();
    assert!(matches!(fill(), Err(FieldError::LabelNotScanned)), "the label of the next rack does not count");
    terminal.field.scan_label(terminal.draft(&visit), &service.label(2), ScanSource::Camera).unwrap();
    let confirmed = NewSighting { asset: AssetSelector::Ledger("server".into()), as_in_ledger: true, ..sighting() };
    terminal.field.sight(terminal.draft(&visit), &confirmed).unwrap();
    let by_hand = view.lines.iter().find(|line| line.criterion.as_str() == "A.2-14").unwrap().no;
    let not_checked =
        xunjian_field::NewAnswer { outcome: Outcome::NotChecked, reason: "正在施工".into(), ..normal(by_hand) };
    terminal.answers(&visit, &not_checked).unwrap();

    let report = fill().unwrap();
    let of = |no: &u32| {
        let line = view.lines.iter().find(|line| line.no == *no).unwrap();
        (line.criterion.to_string(), line.subject.id.clone())
    };
    let filled: Vec<_> = report.filled.iter().map(of).collect();
    let left: Vec<_> = report.left.iter().map(of).collect();
    assert!(filled.contains(&("A.1-01".into(), "server".into())));
    assert!(filled.contains(&("A.1-03a".into(), "server".into())), "it was seen and said to be as in the ledger");
    assert!(left.contains(&("A.1-03a".into(), "hosted".into())), "nobody has seen it: it stays 未核");
    assert!(filled.contains(&("A.1-02".into(), "server".into())), "normal and zero alarms are the same statement");
    assert!(left.contains(&("A.2-03a".into(), "a01".into())), "so are doors");
    assert!(!filled.iter().any(|(criterion, _)| criterion == "A.2-14"), "an answer given stays");
    let after = terminal.shows(&visit);
    let answers: Vec<_> = after.lines.iter().filter_map(|line| line.answer.clone()).collect();
    assert_eq!(answers.iter().filter(|answer| answer.bulk).count(), report.filled.len(), "each is marked");

    let kept = report.filled[0];
    terminal.answers(&visit, &normal(kept)).unwrap();
    assert_eq!(terminal.field.undo_bulk(terminal.draft(&visit)).unwrap(), report.filled.len() - 1);
    let after = terminal.shows(&visit);
    assert_eq!(after.answered, 2, "what a hand confirmed since, and the first answer, stay");
}

/// The prints of rack A01 as the service makes them: one for each door.
fn publish_doors(service: &Service) {
    let template = crate::site::prints().swap_remove(1);
    let door = |number: u32, side: &str| LabelPrint {
        id: LabelPrintId::new(crate::site::uuid(number)),
        side: side.into(),
        ..template.clone()
    };
    let mut prints = crate::site::prints();
    prints.extend([door(20, "front"), door(21, "rear")]);
    service.publish_prints(prints, &Ed25519Signer::from_seed(&[2; 32]));
}

#[tokio::test]
async fn a_racks_labels_are_right_in_bulk_only_when_both_were_scanned() {
    let service = Service::start();
    publish_doors(&service);
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Rack);
    let view = terminal.starts(&visit);
    let asks = |input: &Input| view.lines.iter().find(|line| line.checks.iter().any(|c| c.input == *input)).unwrap().no;
    let (labels, doors) = (asks(&Input::RackLabels), asks(&Input::Doors));
    let scan = |number: u32| {
        terminal.field.scan_label(terminal.draft(&visit), &service.label(number), ScanSource::Camera).unwrap().scan
    };
    let fill = || terminal.field.fill_rest_normal(terminal.draft(&visit)).unwrap();
    assert_eq!(scan(20).verdict, ScanVerdict::Right);
    assert!(fill().left.contains(&labels), "the rear label was not looked at");
    assert_eq!(scan(20).verdict, ScanVerdict::Repeated);
    assert!(fill().left.contains(&labels), "the front label twice is not the rear one");
    scan(2);
    assert!(fill().left.contains(&labels), "a label without a side says nothing of the doors");
    assert_eq!(scan(21).verdict, ScanVerdict::Right);

    let report = fill();
    assert!(report.filled.contains(&labels), "{report:?}");
    assert!(report.left.contains(&doors), "doors are a person's tap");
    let after = terminal.shows(&visit);
    let line = &after.lines[labels as usize - 1];
    let given = line.checks.iter().find(|check| check.input == Input::RackLabels).unwrap().result.clone().unwrap();
    assert_eq!(given.value, Some(Value::RackLabels { front: LabelState::Right, rear: LabelState::Right }));
    assert!(line.answer.as_ref().unwrap().bulk, "and it is marked");
    for line in after.lines.iter().filter(|line| line.answer.is_some()) {
        let is_forbidden = |input: &Input| !input.may_be_bulk() || matches!(input, Input::Doors);
        assert!(!line.checks.iter().any(|check| is_forbidden(&check.input)), "{}: a number or a door", line.criterion);
        assert_eq!(line.evidence.photos_when_normal, 0, "{}: a photo", line.criterion);
        assert_ne!(line.criterion.as_str(), "A.1-03a", "no asset was scanned");
    }
    assert_eq!(after.bulk, after.answered);
    terminal.field.undo_bulk(terminal.draft(&visit)).unwrap();
    assert_eq!(terminal.shows(&visit).answered, 0);
}

#[tokio::test]
async fn one_tap_confirms_what_was_scanned_and_nobody_disputed() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Rack);
    terminal.starts(&visit);
    let scan = |number: u32| {
        terminal.field.scan_label(terminal.draft(&visit), &service.label(number), ScanSource::Camera).unwrap();
    };
    let sees = |asset: &str, new: NewSighting| {
        let new = NewSighting { asset: AssetSelector::Ledger(asset.into()), ..new };
        terminal.field.sight(terminal.draft(&visit), &new).unwrap();
    };
    [6, 7].into_iter().for_each(scan);
    sees("hosted", sighting());
    sees("backup", NewSighting { model: Some("NF5280 M7".into()), ..sighting() });
    let view = terminal.field.sight_scanned_as_in_ledger(terminal.draft(&visit)).unwrap();
    assert_eq!(verdicts(&view, "server"), [Verdict::Matches]);
    assert_eq!(verdicts(&view, "neighbour"), [Verdict::WrongRack], "it belongs to the next rack, whatever is tapped");
    assert_eq!(verdicts(&view, "hosted"), [Verdict::Unverified], "seen by eye only");
    assert_eq!(verdicts(&view, "backup"), [Verdict::WrongModel]);
    assert_eq!(verdicts(&view, "storage"), [Verdict::Unverified], "an asset nobody scanned stays 未核");
    sees("server", NewSighting { span: UnitSpan::new(30, 31), ..sighting() });
    let view = terminal.field.sight_scanned_as_in_ledger(terminal.draft(&visit)).unwrap();
    assert_eq!(verdicts(&view, "server"), [Verdict::WrongUnit], "a dispute is not overruled");

    let view = terminal.field.rack(terminal.draft(&visit)).unwrap();
    assert_eq!(
        (view.rack.name.as_str(), view.rack.height_units, view.rack.room_name.as_str()),
        ("A01", 42, "一号机房")
    );
    let assets: Vec<_> = view.assets.iter().map(|asset| asset.id.as_str()).collect();
    assert_eq!(assets, ["server", "hosted", "backup", "storage", "panel", "neighbour"]);
    assert_eq!(view.sightings.len(), 4);
    assert_eq!(view.details.len(), view.reconciliation.len(), "one detail for each asset");
}
