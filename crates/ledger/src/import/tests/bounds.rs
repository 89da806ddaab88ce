//! Files that are small and claim or unpack to much are refused before they cost anything; honest ones are not.

use std::{fmt::Write as _, io::Write as _};

use xunjian_domain::text::Text;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{csv, ids_from, import};
use crate::import::{ImportError, Mapping, SourceFile, read};

const HEAD: [&str; 5] = ["机房", "机柜编号", "资源类型", "型号", "序列号"];

/// The parts of a workbook that has one sheet.
struct Book {
    workbook: String,
    targets: String,
    styles: String,
    texts: Vec<u8>,
    sheet: String,
    more: Vec<(&'static str, Vec<u8>)>,
}

/// A table of texts with this attribute, and these texts.
fn texts<'t>(claim: &str, texts: impl IntoIterator<Item = &'t str>) -> String {
    let texts: String = texts.into_iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
    format!("<?xml version=\"1.0\"?><sst count=\"4000000\" {claim}>{texts}</sst>")
}

fn row(number: u32, cells: &str) -> String {
    format!("<row r=\"{number}\">{cells}</row>")
}

fn cell(place: &str, text: usize) -> String {
    format!("<c r=\"{place}\" t=\"s\"><v>{text}</v></c>")
}

impl Book {
    /// A heading and one asset.
    fn of_one_asset() -> Self {
        let head: String = ["A1", "B1", "C1", "D1", "E1"].iter().enumerate().map(|(at, to)| cell(to, at)).collect();
        let asset: String = ["A2", "B2", "C2", "D2", "E2"].iter().zip(5..).map(|(to, at)| cell(to, at)).collect();
        let all = HEAD.into_iter().chain(["一区", "A01", "存储", "S1", "X1"]);
        Self {
            workbook: "<sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/>".into(),
            targets: target("worksheets/sheet1.xml"),
            styles: "<fonts><font/></fonts><cellXfs><xf numFmtId=\"0\"/></cellXfs>".into(),
            texts: texts("uniqueCount=\"10\"", all).into_bytes(),
            sheet: row(1, &head) + &row(2, &asset),
            more: Vec::new(),
        }
    }

    fn file(&self) -> SourceFile {
        const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let package = format!(
            "<Relationships><Relationship Id=\"r1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
        );
        let workbook = format!("<workbook><sheets>{}</sheets></workbook>", self.workbook);
        let targets = format!("<Relationships>{}</Relationships>", self.targets.replace("OFFICE", OFFICE));
        let styles = format!("<styleSheet>{}</styleSheet>", self.styles);
        let sheet =
            format!("<worksheet><dimension ref=\"A1:XFD1048576\"/><sheetData>{}</sheetData></worksheet>", self.sheet);
        let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let parts: [(&str, &[u8]); 6] = [
            ("_rels/.rels", package.as_bytes()),
            ("xl/workbook.xml", workbook.as_bytes()),
            ("xl/_rels/workbook.xml.rels", targets.as_bytes()),
            ("xl/styles.xml", styles.as_bytes()),
            ("xl/sharedStrings.xml", &self.texts),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ];
        for (name, content) in parts.into_iter().chain(self.more.iter().map(|(name, content)| (*name, &content[..]))) {
            writer.start_file(name, SimpleFileOptions::default()).expect("a new part");
            writer.write_all(content).expect("memory takes it");
        }
        let bytes = writer.finish().expect("a container").into_inner();
        SourceFile { name: "台账.xlsx".to_owned(), bytes }
    }
}

fn target(path: &str) -> String {
    format!("<Relationship Id=\"r1\" Type=\"OFFICE/worksheet\" Target=\"{path}\"/>")
}

fn refused(file: SourceFile) -> Text {
    match read(&[file], &Mapping::default(), &mut ids_from(0)) {
        Err(ImportError::Unreadable { text, .. }) => text,
        other => panic!("it should not be read: {other:?}"),
    }
}

fn refused_as_too_large(file: SourceFile) {
    let text = refused(file);
    assert!(text.zh.contains("远多于任何台账") && text.en.contains("far more than any ledger"), "{text:?}");
}

#[test]
fn an_honest_workbook_is_read_whatever_its_dimension_says() {
    let imported = import(&[Book::of_one_asset().file()]);
    assert_eq!(imported.ledger.assets.len(), 1, "a whole grid and four million uses are claimed, and cost nothing");
}

#[test]
fn a_workbook_that_claims_more_texts_than_it_has_bytes_is_refused_before_memory_is_set_aside() {
    let claims = [
        "uniqueCount=\"300000000000000000\"",
        "uniqueCount = '300000000000000000'",
        "xuniqueCount=\"1\"\n\tuniqueCount\n=\n\"0000300000000000000000\"",
        "uniqueCount=\"99999999999999999999999999\"",
        "uniqueCount=\"100000\"",
    ];
    for claim in claims {
        let mut book = Book::of_one_asset();
        book.texts = texts(claim, HEAD).into_bytes();
        refused_as_too_large(book.file());
        let wide = String::from_utf8(book.texts).expect("UTF-8").replace("1.0\"", "1.0\" encoding=\"UTF-16\"");
        book.texts = [0xff, 0xfe].into_iter().chain(wide.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        refused_as_too_large(book.file());
    }
}

#[test]
fn a_workbook_that_unpacks_to_more_than_any_ledger_is_refused() {
    let mut book = Book::of_one_asset();
    for name in ["xl/media/a.bin", "xl/media/b.bin"] {
        book.more.push((name, vec![b' '; 129 << 20]));
    }
    let file = book.file();
    assert!(file.bytes.len() < 1 << 20, "it is small: {}", file.bytes.len());
    refused_as_too_large(file);
}

#[test]
fn a_workbook_of_which_the_parser_would_keep_or_copy_too_much_is_refused() {
    let mut texts = Book::of_one_asset();
    texts.texts = format!("<sst>{}</sst>", "<x:si/>".repeat(2_000_001)).into_bytes();
    let mut formats = Book::of_one_asset();
    formats.styles = format!("<cellXfs>{}</cellXfs>", "<xf/>".repeat(200_001));
    let mut fonts = Book::of_one_asset();
    let font = format!("<fonts><font><name val=\"{}\"/></font></fonts>", "x".repeat(100_000));
    fonts.styles = format!("{font}<cellXfs>{}</cellXfs>", "<xf fontId=\"0\"/>".repeat(1_000));
    let mut sheets = Book::of_one_asset();
    sheets.workbook = sheets.workbook.repeat(1_025);
    let mut targets = Book::of_one_asset();
    targets.workbook = targets.workbook.repeat(1_000);
    targets.targets = target(&"x".repeat(100_000));
    for book in [texts, formats, fonts, sheets, targets] {
        refused_as_too_large(book.file());
    }
}

#[test]
fn cells_far_to_the_right_count_for_the_blank_ones_before_them() {
    let book = |rows: u32| {
        let mut book = Book::of_one_asset();
        for number in 3..3 + rows {
            write!(book.sheet, "{}", row(number, &cell(&format!("IV{number}"), 0))).expect("memory takes it");
        }
        book.file()
    };
    assert_eq!(import(&[book(100)]).ledger.assets.len(), 1, "a note far to the right is no harm");
    refused_as_too_large(book(20_000));
    let two = read(&[book(10_000), book(10_000)], &Mapping::default(), &mut ids_from(0));
    assert!(two.is_err_and(|error| error.text().en.contains("far more")), "all files share what may be kept");
}

#[test]
fn text_of_separators_alone_is_refused_and_blank_ends_cost_nothing() {
    let row = "一区,A01,存储,S1,X1";
    refused_as_too_large(csv(&",".repeat(4 << 20)));
    let head = HEAD.join(",");
    refused_as_too_large(csv(&format!("{head}\n{row}\n{}", (",".repeat(255) + "x\n").repeat(20_000))));
    refused_as_too_large(csv(&format!("{head}\n{row}\n{}", ",\n".repeat(4_000_000))));
    let padded = format!("{head}{}\n{row}\n{}", ",".repeat(2_000), (",".repeat(60) + "\n").repeat(100_000));
    assert_eq!(import(&[csv(&padded)]).ledger.assets.len(), 1, "formatting down to the last row is no cell");
    let tabs = format!("{head},备注\n{row},{}\n", "\t".repeat(20_000));
    assert_eq!(import(&[csv(&tabs)]).ledger.assets.len(), 1, "another separator may be anything");
}
