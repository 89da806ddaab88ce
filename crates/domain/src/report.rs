//! The read model of reports: what the service hands to `xunjian-report`, and what it writes into the workbook beside it.
//!
//! One shape for every kind of report: chapters of paragraphs, facts, tables, photos and signatures. Both the PDF and the workbook
//! are made of the same values, so that no number of the one can differ from the other. What users wrote stands here as data and
//! is never read as markup. How it looks is decided by `xunjian-report` alone.

use serde::{Deserialize, Serialize};

use crate::{decimal::Decimal, hash::Sha256, time::TimestampMs};

/// Most photos of one PDF file; what is more goes into further volumes.
pub const MAX_PHOTOS_A_VOLUME: usize = 100;

/// One job of `xunjian-report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportJob {
    /// What tells this report from every other one; becomes the identifier inside the PDF.
    pub ident: String,
    /// When the numbers were counted; becomes the date inside the PDF.
    pub created_at: TimestampMs,
    /// What it says.
    pub document: Document,
    /// Where the photos it shows are.
    pub photos: Vec<PhotoFile>,
}

/// A photo as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoFile {
    /// What its bytes must hash to.
    pub sha256: Sha256,
    /// Where it lies on this machine; never printed.
    pub path: String,
}

/// A whole report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The kind of report: `巡检报告`.
    pub title: String,
    /// What it is about: `2026年第四季度全面巡检`.
    pub subtitle: String,
    /// The site.
    pub site: String,
    /// 编制单位.
    pub issuer: String,
    /// 编制日期, as it is printed.
    pub day: String,
    /// 报告编号.
    pub number: String,
    /// Whether it has a cover and a table of contents; what fits on a few sheets has a heading instead.
    pub has_cover: bool,
    /// What stands on the cover, or below the heading.
    pub facts: Vec<Fact>,
    /// Chapters and their sections, in order and numbered.
    pub sections: Vec<Section>,
}

/// A name with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// What it says.
    pub value: Cell,
}

/// A chapter (level 1) or a section of one (level 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// `1`, `1.2`, `附录 A`, `A.3`.
    pub number: String,
    /// 1 or 2.
    pub level: u8,
    /// Its heading.
    pub heading: String,
    /// Whether it begins on a page of its own.
    pub starts_page: bool,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// What a section is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Block {
    /// Running text.
    Paragraph {
        /// What it says.
        text: String,
        /// How it stands out.
        tone: Tone,
    },
    /// Names and values, two columns.
    Facts {
        /// In order.
        facts: Vec<Fact>,
    },
    /// A table whose head is repeated on every page.
    Table(Table),
    /// Photos with captions, two side by side.
    Photos {
        /// In order.
        photos: Vec<Picture>,
    },
    /// What to type, line by line.
    Commands {
        /// In order.
        lines: Vec<String>,
    },
    /// Places to sign at.
    Signatures {
        /// In order.
        places: Vec<SignaturePlace>,
    },
}

/// How a paragraph stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Running text.
    Plain,
    /// Smaller, for formulas and remarks.
    Remark,
    /// What a reader must not miss.
    Warning,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its number in the report.
    pub number: u32,
    /// Its caption, and the name of its sheet in the workbook.
    pub title: String,
    /// From left to right.
    pub columns: Vec<Column>,
    /// One cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// Whether the last row sums up the others.
    pub has_sum: bool,
    /// What is printed where there is no row.
    pub when_empty: String,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Its share of the width.
    pub parts: u32,
    /// Whether it holds numbers, which stand to the right.
    pub is_number: bool,
}

/// What a cell says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// A text; empty when there is nothing to say.
    Text(String),
    /// A hash or another word for machines, printed in letters of one width.
    Code(String),
    /// A count.
    Number(u64),
    /// A measured value.
    Measure(Decimal),
    /// A share in percent, with the decimals it was rounded to: `100.0`.
    Percent(String),
}

impl Cell {
    /// As it is printed.
    #[must_use]
    pub fn say(&self) -> String {
        match self {
            Self::Text(text) | Self::Code(text) | Self::Percent(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Measure(value) => value.to_string(),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// A photo in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// The photo.
    pub sha256: Sha256,
    /// What it shows.
    pub caption: String,
    /// Why it is not shown (masked evidence, not a picture, not here yet); empty where it is.
    pub withheld: String,
}

/// Where somebody signs on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignaturePlace {
    /// Whose: `服务方　云山云服务有限公司`.
    pub party: String,
    /// What they stand by.
    pub meaning: String,
}

impl Document {
    /// Every photo that is shown.
    pub fn shown(&self) -> impl Iterator<Item = &Picture> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        let photos = blocks.filter_map(|block| match block {
            Block::Photos { photos } => Some(photos),
            _ => None,
        });
        photos.flatten().filter(|photo| photo.withheld.is_empty())
    }

    /// Every table.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        blocks.filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
    }
}
