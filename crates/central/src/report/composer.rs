//! Putting a report together: numbers chapters, sections, annexes and tables, so that PDF and workbook name them alike.

use xunjian_domain::{
    hash::Sha256,
    report::{Block, Cell, Column, Document, Fact, Picture, Section, SignaturePlace, Table, Tone},
    time::TimestampMs,
};
use xunjian_proof::statement::PartyRef;

use super::words::{day_zh, stamp};
use crate::site::Site;

/// What stands on the title of a report.
pub(super) struct Title {
    /// `巡检报告`.
    pub title: &'static str,
    /// What it is about.
    pub subtitle: String,
    /// Its short name in the number: `XJBG-2026Q4`.
    pub code: String,
    /// Whether it has a cover.
    pub has_cover: bool,
    /// When it was counted.
    pub at: TimestampMs,
}

/// A column: heading, share of the width, whether it holds numbers.
pub(super) type Heading = (&'static str, u32, bool);

/// A report while it is put together.
pub(super) struct Composer {
    document: Document,
    chapters: u32,
    annexes: u8,
    sections: u32,
    tables: u32,
}

impl Composer {
    /// A report with nothing in it.
    pub fn new(site: &Site, parties: &[PartyRef], title: Title) -> Self {
        let root = &site.settings.root;
        let provider = parties.iter().find(|party| party.kind == xunjian_domain::party::PartyKind::Provider);
        let Title { title, subtitle, code, has_cover, at } = title;
        let document = Document {
            title: title.to_owned(),
            subtitle,
            site: root.name.clone(),
            issuer: provider.map_or_else(|| root.name.clone(), |party| party.name.clone()),
            day: day_zh(at.day_in_china()),
            number: format!("{}-{code}-{}", root.site.as_str().to_uppercase(), stamp(at)),
            has_cover,
            facts: Vec::new(),
            sections: Vec::new(),
        };
        Self { document, chapters: 0, annexes: 0, sections: 0, tables: 0 }
    }

    /// One more line of the cover.
    pub fn cover(&mut self, name: &str, value: impl Into<Cell>) {
        self.document.facts.push(Fact { name: name.to_owned(), value: value.into() });
    }

    /// 报告编号.
    pub fn number(&self) -> String {
        self.document.number.clone()
    }

    /// Begins a chapter.
    pub fn chapter(&mut self, heading: &str) {
        self.chapters += 1;
        self.sections = 0;
        self.begin(self.chapters.to_string(), 1, heading, false);
    }

    /// Begins a chapter on a page of its own.
    pub fn chapter_page(&mut self, heading: &str) {
        self.chapters += 1;
        self.sections = 0;
        self.begin(self.chapters.to_string(), 1, heading, true);
    }

    /// Begins an annex on a page of its own.
    pub fn annex(&mut self, heading: &str) {
        self.annexes += 1;
        self.sections = 0;
        self.begin(format!("附录 {}", self.annex_letter()), 1, heading, true);
    }

    /// Begins a section of the chapter or annex.
    pub fn section(&mut self, heading: &str) {
        self.sections += 1;
        let of = if self.annexes > 0 { self.annex_letter().to_string() } else { self.chapters.to_string() };
        self.begin(format!("{of}.{}", self.sections), 2, heading, false);
    }

    fn annex_letter(&self) -> char {
        char::from(b'A' + self.annexes.saturating_sub(1).min(25))
    }

    fn begin(&mut self, number: String, level: u8, heading: &str, starts_page: bool) {
        self.document.sections.push(Section {
            number,
            level,
            heading: heading.to_owned(),
            starts_page,
            blocks: Vec::new(),
        });
    }

    fn add(&mut self, block: Block) {
        if self.document.sections.is_empty() {
            self.chapter("概述");
        }
        if let Some(section) = self.document.sections.last_mut() {
            section.blocks.push(block);
        }
    }

    /// Running text.
    pub fn paragraph(&mut self, text: impl Into<String>) {
        self.add(Block::Paragraph { text: text.into(), tone: Tone::Plain });
    }

    /// A formula or a remark.
    pub fn remark(&mut self, text: impl Into<String>) {
        self.add(Block::Paragraph { text: text.into(), tone: Tone::Remark });
    }

    /// What a reader must not miss.
    pub fn warning(&mut self, text: impl Into<String>) {
        self.add(Block::Paragraph { text: text.into(), tone: Tone::Warning });
    }

    /// Names and values; those with an empty value are left out.
    pub fn facts(&mut self, facts: Vec<(&str, Cell)>) {
        let facts: Vec<Fact> = facts
            .into_iter()
            .filter(|(_, value)| *value != Cell::Text(String::new()))
            .map(|(name, value)| Fact { name: name.to_owned(), value })
            .collect();
        self.add(Block::Facts { facts });
    }

    /// A table.
    pub fn table(&mut self, title: &str, headings: &[Heading], rows: Vec<Vec<Cell>>, when_empty: &str) {
        self.any_table(title, headings, rows, false, when_empty);
    }

    /// A table whose last row sums up the others.
    pub fn sum_table(&mut self, title: &str, headings: &[Heading], rows: Vec<Vec<Cell>>, sum: Vec<Cell>) {
        let mut rows = rows;
        rows.push(sum);
        self.any_table(title, headings, rows, true, "");
    }

    /// A table whose columns are as wide as each other.
    pub fn wide_table(&mut self, title: &str, headings: &[(String, bool)], rows: Vec<Vec<Cell>>, when_empty: &str) {
        let columns = headings.iter().map(|(heading, is_number)| Column {
            heading: heading.clone(),
            parts: if *is_number { 2 } else { 4 },
            is_number: *is_number,
        });
        self.put_table(title, columns.collect(), rows, false, when_empty);
    }

    fn any_table(&mut self, title: &str, headings: &[Heading], rows: Vec<Vec<Cell>>, has_sum: bool, when_empty: &str) {
        let column = |(heading, parts, is_number): &Heading| Column {
            heading: (*heading).to_owned(),
            parts: *parts,
            is_number: *is_number,
        };
        self.put_table(title, headings.iter().map(column).collect(), rows, has_sum, when_empty);
    }

    fn put_table(&mut self, title: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>, has_sum: bool, when_empty: &str) {
        self.tables += 1;
        let (number, title, when_empty) = (self.tables, title.to_owned(), when_empty.to_owned());
        self.add(Block::Table(Table { number, title, columns, rows, has_sum, when_empty }));
    }

    /// Photos; nothing where there is none.
    pub fn photos(&mut self, photos: Vec<Picture>) {
        if !photos.is_empty() {
            self.add(Block::Photos { photos });
        }
    }

    /// What to type.
    pub fn commands(&mut self, lines: Vec<String>) {
        self.add(Block::Commands { lines });
    }

    /// 签署页 for these organisations.
    pub fn signatures(&mut self, places: Vec<SignaturePlace>) {
        self.add(Block::Signatures { places });
    }

    /// The report.
    pub fn finish(self) -> Document {
        self.document
    }
}

/// A hash.
pub(super) fn hash(sha256: &Sha256) -> Cell {
    Cell::Code(sha256.to_hex())
}

/// The first twelve digits of a hash: enough to find it in the console.
pub(super) fn short(sha256: &str) -> Cell {
    Cell::Code(sha256.chars().take(12).collect())
}
