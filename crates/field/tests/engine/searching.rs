//! 按名称、序列号查找, and the tables of virtual machines that platforms export.

use xunjian_domain::{ids::OrderNo, ledger::AssetKind, plan::VisitKind, value::Input};
use xunjian_field::{AssetPage, FieldError, LineSelector, NewPhoto, VisitId};
use xunjian_proof::record::Capture;

use crate::{
    service::Service,
    site,
    terminal::{Terminal, normal},
};

fn ids(page: &AssetPage) -> Vec<&str> {
    page.hits.iter().map(|hit| hit.asset.id.as_str()).collect()
}

#[tokio::test]
async fn any_two_characters_find_an_asset_and_whole_texts_come_first() {
    let mut ledger = site::ledger();
    for (no, asset) in ledger.assets.iter_mut().enumerate() {
        asset.owning_unit = if no == 1 { "市教育局".into() } else { asset.owning_unit.clone() };
        asset.order_no = OrderNo::new("DD-1");
    }
    ledger.assets[2].name = "云平台镕节点".into();
    ledger.assets[3].name = "SN-server".into();
    let service = Service::of(ledger);
    let terminal = Terminal::of_li(&service).await;
    let finds = |text: &str| terminal.field.search_assets(&terminal.li, None, text, None).unwrap();
    assert_eq!(ids(&finds("平台")), ["backup"], "two characters in the middle of a name");
    assert_eq!(ids(&finds("镕节")), ["backup"], "rare characters, too");
    assert_eq!(ids(&finds("教育")), ["hosted"], "an owning unit");
    assert_eq!(ids(&finds("zc-PAN")), ["panel"], "part of an asset tag, in any case");
    assert_eq!(ids(&finds("ｈｏｓｔ－ｆａｒ")), ["far"], "full-width letters");
    assert_eq!(ids(&finds("SN-server")), ["server", "storage"], "a serial and a name, whole");
    assert_eq!(ids(&finds("公安 far")), ["far"], "every word must fit, in any field");
    assert_eq!(finds("不存在").hits, []);
    let hit = finds("平台").hits.remove(0);
    assert_eq!(hit.rack_name, "一号机房 · A01");
    assert_eq!(hit.visits.len(), 1, "and the visit that goes there");
    let short = terminal.field.search_assets(&terminal.li, None, "公", None);
    assert!(matches!(short, Err(FieldError::TooShortToSearch)));
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap_or_a_repeat() {
    let mut ledger = site::ledger();
    for no in 0..130 {
        let mut asset = site::asset(&format!("x{no:03}"), AssetKind::PhysicalServer, "a02", 1);
        if no >= 60 {
            asset.owning_unit = "host-x管理中心".into();
            asset.name = format!("设备{no}");
            asset.serial = format!("S{no}");
            asset.asset_tag = String::new();
        }
        ledger.assets.push(asset);
    }
    let service = Service::of(ledger);
    let terminal = Terminal::of_li(&service).await;
    let (mut all, mut after, mut pages) = (Vec::new(), None::<String>, 0);
    loop {
        let page = terminal.field.search_assets(&terminal.li, None, "host-x", after.as_deref()).unwrap();
        assert!(page.hits.len() <= 50);
        all.extend(page.hits.iter().map(|hit| hit.asset.id.to_string()));
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let expected: Vec<String> = (0..130).map(|no| format!("x{no:03}")).collect();
    assert_eq!((all, pages), (expected, 3), "names first, then owning units, each in ledger order");
    let odd = terminal.field.search_assets(&terminal.li, None, "host", Some("third~1"));
    assert!(matches!(odd, Err(FieldError::BadInput(_))));
}

const EXPORT: &str = "虚拟机名称,归属单位,电源状态,集群\nvm-1,市公安局,已开机,一号集群\nvm-2,市公安局,运行中,一号集群\n\
    vm-3,市教育局,已开机,一号集群\nvm-9,市水务局,已关机,一号集群\n";

fn counts_line(terminal: &Terminal, visit: &VisitId) -> u32 {
    let view = terminal.starts(visit);
    view.lines.iter().find(|line| line.checks.iter().any(|check| check.input == Input::UnitCounts)).unwrap().no
}

#[tokio::test]
async fn a_platforms_table_is_shown_first_and_kept_as_imported_evidence_of_its_line() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Cluster);
    let line = counts_line(&terminal, &visit);
    let bytes = encoding_rs::GBK.encode(EXPORT).0.into_owned();
    let selector = LineSelector::No { line };
    let table = terminal.field.read_vm_table(terminal.draft(&visit), &selector, &bytes).unwrap();
    let units: Vec<_> = table.units.iter().map(|unit| (unit.owning_unit.as_str(), unit.online)).collect();
    assert_eq!(units, [("市公安局", 2), ("市教育局", 1), ("市水务局", 0)]);
    assert!(terminal.shows(&visit).evidence.is_empty(), "looking at a table stores nothing");
    assert_eq!(terminal.shows(&visit).answered, 0);

    // The press: the file is kept, then the numbers are answered.
    let file = NewPhoto {
        bytes: &bytes,
        file_name: "清单.csv",
        capture: Capture::Imported,
        caption: "",
        layer: None,
        after_of: None,
    };
    let kept = terminal.field.attach_photo(terminal.draft(&visit), Some(&selector), file).unwrap().evidence;
    assert_eq!((kept.sha256, kept.media_type.as_str(), kept.capture), (table.sha256, "text/csv", Capture::Imported));
    terminal.answers_all(&visit, 3);
    let sealed = terminal.seals(&visit);
    let record = terminal.field.verify_local(&sealed.record.to_hex()).unwrap().record;
    let of_line = record.lines.iter().find(|one| one.no == line).unwrap();
    assert_eq!(of_line.photos, [kept.sha256], "the record ties the file to the line by its hash");
    assert_eq!(terminal.syncs(&service).await.delivered, 1);

    let rack = terminal.visit(VisitKind::Rack);
    terminal.starts(&rack);
    let refused = terminal.field.read_vm_table(terminal.draft(&rack), &LineSelector::No { line: 1 }, &bytes);
    assert!(matches!(refused, Err(FieldError::NoUnitCounts(1))));
    assert!(terminal.answers(&rack, &normal(1)).is_ok(), "the draft goes on");
}
