//! Labels: each kind of wrong one has its own verdict, and everything scanned is recorded.

use xunjian_domain::{
    ids::LabelPrintId,
    label_code::LabelCode,
    plan::VisitKind,
    reconciliation::{SightedBy, Verdict},
};
use xunjian_field::{FieldError, VisitSelector};
use xunjian_proof::{
    label::{self, LabelKind},
    record::{ScanSource, ScanVerdict},
    suite::{Ed25519Signer, Signer},
};

use crate::{service::Service, site, terminal::Terminal};

#[tokio::test]
async fn every_label_gets_its_own_verdict_offline() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Rack);
    terminal.starts(&visit);
    let print = |number: u32| LabelPrintId::new(site::uuid(number));
    let forger = Ed25519Signer::from_seed(&[99; 32]);
    let forged = label::print(site::HOST, &service.root.site, LabelKind::Rack, &print(2), &forger).unwrap();
    let foreign = label::print("other.example", &service.root.site, LabelKind::Rack, &print(2), &forger).unwrap();
    let cases = [
        (service.label(2), ScanVerdict::Right, "this rack"),
        (service.label(2), ScanVerdict::Repeated, "this rack again"),
        (service.label(1), ScanVerdict::Revoked, "the old label of this rack"),
        (service.label(3), ScanVerdict::WrongRack, "the next rack"),
        (service.label(4), ScanVerdict::WrongRoom, "a rack of the other room"),
        (service.label(5), ScanVerdict::Right, "this room"),
        (service.label(6), ScanVerdict::Right, "a server of this rack"),
        (service.label(7), ScanVerdict::WrongRack, "a server of the next rack"),
        (service.label(8), ScanVerdict::Unknown, "an asset the ledger does not have"),
        (service.label(77), ScanVerdict::Unknown, "a label printed after the pull"),
        (forged, ScanVerdict::Forged, "nobody of this site printed it"),
        (service.label_of(LabelKind::Asset, 3), ScanVerdict::Forged, "the print of a rack on the label of an asset"),
        (foreign, ScanVerdict::Foreign, "another site's host"),
        ("SN-server".to_owned(), ScanVerdict::NotALabel, "a serial number"),
        (service.label(2).to_lowercase(), ScanVerdict::Repeated, "phones lower the case"),
    ];
    for (text, verdict, why) in &cases {
        let report = terminal.field.scan_label(terminal.draft(&visit), text, ScanSource::Camera).unwrap();
        assert_eq!(report.scan.verdict, *verdict, "{why}");
        assert!(!report.message.zh.is_empty() && !report.message.en.is_empty());
    }
    let view = terminal.shows(&visit);
    assert_eq!(
        view.scans[0].key,
        Some(service.press.public_key().id()),
        "the record names the key that signed a label"
    );
    assert_eq!(view.scans[13].key, None, "nobody signed a serial number");
    assert_eq!(view.scans.len(), cases.len(), "everything scanned is recorded");
    assert!(view.label_scanned);
    let seen: Vec<_> = view.sightings.iter().filter_map(|seen| seen.asset.as_ref()).map(|id| id.as_str()).collect();
    assert_eq!(seen, ["server", "neighbour"], "a scanned asset was seen here");
    let verdict = |asset: &str| {
        let row = view.reconciliation.iter().find(|row| row.asset.as_ref().is_some_and(|id| id.as_str() == asset));
        row.unwrap().verdicts.clone()
    };
    assert_eq!(verdict("server"), [Verdict::Unverified], "a scan says where the label is, not that all else is right");
    assert_eq!(verdict("neighbour"), [Verdict::WrongRack]);
}

#[tokio::test]
async fn a_code_typed_from_beside_the_label_counts_and_a_slip_is_named() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let code = LabelCode::of_print(&site::uuid(2)).to_string();
    let view = terminal.field.start_visit(&VisitSelector::Text(code.to_lowercase()), &terminal.li).unwrap();
    assert_eq!((view.subject.name.as_str(), view.label_scanned), ("A01", true), "the code chose the rack and counts");
    assert_eq!(view.scans[0].source, ScanSource::Typed);
    let typed = |text: &str| {
        terminal.field.scan_label(terminal.draft(&view.id), text, ScanSource::Typed).map(|report| report.scan.verdict)
    };
    let asset = LabelCode::of_print(&site::uuid(6)).to_string();
    assert_eq!(typed(&asset).unwrap(), ScanVerdict::Right);
    assert_eq!(terminal.shows(&view.id).sightings[0].by, SightedBy::TypedCode);
    let last = if code.ends_with('0') { '1' } else { '0' };
    let slip = typed(&format!("{}{last}", &code[..code.len() - 1])).unwrap_err();
    assert!(matches!(slip, FieldError::LabelCode(_)));
    assert!(slip.text().zh.contains("校验位不符"), "{}", slip.text().zh);
    assert_eq!(typed(&LabelCode::of_print("elsewhere").to_string()).unwrap(), ScanVerdict::Unknown);
}

#[tokio::test]
async fn a_visit_is_chosen_by_label_name_title_or_id() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let rack = terminal.visit(VisitKind::Rack);
    let find = |text: &str| terminal.field.find_visit(&VisitSelector::Text(text.into()));
    assert_eq!(find(&service.label(2)).unwrap(), rack);
    assert_eq!(find("A01").unwrap(), rack);
    assert_eq!(find("一号机房 · A01").unwrap(), rack);
    assert_eq!(find(rack.as_str()).unwrap(), rack);
    let by_room = VisitSelector::Rack { rack: "A01".into(), room: "一号机房".into() };
    assert_eq!(terminal.field.find_visit(&by_room).unwrap(), rack);
    assert!(matches!(find("Z99"), Err(FieldError::UnknownVisit(_))));
    assert!(matches!(find("0190a7c2"), Err(FieldError::AmbiguousVisit { .. })), "too short a beginning fits many");
}

#[tokio::test]
async fn labels_of_a_revoked_press_key_count_no_more() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Rack);
    terminal.starts(&visit);
    service.revoke(service.press.public_key().id());
    terminal.field.pull(&service).await.unwrap();
    let report = terminal.field.scan_label(terminal.draft(&visit), &service.label(2), ScanSource::Camera).unwrap();
    assert_eq!(report.scan.verdict, ScanVerdict::Forged, "whoever stole the key could have printed it");
}
