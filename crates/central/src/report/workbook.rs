//! The workbook beside the PDF: every table of the report as a sheet, its facts and texts as two more. Made of the same values.

use xunjian_domain::{
    report::{Block, Cell, Document},
    text::Language,
};
use xunjian_ledger::{
    export::{Book, ExportError},
    listing,
};

use crate::error::Error;

/// The workbook. The same report gives the same bytes.
///
/// # Errors
/// [`Error::Told`] when a sheet cannot hold it.
pub(super) fn xlsx(document: &Document) -> Result<Vec<u8>, Error> {
    let mut book = Book::new();
    let mut sheet = |name: &str, headings: &[String], lines: Vec<Vec<listing::Cell>>| {
        book.add_sheet(name, headings, lines, Language::Zh).map_err(|error| told(&error))
    };
    let headings = |words: &[&str]| -> Vec<String> { words.iter().map(|word| (*word).to_owned()).collect() };
    sheet("概况", &headings(&["章节", "项目", "内容"]), facts(document))?;
    sheet("说明", &headings(&["章节", "标题", "文字"]), texts(document))?;
    for table in document.tables() {
        let headings: Vec<String> = table.columns.iter().map(|column| column.heading.replace('\n', "")).collect();
        let lines = table.rows.iter().map(|row| row.iter().map(written).collect()).collect();
        sheet(&format!("表{} {}", table.number, table.title), &headings, lines)?;
    }
    book.into_bytes().map_err(|error| told(&error))
}

fn told(error: &ExportError) -> Error {
    let text = error.text();
    Error::told(text.zh, text.en)
}

fn text(words: impl Into<String>) -> listing::Cell {
    listing::Cell::Text(words.into())
}

/// Numbers stay numbers: people add them up.
fn written(cell: &Cell) -> listing::Cell {
    match cell {
        Cell::Text(words) | Cell::Code(words) => text(words),
        Cell::Number(number) => match u32::try_from(*number) {
            Ok(number) => listing::Cell::Number(number),
            Err(_) => text(number.to_string()),
        },
        Cell::Measure(value) => listing::Cell::Measure(value.clone()),
        Cell::Percent(share) => share.parse().map_or_else(|_| text(share), listing::Cell::Measure),
    }
}

fn facts(document: &Document) -> Vec<Vec<listing::Cell>> {
    let head = [("报告", &document.title), ("标题", &document.subtitle), ("报告编号", &document.number)];
    let head = head.into_iter().map(|(name, value)| vec![text("封面"), text(name), text(value)]);
    let cover = document.facts.iter().map(|fact| vec![text("封面"), text(&*fact.name), written(&fact.value)]);
    let inside = document.sections.iter().flat_map(|section| {
        let facts = section.blocks.iter().filter_map(|block| match block {
            Block::Facts { facts } => Some(facts),
            _ => None,
        });
        facts.flatten().map(|fact| vec![text(&*section.number), text(&*fact.name), written(&fact.value)])
    });
    head.chain(cover).chain(inside).collect()
}

fn texts(document: &Document) -> Vec<Vec<listing::Cell>> {
    let of_section = document.sections.iter().flat_map(|section| {
        let texts = section.blocks.iter().filter_map(|block| match block {
            Block::Paragraph { text, .. } => Some(text.clone()),
            Block::Commands { lines } => Some(lines.join("\n")),
            _ => None,
        });
        texts.map(|words| vec![text(&*section.number), text(&*section.heading), text(words)])
    });
    of_section.collect()
}
