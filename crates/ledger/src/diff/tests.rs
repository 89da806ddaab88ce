//! Two versions side by side.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use xunjian_domain::{
    ledger::{Ledger, assign_identities},
    text::Language,
};

use super::{Change, ChangeKind, counts, diff, sheets_by_owner, to_json};
use crate::import::{Field, Mapping, SourceFile, TableKind, read};

fn ledger(text: &str, previous: Option<&Ledger>) -> Ledger {
    let file = SourceFile { name: "l.csv".to_owned(), bytes: text.as_bytes().to_vec() };
    let mut next = if previous.is_some() { 100 } else { 0 };
    let mut ids = || {
        next += 1;
        format!("id-{next}")
    };
    let mut ledger = read(&[file], &Mapping::default(), &mut ids).expect("readable").ledger;
    if let Some(previous) = previous {
        assign_identities(previous, &mut ledger);
    }
    ledger
}

const HEAD: &str = "机房,机柜,U位,资源类型,型号,序列号,归属单位,订单编号\n";

fn two_versions() -> (Ledger, Ledger) {
    let before = ledger(
        &format!(
            "{HEAD}一区,A01,1-2,存储,S1,X1,财政局,D1\n一区,A01,5,存储,S2,X2,财政局,D1\n一区,A01,7,存储,S3,X3,民政局,\n"
        ),
        None,
    );
    let after = ledger(
        &format!(
            "{HEAD}一区,A02,1-2,存储,S1,X1,财政局,D1\n一区,A01,5,存储,S2,X2,民政局,D2\n一区,A01,9,存储,S4,X4,公安局,\n"
        ),
        Some(&before),
    );
    (before, after)
}

#[test]
fn what_came_went_moved_and_changed_is_told_apart() {
    let (before, after) = two_versions();
    let changes = diff(&before, &after);
    let assets: Vec<&Change> = changes.iter().filter(|change| change.table == TableKind::Assets).collect();
    let kinds: Vec<(ChangeKind, String)> =
        assets.iter().map(|change| (change.kind, change.say(Field::Serial, Language::Zh))).collect();
    let expected = [
        (ChangeKind::Moved, "X1".to_owned()),
        (ChangeKind::Changed, "X2".to_owned()),
        (ChangeKind::Added, "X4".to_owned()),
        (ChangeKind::Removed, "X3".to_owned()),
    ];
    assert_eq!(kinds, expected, "each asset, by what became of it");
    assert_eq!(assets[0].sentence(Language::Zh), "移位｜设备台账｜S1 X1：机柜编号 A01 → A02");
    assert_eq!(
        assets[1].sentence(Language::En),
        "changed｜Assets｜S2 X2：Owning unit 财政局 → 民政局; Order no D1 → D2"
    );
    let racks: Vec<_> = changes.iter().filter(|change| change.table == TableKind::Racks).map(|one| one.kind).collect();
    assert_eq!(racks, [ChangeKind::Added], "the rack that it moved to is new");
    let all = counts(&changes);
    assert_eq!(ChangeKind::ALL.map(|kind| all[&kind]), [2, 1, 1, 1], "added, removed, moved, changed");
    let json = to_json(&changes, Language::Zh);
    assert_eq!(json["counts"]["moved"], 1);
    assert_eq!(json["changes"][1]["fields"][0]["field"], "owning_unit");
}

#[test]
fn a_version_does_not_differ_from_itself() {
    let (before, _) = two_versions();
    assert_eq!(diff(&before, &before), [], "nothing");
    let back: Vec<Change> = diff(&before, &Ledger::default());
    assert!(back.iter().all(|change| change.kind == ChangeKind::Removed) && back.len() == 4, "an empty one lacks all");
}

#[test]
fn each_owning_unit_gets_its_own_sheet() {
    let (before, after) = two_versions();
    let bytes = sheets_by_owner(&diff(&before, &after), Language::Zh).expect("it fits");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.as_slice())).expect("a workbook");
    let mut names = book.sheet_names();
    names.sort();
    assert_eq!(names, ["公安局", "民政局", "汇总", "财政局", "（无归属单位）"], "the rack is nobody's");
    let texts = |book: &mut Xlsx<_>, sheet: &str| -> Vec<Vec<String>> {
        let range = book.worksheet_range(sheet).expect("the sheet");
        range.rows().skip(1).map(|row| row.iter().skip(1).map(Data::to_string).collect()).collect()
    };
    let finance = texts(&mut book, "财政局");
    let expected = [
        ["设备台账", "移位", "S1 X1", "D1", "机柜编号", "A01", "A02"],
        ["设备台账", "变更", "S2 X2", "D2", "归属单位", "财政局", "民政局"],
        ["设备台账", "变更", "S2 X2", "D2", "订单编号", "D1", "D2"],
    ];
    assert_eq!(finance, expected, "what it had and lost is on its sheet");
    let civil = texts(&mut book, "民政局");
    let serials: Vec<&str> = civil.iter().map(|row| row[2].as_str()).collect();
    assert_eq!(serials, ["S2 X2", "S2 X2", "S3 X3"], "and on the sheet of the unit that got it");
    assert_eq!(texts(&mut book, "汇总").len(), 4, "one line a unit");
}
