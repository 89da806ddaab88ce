//! Racks: what is seen against the ledger, and “其余全部正常”.

use xunjian_domain::{ledger::UnitSpan, outcome::Outcome, plan::VisitKind, reconciliation::Verdict};
use xunjian_field::{AssetSelector, FieldError, NewSighting, RackView};
use xunjian_proof::record::ScanSource;

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
    assert!(left.contains(&("A.1-02".into(), "server".into())), "a number of alarms is for a person to count");
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
