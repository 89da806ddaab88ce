//! Files of other shapes: NetBox by its interface and by its table export, JSON, two heading rows, columns mapped by hand.

use xunjian_domain::ledger::{AssetKind, RowCode, UnitSpan};

use super::{assert_sums, counts, csv, ids_from, import, listed};
use crate::import::{Field, ImportError, Mapping, SourceFile, TableKind, read};

fn json(text: &str) -> SourceFile {
    SourceFile { name: "export.json".to_owned(), bytes: text.as_bytes().to_vec() }
}

#[test]
fn an_answer_of_netbox_is_read_as_its_csv_is() {
    let answer = json(
        r#"{"count": 2, "next": null, "previous": null, "results": [
            {"id": 1, "name": "n1", "site": {"id": 3, "name": "DC1"}, "location": null, "rack": {"id": 4, "name": "R1"},
             "position": 5.0, "face": {"value": "front", "label": "Front"}, "serial": "X1", "asset_tag": null,
             "device_type": {"id": 7, "model": "R640", "manufacturer": {"name": "Dell"}, "u_height": 2},
             "role": {"name": "Server"}, "device_role": {"name": "Server"}, "status": {"value": "active"},
             "tenant": {"name": "Unit A"}, "tags": []},
            {"id": 2, "name": "n2", "site": {"name": "DC1"}, "rack": {"name": "R1"}, "position": null, "serial": "",
             "device_type": {"model": "EX2300", "manufacturer": {"name": "Juniper"}}, "device_role": {"name": "Switch"}}]}"#,
    );
    let imported = import(&[answer]);
    assert_eq!(counts(&imported.report), (2, 2, 0, 1), "rows, imported, skipped, racks");
    assert_eq!(listed(&imported.report), [(RowCode::NoSerial, vec![2])].into(), "numbered by their place in the list");
    let [first, second] = &imported.ledger.assets[..] else { panic!("two assets") };
    assert_eq!((first.brand.as_str(), first.model.as_str(), first.span), ("Dell", "R640", UnitSpan::new(5, 6)));
    assert_eq!((first.kind, first.owning_unit.as_str()), (AssetKind::PhysicalServer, "Unit A"), "role and tenant");
    assert_eq!((second.kind, second.span), (AssetKind::HostedDevice, None), "the old name of the role");
}

#[test]
fn a_list_of_objects_and_an_object_of_lists_are_read() {
    let list = json(
        r#"[{"机房": "一区", "机柜": "A01", "U位": "1-2", "资源类型": "存储", "型号": "S1", "序列号": "X1", "数量": 1}]"#,
    );
    assert_eq!(counts(&import(&[list]).report), (1, 1, 0, 1), "Chinese headings as members");
    let lists = json(
        r#"{"racks": [{"site": "S", "name": "R1", "u_height": 20}],
            "devices": [{"site": "S", "rack": "R1", "role": "Server", "device_type": "M", "position": 21}],
            "note": "made by hand"}"#,
    );
    let imported = import(&[lists]);
    assert_eq!(counts(&imported.report), (2, 1, 1, 1), "a rack and a device above it");
    let kinds: Vec<TableKind> = imported.tables.iter().map(|table| table.kind).collect();
    assert_eq!(kinds, [TableKind::Assets, TableKind::Racks], "each list is a table");
    for broken in ["[1, 2]", "{}", "[{", "{\"a\": 1}"] {
        let error = read(&[json(broken)], &Mapping::default(), &mut ids_from(0)).expect_err(broken);
        assert!(matches!(error, ImportError::Unreadable { .. }), "{broken}: {error}");
    }
}

#[test]
fn the_tables_that_netbox_exports_are_read_by_their_headings() {
    let devices = csv(
        "Name,Status,Tenant,Site,Location,Rack,Position (U),Rack Face,Role,Manufacturer,Type,U Height,Serial number,Asset tag\n\
         n1,Active,Unit A,DC1,,R1,5,Front,Server,Dell,PowerEdge R640,2,X1,T1\n",
    );
    let racks = csv(
        "Name,Site,Location,Status,Facility ID,Tenant,Role,Type,Height,Devices,Space\nR1,DC1,,Active,,,,,47U,1,4%\n",
    );
    let vms =
        csv("Name,Status,Site,Cluster,Host Device,Role,Tenant,vCPUs,Memory (MB)\nv1,Active,DC1,C1,,,Unit A,4,8192\n");
    let imported = import(&[devices, racks, vms]);
    assert_eq!(counts(&imported.report), (3, 3, 0, 1), "{:?}", imported.report.problems);
    let asset = &imported.ledger.assets[0];
    assert_eq!((asset.model.as_str(), asset.kind), ("PowerEdge R640", AssetKind::PhysicalServer), "Type is the model");
    assert_eq!(asset.span, UnitSpan::new(5, 6), "U Height is the device's");
    assert_eq!(imported.ledger.racks[0].units, 47, "Height is the rack's");
    assert_eq!(imported.ledger.vms[0].owning_unit, "Unit A", "and its machines");
}

#[test]
fn a_position_may_name_its_rack() {
    let text = "机房,位置,资源类型,品牌型号,序列号\n\
                一区,A03-12U,存储,岭云 S1,X1\n\
                一区,A03-12-15U,存储,华为 OceanStor 5310,X2\n\
                一区,Ａ-04 / 2－3Ｕ,机架式服务器,Dell R740,X3\n\
                一区,B05柜 7U,光纤交换机,H3C S6800,X4\n\
                一区,靠窗,存储,S1,X5\n";
    let imported = import(&[csv(text)]);
    assert_eq!(counts(&imported.report), (5, 4, 1, 3), "{:?}", imported.report.problems);
    let racks: Vec<&str> = imported.ledger.racks.iter().map(|rack| rack.name.as_str()).collect();
    assert_eq!(racks, ["A03", "A-04", "B05"], "the rack is what stands before the units");
    let spans: Vec<_> = imported.ledger.assets.iter().map(|asset| asset.span).collect();
    assert_eq!(spans, [UnitSpan::new(12, 12), UnitSpan::new(12, 15), UnitSpan::new(2, 3), UnitSpan::new(7, 7)]);
    let brands: Vec<_> =
        imported.ledger.assets.iter().map(|asset| (asset.brand.as_str(), asset.model.as_str())).collect();
    let expected = [("", "岭云 S1"), ("华为", "OceanStor 5310"), ("Dell", "R740"), ("H3C", "S6800")];
    assert_eq!(brands, expected, "a known brand is split off");

    let both = "机房,机柜,U位,资源类型,型号\n一区,A03,A03-12U,存储,S1\n一区,A04,A03-13U,存储,S1\n一区,A05,5、6,存储,S1\n一区,A05,9-10(后),存储,S1\n";
    let imported = import(&[csv(both)]);
    assert_eq!(listed(&imported.report), [(RowCode::BadPosition, vec![3])].into(), "it contradicts the rack beside it");
    assert_eq!(imported.ledger.assets[1].span, UnitSpan::new(5, 6), "one by one");
    assert_eq!(imported.ledger.assets[2].span, UnitSpan::new(9, 10), "with a remark");
}

#[test]
fn repeated_headings_and_sums_of_parts_are_no_rows() {
    let head = "机房,机柜,U位,资源类型,型号";
    let text = format!(
        "{head}\n一区,A01,1,存储,S1\n一区小计,,,,1\n{head}\n一区,A02,1,存储,S1\nA02合计：1台,,,,\n总 计,,,,2\n"
    );
    assert_eq!(counts(&import(&[csv(&text)]).report), (2, 2, 0, 2), "headings of the second page, and three sums");
}

#[test]
fn what_no_heading_tells_a_person_says() {
    let text = "柜子,格子,这是什么,叫什么,没用\nA01,1-2,盒子,S1,x\n";
    let error = read(&[csv(text)], &Mapping::default(), &mut ids_from(0)).expect_err("nobody knows these words");
    let ImportError::NoHeader { headings, text: said, .. } = error else { panic!("no heading row") };
    assert_eq!(headings, ["柜子", "格子", "这是什么", "叫什么", "没用"], "the headings to map");
    assert!(said.zh.contains("--map") && said.en.contains("--map"), "and how: {said:?}");

    let mut mapping = Mapping::default();
    (mapping.room, mapping.kind) = (Some("一区".to_owned()), Some(AssetKind::Storage));
    for one in ["柜子=rack", " 格 子 =position", "叫什么=model", "没用=ignore"] {
        mapping.set_from(one).expect(one);
    }
    let imported = read(&[csv(text)], &mapping, &mut ids_from(0)).expect("mapped");
    assert_sums(&imported.report);
    let asset = &imported.ledger.assets[0];
    assert_eq!((asset.kind, asset.span, asset.model.as_str()), (AssetKind::Storage, UnitSpan::new(1, 2), "S1"));
    assert_eq!(imported.ledger.rooms[0].name, "一区", "the room of all rows");
    let expected = [Some(Field::Rack), Some(Field::Position), None, Some(Field::Model), None];
    let seen: Vec<_> = imported.tables[0].columns.iter().map(|(_, field)| *field).collect();
    assert_eq!(seen, expected, "what each column was taken for");

    // A person's word is worth more than the heading's.
    let text = "机房,机柜,资源类型,型号,旧机柜\n一区,A01,存储,S1,B07\n";
    let mut mapping = Mapping::default();
    mapping.set_from("旧机柜=rack").expect("a mapping");
    let imported = read(&[csv(text)], &mapping, &mut ids_from(0)).expect("mapped");
    assert_eq!(imported.ledger.racks[0].name, "B07");
    for wrong in ["机柜", "=rack", "机柜=rak"] {
        assert!(Mapping::default().set_from(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn two_tables_of_one_sheet_are_both_read() {
    let text = "机房,机柜编号,机柜高度\n一区,A01,20\n,,\n机房,机柜,U位,资源类型,型号,序列号\n一区,A01,21,存储,S1,X1\n一区,A01,1,存储,S1,X2\n";
    let imported = import(&[csv(text)]);
    assert_eq!(counts(&imported.report), (3, 2, 1, 1), "a rack and two assets, one above it");
    assert_eq!(listed(&imported.report), [(RowCode::PositionOutsideRack, vec![5])].into(), "by the height given above");
    let kinds: Vec<_> = imported.tables.iter().map(|table| (table.kind, table.header_row, table.rows)).collect();
    assert_eq!(kinds, [(TableKind::Racks, 1, 1), (TableKind::Assets, 4, 2)]);
    // Below, behind a blank row, with other columns.
    let text = "机房,机柜,U位,资源类型,型号\n一区,A01,1,存储,S1\n\n机房,机柜编号,机柜高度\n一区,A01,20\n";
    assert_eq!(counts(&import(&[csv(text)]).report), (2, 2, 0, 1), "the rack list may stand below");
    // Two rows of headings are those of one table.
    let text = "机房,机柜,类型,型号,\n机房,机柜,类型,型号,U位\n一区,A01,存储,S1,1\n";
    let imported = import(&[csv(text)]);
    assert_eq!((counts(&imported.report), imported.tables.len()), ((1, 1, 0, 1), 1));
}

#[test]
fn formulas_that_failed_say_nothing_and_are_listed_where_they_should() {
    let text = "机房,机柜,U位,资源类型,品牌,型号,序列号,上架日期,数量,归属单位\n\
                一区,A01,1,存储,#N/A,S1,#N/A,2024-01-12,1,#REF!\n\
                一区,A01,#REF!,存储,岭云,S1,X2,2024-01-12,1,甲\n\
                一区,A01,3,存储,岭云,S1,X3,#VALUE!,1,甲\n\
                一区,A01,4,存储,岭云,S1,X4,,#DIV/0!,甲\n\
                一区,A01,5,#N/A,岭云,S1,X5,,1,甲\n\
                一区,A01,6,存储,#N/A,#N/A,X6,,1,甲\n";
    let imported = import(&[csv(text)]);
    assert_eq!(counts(&imported.report), (6, 2, 4, 1), "rows, imported, skipped, racks");
    let expected = [
        (RowCode::UnknownKind, vec![6]),
        (RowCode::BadPosition, vec![3]),
        (RowCode::NoModel, vec![7]),
        (RowCode::BadQuantity, vec![5]),
        (RowCode::NoSerial, vec![2]),
        (RowCode::BadDate, vec![4]),
    ];
    assert_eq!(listed(&imported.report), expected.into(), "each where it stands");
    let asset = &imported.ledger.assets[0];
    assert_eq!((asset.brand.as_str(), asset.serial.as_str(), asset.owning_unit.as_str()), ("", "", ""), "nothing");
}

#[test]
fn the_first_and_the_last_unit_may_have_columns_of_their_own() {
    let text = "机房,机柜,起始U位,结束U位,资源类型,型号,序列号\n一区,A01,1,4,存储,S1,X1\n一区,A01,8U,7U,存储,S1,X2\n\
                一区,A01,9,,存储,S1,X3\n一区,A01,10,上,存储,S1,X4\n一区,A01,41,43,存储,S1,X5\n";
    let imported = import(&[csv(text)]);
    let spans: Vec<_> = imported.ledger.assets.iter().map(|asset| asset.span).collect();
    assert_eq!(spans, [UnitSpan::new(1, 4), UnitSpan::new(7, 8), UnitSpan::new(9, 9)], "both ends");
    let expected = [(RowCode::BadPosition, vec![5]), (RowCode::PositionOutsideRack, vec![6])];
    assert_eq!(listed(&imported.report), expected.into());
    assert_eq!(imported.report.problems[0].column, "结束U位", "the column that is wrong");
}

#[test]
fn json_lines_and_custom_fields_are_read() {
    let lines = json(
        "{\"site\": \"S\", \"rack\": \"R1\", \"position\": 1, \"role\": \"Server\", \"device_type\": \"M\"}\n\
         {\"site\": \"S\", \"rack\": \"R1\", \"position\": 2, \"role\": \"Server\", \"device_type\": \"M\"}\n",
    );
    assert_eq!(counts(&import(&[lines]).report), (2, 2, 0, 1), "a list without its brackets");
    let answer = json(
        r#"{"count": 1, "results": [{"name": "n", "site": {"name": "S"}, "rack": {"name": "R1"}, "position": 3,
            "role": {"name": "Server"}, "device_type": {"model": "M"}, "status": {"value": "active"},
            "custom_fields": {"height": 2, "status": "在用", "上架日期": "2024-01-12", "face": null}}]}"#,
    );
    let asset = &import(&[answer]).ledger.assets[0];
    assert_eq!((asset.span, asset.status.as_str()), (UnitSpan::new(3, 4), "在用"), "a custom field comes first");
    assert_eq!(asset.mounted_on.map(|day| day.to_string()).as_deref(), Some("2024-01-12"), "by its words, too");
}

#[test]
fn sums_may_stand_in_any_column_and_footers_are_listed() {
    let text = "机房,机柜,U位,资源类型,型号,序列号,数量\n一区,A01,1,存储,S1,X1,1\n,,,,,合计,1\n共 1 台,,,,,,\n制表：张三,,,审核：李四,,,\n";
    let imported = import(&[csv(text)]);
    assert_eq!(counts(&imported.report), (2, 1, 1, 1), "two sums, and a footer that is neither blank nor a sum");
    assert!(imported.report.problems.iter().all(|problem| problem.row == 5), "the footer");
}

#[test]
fn pipes_separate_too() {
    let text = "机房|机柜|U位|资源类型|型号\n一区|A01|1-2|存储|S,1;2\n";
    let imported = import(&[csv(text)]);
    assert_eq!(imported.ledger.assets[0].model, "S,1;2");
}

#[test]
fn what_was_said_of_columns_is_remembered_for_the_same_headings() {
    let text = "柜子,格子,这是什么,叫什么,没用\nA01,1-2,存储,S1,x\n";
    let mut said = Mapping::default();
    said.room = Some("一区".to_owned());
    for one in ["柜子=rack", "格子=position", "这是什么=kind", "叫什么=model", "没用=ignore"] {
        said.set_from(one).expect(one);
    }
    let imported = read(&[csv(text)], &said, &mut ids_from(0)).expect("mapped");
    let table = &imported.tables[0];
    let columns = said.to_remember(table).expect("something was said");
    assert_eq!(columns.len(), 5, "also what is not wanted");

    let mut mapping = Mapping::default();
    mapping.room.clone_from(&said.room);
    let headings: Vec<&str> = table.columns.iter().map(|(heading, _)| heading.as_str()).collect();
    mapping.remember(headings.iter().copied(), columns.iter().map(|(heading, field)| (heading.as_str(), *field)));
    let other_order = "没用,叫什么,这是 什么,格子*,柜子（号）\nx,S2,存储,3,A02\n";
    let again = read(&[csv(other_order)], &mapping, &mut ids_from(0)).expect("the same headings in another order");
    assert_eq!((again.ledger.assets[0].model.as_str(), again.ledger.assets[0].span), ("S2", UnitSpan::new(3, 3)));
    assert_eq!(mapping.to_remember(&again.tables[0]), None, "nothing new was said");
    let one_more = "没用,叫什么,这是什么,格子,柜子,又一列\nx,S2,存储,3,A02,y\n";
    let error = read(&[csv(one_more)], &mapping, &mut ids_from(0)).expect_err("other headings are another set");
    assert!(matches!(error, ImportError::NoHeader { .. }), "{error}");
    // What is said now comes before what was said then.
    mapping.set_from("叫什么=brand").expect("a mapping");
    let now = read(&[csv(text)], &mapping, &mut ids_from(0)).expect("mapped");
    assert_eq!((now.ledger.assets[0].brand.as_str(), now.ledger.assets[0].model.as_str()), ("S1", ""));
}
