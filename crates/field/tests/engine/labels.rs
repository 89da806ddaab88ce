//! Labels: each kind of wrong one has its own verdict, and everything scanned is recorded.

use std::collections::{BTreeMap, BTreeSet};

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
    let current = LabelCode::of_print(&site::uuid(2)).to_string();
    let forger = Ed25519Signer::from_seed(&[99; 32]);
    let forged = label::print(site::HOST, &service.root.site, LabelKind::Rack, &print(2), &forger).unwrap();
    let foreign = label::print("other.example", &service.root.site, LabelKind::Rack, &print(2), &forger).unwrap();
    let mut altered = service.label(2);
    let last = if altered.pop() == Some('A') { 'I' } else { 'A' };
    altered.push(last);
    let cases = [
        (service.label(2), ScanVerdict::Right, "一致：A01", "this rack"),
        (service.label(2), ScanVerdict::Repeated, "重复扫描：A01", "this rack again"),
        (service.label(1), ScanVerdict::Revoked, &*format!("现行标签是 {current}"), "the old label of this rack"),
        (service.label(1), ScanVerdict::Revoked, "请撕下旧标签", "the old label again: it still hangs there"),
        (service.label(3), ScanVerdict::WrongRack, "这是另一机柜 一号机房 · A02 的标签", "the next rack"),
        (service.label(4), ScanVerdict::WrongRoom, "（二号机房 · B01）", "a rack of the other room"),
        (service.label(5), ScanVerdict::Right, "一致：一号机房", "this room"),
        (service.label(6), ScanVerdict::Right, "一致：", "a server of this rack"),
        (service.label(7), ScanVerdict::WrongRack, "在另一机柜 一号机房 · A02", "a server of the next rack"),
        (service.label(8), ScanVerdict::Unknown, "台账里没有", "an asset the ledger does not have"),
        (service.label(77), ScanVerdict::Unknown, "重新拉取", "a label printed after the pull"),
        (forged, ScanVerdict::Forged, "报告管理员", "an unknown key under this site's host"),
        (altered, ScanVerdict::Forged, "签名不正确", "one character changed"),
        (
            service.label_of(LabelKind::Asset, 3),
            ScanVerdict::Forged,
            "签名不正确",
            "a rack's print on an asset's label",
        ),
        (foreign, ScanVerdict::Foreign, "其他站点", "another site's host"),
        ("SN-server".to_owned(), ScanVerdict::NotALabel, "不是巡检标签", "a serial number"),
        ("https://wifi.example/L/HELLO".to_owned(), ScanVerdict::NotALabel, "不是巡检标签", "a web page"),
        (service.label(2).to_lowercase(), ScanVerdict::Repeated, "已扫过", "phones lower the case"),
    ];
    let mut sentences = BTreeMap::new();
    for (text, verdict, said, why) in &cases {
        let report = terminal.field.scan_label(terminal.draft(&visit), text, ScanSource::Camera).unwrap();
        assert_eq!(report.scan.verdict, *verdict, "{why}");
        assert!(report.message.zh.contains(said), "{why}: {}", report.message.zh);
        assert!(report.message.en.starts_with(|c: char| c.is_ascii_uppercase()), "{why}: {}", report.message.en);
        sentences.insert(*verdict, report.message.en);
    }
    assert_eq!(sentences.len(), 9, "every verdict was met");
    assert_eq!(sentences.values().collect::<BTreeSet<_>>().len(), 9, "and each has a sentence of its own");
    let view = terminal.shows(&visit);
    assert_eq!(
        view.scans[0].key,
        Some(service.press.public_key().id()),
        "the record names the key that signed a label"
    );
    assert_eq!(view.scans[15].key, None, "nobody signed a serial number");
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
async fn a_revoked_a_forged_and_a_foreign_label_stand_in_the_signed_record() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Rack);
    terminal.starts(&visit);
    let print = LabelPrintId::new(site::uuid(2));
    let forger = Ed25519Signer::from_seed(&[99; 32]);
    let made = |host: &str| label::print(host, &service.root.site, LabelKind::Rack, &print, &forger).unwrap();
    let texts = [service.label(1), made(site::HOST), made("other.example"), service.label(3)];
    for text in &texts {
        terminal.field.scan_label(terminal.draft(&visit), text, ScanSource::Camera).unwrap();
    }
    assert!(!terminal.shows(&visit).label_scanned, "none of them says that somebody stood before this rack");
    terminal.answers_all(&visit, 1);
    let record = terminal.field.verify_local(&terminal.seals(&visit).record.to_hex()).unwrap().record;
    let told: Vec<_> = record.scans.iter().map(|scan| (scan.verdict, scan.text.clone())).collect();
    let verdicts = [ScanVerdict::Revoked, ScanVerdict::Forged, ScanVerdict::Foreign, ScanVerdict::WrongRack];
    assert_eq!(told, verdicts.into_iter().zip(texts).collect::<Vec<_>>(), "with the text, so that it can be traced");
    let revoked = &record.scans[0];
    assert_eq!(revoked.print.as_ref().map(LabelPrintId::as_str), Some(&*site::uuid(1)), "which print hangs there");
    assert_eq!(revoked.subject.as_ref().map(|subject| subject.id.as_str()), Some("a01"), "and on what");
    assert!(record.scans[1].print.is_none() && record.scans[2].subject.is_none(), "what nobody signed names nothing");
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
