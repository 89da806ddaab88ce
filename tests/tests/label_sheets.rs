//! Sheets of labels as a printer gets them: every label of a long run is read at the resolutions of label printers, by zbar and
//! by the product's own decoder.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tempfile::TempDir;
use xunjian_domain::label_sheet::Sheet;
use xunjian_tests::{
    Story, StoryOptions,
    papers::{fonts_of, pages_of, words_of, zbar_reads},
};

/// A site with ten racks of twenty servers, and nobody in it yet.
fn story(folder: &Path) -> Story {
    let mut rows = String::from("机房,机柜编号,U位,资源类型,名称,品牌,型号,序列号,数量,归属单位\n");
    for (rack, unit) in (1..=10).flat_map(|rack| (1..=20).map(move |unit| (rack, unit))) {
        let unit_name = if unit % 7 == 0 {
            "云山市交通运输局（综合执法支队直属大队）"
        } else {
            "云山市档案馆"
        };
        let _ = writeln!(
            rows,
            "云山一号机房,A{rack:02},{unit},物理服务器,业务主机{rack:02}-{unit:02},木棉,MM6120 G3,SN{rack:02}{unit:02}X,1,{unit_name}"
        );
    }
    let ledger = folder.join("台账.csv");
    fs::write(&ledger, rows).unwrap();
    let options = StoryOptions { folder: folder.join("story"), ledgers: vec![ledger.clone()], is_told: false };
    let mut story = Story::new(options).unwrap();
    story.make_site().unwrap();
    story.central().args(["ledger", "import"]).args([&ledger]).json().unwrap();
    story
}

/// The cells of a page as pictures of their own, in the order of the sheet.
fn cut(page: &Path, sheet: &Sheet, dpi: u32, folder: &Path) -> Vec<PathBuf> {
    fs::create_dir_all(folder).unwrap();
    let picture = image::open(page).unwrap();
    let pixels = |hundredth_mm: u32| hundredth_mm * dpi / 2540;
    let cell = |place: u32| {
        let (left, top) = sheet.corner(place);
        let one = picture.crop_imm(pixels(left), pixels(top), pixels(sheet.width), pixels(sheet.height));
        let file = folder.join(format!("{place:02}.png"));
        one.save(&file).unwrap();
        file
    };
    (0..sheet.labels_a_page()).map(cell).collect()
}

#[test]
fn every_label_of_a_long_run_is_read_at_the_resolutions_of_label_printers() {
    let folder = TempDir::new().unwrap();
    let story = story(folder.path());
    let (start, sheet) = (5, Sheet::A4_3X8);
    let pdf = folder.path().join("标签.pdf");
    let labels = story.central().args(["labels", "--all", "--sheet", "a4-3x8", "--start", "5", "--ruler", "--pdf"]);
    let printed = labels.args([&pdf]).json().unwrap();
    let payloads: Vec<String> = printed["labels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|label| label["payload"].as_str().unwrap().to_owned())
        .collect();
    assert!(payloads.len() >= 200, "a run of 200 labels: {}", payloads.len());
    let distinct: BTreeSet<&String> = payloads.iter().collect();
    assert_eq!(distinct.len(), payloads.len(), "each label is a print of its own");
    for dpi in [203, 300] {
        let pages = pages_of(&pdf, dpi, &folder.path().join(format!("pages-{dpi}"))).unwrap();
        let wanted_pages = 1 + (start - 1 + payloads.len()).div_ceil(24);
        assert_eq!(pages.len(), wanted_pages, "a ruler page, then 24 labels a page from the fifth place on");
        let mut cells = Vec::new();
        for (page, number) in pages[1..].iter().zip(0..) {
            cells.extend(cut(page, &sheet, dpi, &folder.path().join(format!("cells-{dpi}-{number}"))));
        }
        let cells = &cells[start - 1..start - 1 + payloads.len()];
        assert_eq!(zbar_reads(cells).unwrap(), payloads, "zbar at {dpi} dpi");
        let read = story.field().args(["--json", "scan"]).args(cells).text().unwrap();
        let ours: Vec<String> = read
            .lines()
            .map(|line| {
                serde_json::from_str::<Value>(line).unwrap()["codes"][0]["text"].as_str().unwrap_or("").to_owned()
            })
            .collect();
        assert_eq!(ours, payloads, "our decoder at {dpi} dpi");
    }
    let text = words_of(&pdf).unwrap();
    assert!(text.contains("100%（实际大小）") && text.contains("150mm"), "the ruler page says what to measure");
    for label in printed["labels"].as_array().unwrap() {
        let code = label["code"].as_str().unwrap();
        let (head, check) = code.rsplit_once('-').unwrap();
        assert!(text.contains(head) && text.contains(check), "the code for hand entry, {code}");
    }
    assert!(fonts_of(&pdf).unwrap().iter().all(|line| line.contains("yes yes yes")), "every font is embedded");
}

#[test]
fn a_rack_is_reprinted_on_each_paper_and_the_old_labels_are_revoked() {
    let folder = TempDir::new().unwrap();
    let story = story(folder.path());
    let pdf = folder.path().join("a.pdf");
    let print = |more: &[&str]| {
        story.central().args(["labels", "--racks", "--rack", "A01", "--pdf"]).args([&pdf]).args(more).json()
    };
    let mut before: BTreeSet<String> = BTreeSet::new();
    for (paper, sheet, copies) in [
        ("a4-2x7", Sheet::A4_2X7, 3),
        ("roll-50x30", Sheet::roll(5_000, 3_000), 2),
        ("64x40", Sheet::roll(6_400, 4_000), 1),
    ] {
        let printed = print(&["--sheet", paper, "--copies", &copies.to_string()]).unwrap();
        let labels = printed["labels"].as_array().unwrap();
        assert_eq!(labels.len(), 2, "front and rear");
        let titles: Vec<&str> = labels.iter().map(|label| label["title"].as_str().unwrap()).collect();
        assert_eq!(titles, ["A01 前门", "A01 后门"]);
        let payloads: Vec<String> =
            labels.iter().flat_map(|label| vec![label["payload"].as_str().unwrap().to_owned(); copies]).collect();
        for dpi in [203, 300] {
            let pages = pages_of(&pdf, dpi, &folder.path().join(format!("{paper}-{dpi}"))).unwrap();
            let cells: Vec<PathBuf> = pages
                .iter()
                .zip(0..)
                .flat_map(|(page, number)| {
                    cut(page, &sheet, dpi, &folder.path().join(format!("{paper}-{dpi}-{number}")))
                })
                .take(payloads.len())
                .collect();
            assert_eq!(zbar_reads(&cells).unwrap(), payloads, "{paper} at {dpi} dpi");
        }
        let now: BTreeSet<String> = payloads.into_iter().collect();
        assert!(now.is_disjoint(&before), "a reprint is a new print");
        before = now;
    }
    let connection = rusqlite::Connection::open(story.central_folder().join("central.db")).unwrap();
    let sql = "SELECT COUNT(*) FROM label_print WHERE replaced_by = ''";
    let counting: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    let sql = "SELECT COUNT(DISTINCT subject_id || side) FROM label_print";
    let places: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(counting, places, "one print counts for each place");
    let refused = print(&["--sheet", "a4-3x8", "--start", "25"]).unwrap_err().to_string();
    assert!(refused.contains("起始标签应在 1 至 24 之间"), "{refused}");
    let refused = print(&["--sheet", "30x40"]).unwrap_err().to_string();
    assert!(refused.contains("标签太窄"), "{refused}");
    let again: i64 =
        connection.query_row("SELECT COUNT(*) FROM label_print WHERE replaced_by = ''", [], |row| row.get(0)).unwrap();
    assert_eq!(again, counting, "what was not drawn replaces nothing");
}
