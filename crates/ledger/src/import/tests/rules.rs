//! Each rule on the smallest ledger that shows it.

use xunjian_domain::ledger::{RowCode, UnitSpan};

use xunjian_testkit::odd_workbook::odd_workbook;

use super::{again, counts, csv, ids_from, import, listed};
use crate::import::{ImportError, Mapping, SourceFile, read, read_orders};

const HEAD: &str = "机房,机柜编号,U位,资源类型,品牌,型号,序列号,数量,上架日期\n";

#[test]
fn each_problem_of_a_row_is_listed_under_its_code() {
    use RowCode::*;
    let cases: [(&str, &[RowCode], u32); 13] = [
        ("一区,A01,1,存储,岭云,S1,X1,1,2024-01-01", &[], 1),
        (",A01,1,存储,岭云,S1,X1,1,2024-01-01", &[NoRoom], 0),
        ("一区,／,1,存储,岭云,S1,X1,1,2024-01-01", &[NoRack], 0),
        ("一区,A01,1,微波炉,岭云,S1,X1,1,2024-01-01", &[UnknownKind], 0),
        ("一区,A01,上面,存储,岭云,S1,X1,1,2024-01-01", &[BadPosition], 0),
        ("一区,A01,41-43,存储,岭云,S1,X1,1,2024-01-01", &[PositionOutsideRack], 0),
        ("一区,A01,0,存储,岭云,S1,X1,1,2024-01-01", &[PositionOutsideRack], 0),
        ("一区,A01,1,存储,,,X1,1,2024-01-01", &[NoModel], 0),
        ("一区,A01,1,存储,岭云,S1,X1,半台,2024-01-01", &[BadQuantity], 0),
        ("一区,A01,1,存储,岭云,S1,无,1,2024-01-01", &[NoSerial], 1),
        ("一区,A01,1,存储,岭云,S1,X1,1,去年", &[BadDate], 1),
        ("一区,A01,,存储,岭云,S1,X1,,", &[], 1),
        ("填表人：某某,,,,,,,,", &[NoRack, UnknownKind, NoModel, NoSerial], 0),
    ];
    for (row, codes, imported) in cases {
        let report = import(&[csv(&format!("{HEAD}{row}\n"))]).report;
        let found: Vec<RowCode> = report.problems.iter().map(|problem| problem.code).collect();
        assert_eq!(found, codes, "{row}");
        assert_eq!((report.rows, report.imported), (1, imported), "{row}");
    }
}

#[test]
fn a_totals_row_is_no_data_but_a_machine_called_total_is() {
    let ledger = format!("{HEAD}一区,A01,1,存储,岭云,S1,X1,1,\n合 计：,,,,,,,1,\n\n,总计（台）,,,,,,1,\n");
    assert_eq!(counts(&import(&[csv(&ledger)]).report), (1, 1, 0, 1), "totals are passed over");
    let vms = import(&[csv("name,cluster\ntotal,C1\n")]);
    assert_eq!(vms.ledger.vms.len(), 1, "it names its cluster, so it is a row of its own");
}

#[test]
fn assets_share_units_only_on_opposite_sides() {
    let text = "site,rack,position,role,manufacturer,device_type,face\n\
                S,R1,5,Server,岭云,S1,front\n\
                S,R1,5,Server,岭云,S2,rear\n\
                S,R1,5.0,Server,岭云,S3,rear\n\
                S,R1,5,Server,岭云,S4,\n\
                S,R2,5,Server,岭云,S5,front\n";
    let report = import(&[csv(text)]).report;
    assert_eq!(listed(&report), [(RowCode::PositionTaken, vec![4, 5])].into(), "same side, or a side left open");
    assert!(report.problems[0].message.en.contains("row 3"), "it names the row it clashes with");
    assert!(report.problems.iter().all(|problem| problem.column == "position"), "and the column as it is spelled");
}

#[test]
fn a_rack_that_the_list_lacks_is_added_and_each_row_in_it_is_listed() {
    let racks = csv("site,name,u_height\nS,R1,20\nS,R3,\n");
    let devices = csv(
        "site,rack,position,role,device_type\nS,R1,20,Server,M\nS,R1,21,Server,M\nS,R2,42,Server,M\nS,R2,41,Server,M\n",
    );
    let imported = import(&[devices, racks]);
    assert_eq!(counts(&imported.report), (6, 5, 1, 3), "two rack rows, four devices");
    let expected = [(RowCode::PositionOutsideRack, vec![3]), (RowCode::UnknownRack, vec![4, 5])];
    assert_eq!(listed(&imported.report), expected.into(), "height of the list, or the usual one");
    let racks: Vec<_> = imported.ledger.racks.iter().map(|rack| (rack.name.as_str(), rack.units)).collect();
    assert_eq!(racks, [("R1", 20), ("R3", 42), ("R2", 42)], "listed racks first");
}

#[test]
fn a_location_joins_the_name_only_where_two_racks_share_it() {
    let racks = csv("site,location,name,u_height\nS,Row 1,R1,42\nS,Row 2,R1,42\nS,Row 1,R2,42\n");
    let devices = csv("site,location,rack,position,role,device_type\nS,Row 2,R1,1,Server,M\nS,,R2,1,Server,M\n");
    let ledger = import(&[racks, devices]).ledger;
    let names: Vec<_> = ledger.racks.iter().map(|rack| rack.name.as_str()).collect();
    assert_eq!(names, ["Row 1 R1", "Row 2 R1", "R2"], "R2 needs no location");
    assert_eq!(ledger.assets[0].rack, ledger.racks[1].id, "the device stands in its own row's rack");
    assert_eq!(ledger.assets[1].rack, ledger.racks[2].id, "a device may leave the location out");
}

#[test]
fn a_rack_list_that_contradicts_itself_is_listed() {
    let report = import(&[csv("site,name,u_height\nS,R1,42\nS,R1,42\nS,R1,47\nS,R2,high\n")]).report;
    assert_eq!(counts(&report), (4, 2, 2, 1), "a repeated row does no harm");
    assert_eq!(listed(&report), [(RowCode::BadQuantity, vec![4, 5])].into(), "another height does");
}

#[test]
fn heights_of_their_own_column_make_spans() {
    let text = "机房,机柜,起始U位,占用U数,设备类型,型号\n一区,A01,5,2U,存储,S1\n一区,A01,42,2,存储,S1\n一区,A01,9,很高,存储,S1\n";
    let imported = import(&[csv(text)]);
    assert_eq!(imported.ledger.assets[0].span, UnitSpan::new(5, 6), "two units from unit 5");
    let expected = [(RowCode::BadPosition, vec![4]), (RowCode::PositionOutsideRack, vec![3])];
    assert_eq!(listed(&imported.report), expected.into(), "the top counts too");
}

#[test]
fn separators_and_titles_do_not_matter() {
    let plain = import(&[csv("site,rack,role,device_type\nS,R1,Server,M\n")]);
    for text in [
        "site;rack;role;device_type\nS;R1;Server;M\n",
        "site\track\trole\tdevice_type\r\nS\tR1\tServer\tM\r\n",
        "My ledger, 2026, with commas\n\n\"Site\",\"Rack\",\"Role *\",\"Device Type (model)\"\nS,R1,Server,M",
        "机房名称,所在机柜,设备类型,规格型号\nS,R1,Server,M\n",
    ] {
        assert_eq!(import(&[csv(text)]).ledger, plain.ledger, "{text}");
    }
}

#[test]
fn a_workbook_is_read_sheet_by_sheet_through_its_merged_cells() {
    let bytes = odd_workbook().expect("a workbook");
    let imported = import(&[SourceFile { name: "odd.xlsx".to_owned(), bytes }]);
    assert_eq!(counts(&imported.report), (7, 7, 0, 3), "visible sheets with headings, and no row of the empty tail");
    let rooms: Vec<_> = imported.ledger.rooms.iter().map(|room| room.name.as_str()).collect();
    assert_eq!(rooms, ["一区", "二区"], "the hidden sheet is not part of the ledger");
    let racks = imported.ledger.racks.iter();
    let filled: Vec<_> = racks.map(|rack| (rack.name.as_str(), imported.ledger.assets_in(&rack.id).count())).collect();
    assert_eq!(filled, [("A01", 3), ("A02", 2), ("B01", 2)], "a merged rack holds all its rows");
}

#[test]
fn a_virtual_machine_is_named_once_in_its_cluster() {
    let imported =
        import(&[csv("虚拟机名称,所属集群,归属单位,状态\nv1,C1,甲,运行中\nv1,C2,甲,\nv1,c1,乙,\n,C1,甲,\nv2,,甲,\n")]);
    assert_eq!(counts(&imported.report), (5, 2, 3, 0), "the same name in another cluster is another machine");
    assert_eq!(listed(&imported.report), [(RowCode::Incomplete, vec![4, 5, 6])].into(), "repeated, nameless, homeless");
}

#[test]
fn orders_are_read_or_listed() {
    let text = "订单编号,归属单位,资源类型,数量,集群\nD1,甲,虚拟机,3,C1\nD1,甲,备份,1,\n,甲,存储,1,\nD2,,存储,,\nD3,甲,存储,零,\nD4,甲,咖啡,1,\n合计,,,5,\n";
    let (orders, report) = read_orders(&csv(text)).expect("readable");
    assert_eq!(counts(&report), (6, 2, 4, 0), "rows, imported, skipped");
    assert_eq!((orders[0].quantity, orders[0].cluster.as_str()), (3, "C1"), "an order of virtual machines");
    let expected =
        [(RowCode::UnknownKind, vec![7]), (RowCode::BadQuantity, vec![6]), (RowCode::Incomplete, vec![4, 5, 5])];
    assert_eq!(listed(&report), expected.into(), "each gap is listed");
}

#[test]
fn a_file_without_headings_says_which_were_looked_for() {
    let error = read(&[csv("a,b\n1,2\n")], &Mapping::default(), &mut ids_from(0)).expect_err("no heading row");
    assert!(matches!(error, ImportError::NoHeader { .. }), "{error}");
    for word in ["机房", "机柜编号", "资源类型", "虚拟主机名称", "订单编号"] {
        assert!(error.text().zh.contains(word), "{word} is named in: {}", error.text().zh);
    }
    assert!(error.to_string().contains("device_type"), "in English too: {error}");
    let error = read_orders(&csv(HEAD)).expect_err("a ledger is no list of orders");
    assert!(!error.text().zh.contains("机柜高度"), "only the headings of orders are named");
}

#[test]
fn files_that_are_no_ledger_at_all_are_refused_politely() {
    let unreadable: [(&str, &[u8]); 4] = [
        ("cut.xlsx", b"PK\x03\x04 and then nothing"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("photo.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\xff"),
        ("half.csv", b"\xbb\xfa\xb7\xbf,\xbb"),
    ];
    for (name, bytes) in unreadable {
        let file = SourceFile { name: name.to_owned(), bytes: bytes.to_vec() };
        let error = read(&[file], &Mapping::default(), &mut ids_from(0)).expect_err(name);
        assert!(matches!(error, ImportError::Unreadable { .. }), "{name}: {error}");
        assert!(error.text().zh.contains(name), "the sentence names the file");
    }
}

#[test]
fn two_strips_that_nothing_tells_apart_keep_their_ids() {
    let files = [csv(
        "机房,机柜,U位,资源类型,型号\n一区,A01,,PDU,P1\n一区,A01,,PDU,P1\n一区,A01,3,存储,S1\n一区,A01,,PDU,P1\n",
    )];
    let first = import(&files).ledger;
    assert_eq!(first.assets.len(), 4, "all are taken");
    assert_eq!(again(&files, &first), first, "by their order");
}
