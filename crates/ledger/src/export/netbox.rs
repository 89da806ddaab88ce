//! A ledger as the CSV files that NetBox imports: devices, racks, virtual machines.
//!
//! What NetBox has no column for stands in columns of custom fields (`cf_…`). NetBox knows a handful of states, and wants a
//! side for each position; what the ledger says itself stands in `cf_status` and `cf_face`, where `-` means nothing, and an
//! import of ours reads that instead. NetBox knows no orders: they are a file of their own, for our import alone.
//!
//! A cell that a spreadsheet program would compute begins with an apostrophe, which an import takes off again.

use csv::{QuoteStyle, Terminator, WriterBuilder};
use xunjian_domain::{
    ledger::{Face, Ledger},
    text::Language,
};

use super::{ExportError, file};
use crate::{
    import::{Field, SourceFile},
    listing::{Cell, Line, Listing, listings},
};

/// What a cell must not begin with in a file that a spreadsheet program may open, half and full width.
pub(crate) const COMPUTED: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// The mark of a text.
pub(crate) const TEXT_MARK: char = '\'';
/// What a custom field says when there is nothing, so that NetBox's own column is not read instead.
const NOTHING: &str = "-";

type Column = (&'static str, fn(&Cells<'_>) -> String);

const DEVICES: [Column; 19] = [
    ("role", |cells| cells.say(Field::Kind)),
    ("name", |cells| cells.say(Field::Name)),
    ("manufacturer", |cells| cells.say(Field::Brand)),
    ("device_type", |cells| cells.say(Field::Model)),
    ("serial", |cells| cells.say(Field::Serial)),
    ("asset_tag", |cells| cells.say(Field::AssetTag)),
    ("site", |cells| cells.say(Field::Room)),
    ("rack", |cells| cells.say(Field::Rack)),
    ("position", |cells| cells.units().map_or_else(String::new, |(low, _)| low.to_string())),
    ("face", |cells| cells.netbox_face()),
    ("status", |cells| cells.netbox_status()),
    ("tenant", |cells| cells.say(Field::OwningUnit)),
    ("comments", |cells| cells.say(Field::Note)),
    ("cf_height", |cells| cells.units().map_or_else(String::new, |(low, high)| (high - low + 1).to_string())),
    ("cf_face", |cells| {
        cells.or_nothing(cells.face().map_or("", |face| if face == Face::Front { "front" } else { "rear" }))
    }),
    ("cf_status", |cells| cells.or_nothing(&cells.say(Field::Status))),
    ("cf_quantity", |cells| cells.say(Field::Quantity)),
    ("cf_order_no", |cells| cells.say(Field::OrderNo)),
    ("cf_mounted_on", |cells| cells.say(Field::MountedOn)),
];
const RACKS: [Column; 4] = [
    ("status", |_| "active".to_owned()),
    ("site", |cells| cells.say(Field::Room)),
    ("name", |cells| cells.say(Field::Rack)),
    ("u_height", |cells| cells.say(Field::RackUnits)),
];
const MACHINES: [Column; 5] = [
    ("status", |cells| cells.netbox_status()),
    ("name", |cells| cells.say(Field::Name)),
    ("cluster", |cells| cells.say(Field::Cluster)),
    ("tenant", |cells| cells.say(Field::OwningUnit)),
    ("cf_status", |cells| cells.or_nothing(&cells.say(Field::Status))),
];
const ORDERS: [Column; 5] = [
    ("resource_kind", |cells| cells.say(Field::Kind)),
    ("order_no", |cells| cells.say(Field::OrderNo)),
    ("owning_unit", |cells| cells.say(Field::OwningUnit)),
    ("quantity", |cells| cells.say(Field::Quantity)),
    ("cluster", |cells| cells.say(Field::Cluster)),
];

/// Words of ledgers for the states that NetBox knows; any other word is `active`.
const STATES: [(&str, &[&str]); 6] = [
    ("offline", &["停用", "关机", "离线", "下线", "offline"]),
    ("inventory", &["备用", "闲置", "库存", "inventory"]),
    ("planned", &["计划", "拟上架", "planned"]),
    ("staged", &["待上线", "staged"]),
    ("failed", &["故障", "failed"]),
    ("decommissioning", &["报废", "退役", "拟下架", "decommissioning"]),
];

/// The ledger as files for NetBox: `devices.csv`, `racks.csv`, `virtual_machines.csv`, and `orders.csv` for our import. A
/// table without lines is left out, but racks are always there.
///
/// # Errors
///
/// [`ExportError::NotWritten`].
pub fn netbox(ledger: &Ledger) -> Result<Vec<SourceFile>, ExportError> {
    let [assets, racks, machines, orders] = listings(ledger);
    let tables: [(&str, &[Column], Listing); 4] = [
        ("devices.csv", &DEVICES, assets),
        ("racks.csv", &RACKS, racks),
        ("virtual_machines.csv", &MACHINES, machines),
        ("orders.csv", &ORDERS, orders),
    ];
    let mut files = Vec::new();
    for (name, columns, listing) in tables {
        if !listing.lines.is_empty() || name == "racks.csv" {
            files.push(file(name, table(columns, &listing).map_err(|why| ExportError::NotWritten(why.to_string()))?));
        }
    }
    Ok(files)
}

fn table(columns: &[Column], listing: &Listing) -> Result<Vec<u8>, csv::Error> {
    let mut writer =
        WriterBuilder::new().quote_style(QuoteStyle::Necessary).terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns.iter().map(|(heading, _)| heading))?;
    for line in &listing.lines {
        let cells = Cells { columns: listing.columns, line };
        writer.write_record(columns.iter().map(|(_, of)| marked(of(&cells))))?;
    }
    writer.into_inner().map_err(|why| std::io::Error::other(why.to_string()).into())
}

/// The text as a spreadsheet program shows it and does not compute it. A mark of its own is doubled.
fn marked(text: String) -> String {
    let is_computed = text.trim_start_matches(TEXT_MARK).starts_with(COMPUTED) && text != NOTHING;
    if is_computed { format!("{TEXT_MARK}{text}") } else { text }
}

/// One line, asked by fields.
struct Cells<'l> {
    columns: &'static [Field],
    line: &'l Line,
}

impl Cells<'_> {
    fn cell(&self, field: Field) -> Option<&Cell> {
        self.columns.iter().position(|known| *known == field).and_then(|at| self.line.cells.get(at))
    }

    /// Words of the trade are the Chinese ones of table A.1 in NetBox, too, but for the sides.
    fn say(&self, field: Field) -> String {
        self.cell(field).map(|cell| cell.say(Language::Zh)).unwrap_or_default()
    }

    fn or_nothing(&self, text: &str) -> String {
        if text.is_empty() { NOTHING.to_owned() } else { text.to_owned() }
    }

    /// Lowest and highest unit.
    fn units(&self) -> Option<(u16, u16)> {
        let span = self.say(Field::Position);
        let (low, high) = span.split_once('-').unwrap_or((&span, &span));
        Some((low.parse().ok()?, high.parse().ok()?))
    }

    fn face(&self) -> Option<Face> {
        match self.cell(Field::Face) {
            Some(Cell::Word(word)) if word.en == "Front" => Some(Face::Front),
            Some(Cell::Word(_)) => Some(Face::Rear),
            _ => None,
        }
    }

    /// NetBox takes no position without a side.
    fn netbox_face(&self) -> String {
        match (self.face(), self.units()) {
            (Some(Face::Rear), _) => "rear",
            (Some(Face::Front), _) | (None, Some(_)) => "front",
            (None, None) => "",
        }
        .to_owned()
    }

    fn netbox_status(&self) -> String {
        let word = self.say(Field::Status).to_lowercase();
        STATES.iter().find(|(_, words)| words.contains(&word.as_str())).map_or("active", |(state, _)| state).to_owned()
    }
}
