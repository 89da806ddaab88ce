//! What a person says of columns that no word tells: which heading means what, and what all rows have in common.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use xunjian_domain::{ledger::AssetKind, text::Text};

use super::{SeenTable, cell::tidy, cells::Cells, heading::heading_key, table::Sheet};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The name of an asset, virtual machine or rack.
    Name,
    /// The machine room.
    Room,
    /// A part of the room that racks of one name are told apart by (NetBox).
    Location,
    /// The rack.
    Rack,
    /// How many units the rack has.
    RackUnits,
    /// The units an asset fills, or the lowest of them; may name the rack too.
    Position,
    /// The highest of the units an asset fills, in a column of its own.
    PositionEnd,
    /// How many units an asset fills.
    Height,
    /// Front or rear.
    Face,
    /// The kind of asset or resource.
    Kind,
    /// The brand.
    Brand,
    /// The model; may begin with the brand.
    Model,
    /// The serial number.
    Serial,
    /// The owner's own number.
    AssetTag,
    /// How many.
    Quantity,
    /// 归属单位.
    OwningUnit,
    /// The resource order.
    OrderNo,
    /// 上架日期.
    MountedOn,
    /// The state as the ledger words it.
    Status,
    /// Remarks.
    Note,
    /// The cluster of a virtual machine.
    Cluster,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::Name,
        Self::Room,
        Self::Location,
        Self::Rack,
        Self::RackUnits,
        Self::Position,
        Self::PositionEnd,
        Self::Height,
        Self::Face,
        Self::Kind,
        Self::Brand,
        Self::Model,
        Self::Serial,
        Self::AssetTag,
        Self::Quantity,
        Self::OwningUnit,
        Self::OrderNo,
        Self::MountedOn,
        Self::Status,
        Self::Note,
        Self::Cluster,
    ];

    /// How commands, files and pages name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Room => "room",
            Self::Location => "location",
            Self::Rack => "rack",
            Self::RackUnits => "rack_units",
            Self::Position => "position",
            Self::PositionEnd => "position_end",
            Self::Height => "height",
            Self::Face => "face",
            Self::Kind => "kind",
            Self::Brand => "brand",
            Self::Model => "model",
            Self::Serial => "serial",
            Self::AssetTag => "asset_tag",
            Self::Quantity => "quantity",
            Self::OwningUnit => "owning_unit",
            Self::OrderNo => "order_no",
            Self::MountedOn => "mounted_on",
            Self::Status => "status",
            Self::Note => "note",
            Self::Cluster => "cluster",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A mapping that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.en)]
pub struct NotAMapping(pub Text);

impl FromStr for Field {
    type Err = NotAMapping;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|field| field.as_str() == text).ok_or_else(|| {
            let all: Vec<&str> = Self::ALL.iter().map(|field| field.as_str()).collect();
            NotAMapping(Text::new(
                format!("没有字段“{text}”。可用的字段：{}；不用的列写 ignore。", all.join("、")),
                format!(
                    "There is no field \"{text}\". Fields are {}; a column that is not wanted is ignore.",
                    all.join(", ")
                ),
            ))
        })
    }
}

/// Headings in the spelling of [`heading_key`], and what each means; `None` for one that is not wanted.
type Columns = BTreeMap<String, Option<Field>>;

/// The headings of a table, in no order: what a person said of its columns is remembered for all tables that have the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeadingSet(BTreeSet<String>);

impl HeadingSet {
    /// Of a row of headings; spaces, width and remarks in brackets do not count.
    pub fn of<'h>(headings: impl IntoIterator<Item = &'h str>) -> Self {
        Self(headings.into_iter().map(heading_key).filter(|heading| !heading.is_empty()).collect())
    }

    /// The headings as one text, sorted, a line each: the same for every spelling of the same set.
    #[must_use]
    pub fn as_text(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// What was said of one row of headings.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowMapping<'m> {
    said: &'m Columns,
    remembered: Option<&'m Columns>,
}

impl RowMapping<'_> {
    /// What is said of a heading: nothing, that it is not wanted, or what it means.
    pub(super) fn of(self, heading: &str) -> Option<Option<Field>> {
        if self.said.is_empty() && self.remembered.is_none() {
            return None;
        }
        let heading = heading_key(heading);
        self.said.get(&heading).or_else(|| self.remembered?.get(&heading)).copied()
    }
}

/// What a person says of the columns of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    headings: Columns,
    /// What was said of other files with the same headings.
    remembered: BTreeMap<HeadingSet, Columns>,
    /// The room of rows in tables without such a column; a workbook's sheet may name it too.
    pub room: Option<String>,
    /// The kind of assets in tables without such a column.
    pub kind: Option<AssetKind>,
}

/// Names that spreadsheet programs give to sheets.
const NAMELESS: [&str; 4] = ["SHEET", "工作表", "表", "TABLE"];

impl Mapping {
    /// Says what a heading means; `None` for a column that is not wanted. Spaces, width and remarks in brackets do not count.
    pub fn set(&mut self, heading: &str, field: Option<Field>) {
        self.headings.insert(heading_key(heading), field);
    }

    /// Takes `列名=field` or `列名=ignore`, as commands spell it.
    ///
    /// # Errors
    /// When the text has another form, or there is no such field.
    pub fn set_from(&mut self, text: &str) -> Result<(), NotAMapping> {
        let (heading, field) =
            text.rsplit_once('=').filter(|(heading, _)| !heading_key(heading).is_empty()).ok_or_else(|| {
                NotAMapping(Text::new(
                    format!("“{text}”应形如 列名=字段，例如 柜子=rack。"),
                    format!("\"{text}\" must look like HEADING=FIELD, such as Cab=rack."),
                ))
            })?;
        let field = if field == "ignore" { None } else { Some(field.parse()?) };
        self.set(heading, field);
        Ok(())
    }

    /// What was said, in the spelling that [`Self::set`] understands.
    pub fn said(&self) -> impl Iterator<Item = (&str, Option<Field>)> {
        self.headings.iter().map(|(heading, field)| (heading.as_str(), *field))
    }

    /// Takes what was said of an earlier file with these headings. What is said now comes first.
    pub fn remember<'h>(
        &mut self,
        headings: impl IntoIterator<Item = &'h str>,
        columns: impl IntoIterator<Item = (&'h str, Option<Field>)>,
    ) {
        let columns = columns.into_iter().map(|(heading, field)| (heading_key(heading), field)).collect();
        self.remembered.insert(HeadingSet::of(headings), columns);
    }

    /// What is to be remembered of a table: its columns of which something was said now or before. `None` when nothing was
    /// said now.
    #[must_use]
    pub fn to_remember(&self, table: &SeenTable) -> Option<Vec<(String, Option<Field>)>> {
        let headings = || table.columns.iter().map(|(heading, _)| heading.as_str());
        let is_new = headings().any(|heading| self.headings.contains_key(&heading_key(heading)));
        let remembered = self.remembered.get(&HeadingSet::of(headings()));
        let row = RowMapping { said: &self.headings, remembered };
        is_new.then(|| headings().filter_map(|heading| Some((heading.to_owned(), row.of(heading)?))).collect())
    }

    /// What is said of a row of headings.
    pub(super) fn of_row(&self, cells: &Cells) -> RowMapping<'_> {
        let remembered =
            if self.remembered.is_empty() { None } else { self.remembered.get(&HeadingSet::of(cells.iter())) };
        RowMapping { said: &self.headings, remembered }
    }

    /// The room of rows that name none: the one said, or the name a person gave to the sheet.
    pub(super) fn room_of(&self, sheet: &Sheet) -> Option<String> {
        self.room.clone().or_else(|| {
            let name = tidy(sheet.name.as_deref()?);
            let upper = name.to_uppercase();
            let rest = NAMELESS.iter().find_map(|word| upper.strip_prefix(word)).unwrap_or(&upper);
            (!rest.trim_matches(|c: char| c.is_ascii_digit() || c == ' ' || c == '_').is_empty()).then_some(name)
        })
    }
}
