//! The rows of the sheet, and the faults people leave in them.

use super::draw::Draw;

/// How a date stands in the sheet.
#[derive(Debug, Clone)]
pub(super) enum Mounted {
    /// Typed as text, in one spelling or another.
    Text(String),
    /// A true date cell.
    Cell(u32, u32, u32),
}

impl Mounted {
    /// A day of the year, in one of four spellings.
    pub(super) fn drawn(year: u32, draw: &mut Draw) -> Self {
        let (month, day) = (1 + draw.below(12), 1 + draw.below(28));
        match draw.below(4) {
            0 => Self::Text(format!("{year}/{month}/{day}")),
            1 => Self::Text(format!("{year}年{month}月{day}日")),
            2 => Self::Text(format!("{year}.{month:02}.{day:02}")),
            _ => Self::Cell(year, month, day),
        }
    }
}

/// One row of the ledger, every cell as it is typed.
#[derive(Debug, Clone)]
pub(super) struct AssetRow {
    pub(super) room: String,
    pub(super) rack: String,
    pub(super) position: String,
    pub(super) kind: String,
    pub(super) brand: String,
    pub(super) model: String,
    pub(super) serial: String,
    pub(super) quantity: String,
    pub(super) owning_unit: String,
    pub(super) order_no: String,
    pub(super) mounted: Mounted,
    pub(super) status: String,
    pub(super) note: String,
}

impl AssetRow {
    /// The cells as text, in the order of the headings.
    pub(super) fn cells(&self, number: usize) -> Vec<String> {
        let mounted = match &self.mounted {
            Mounted::Text(text) => text.clone(),
            Mounted::Cell(year, month, day) => format!("{year}-{month:02}-{day:02}"),
        };
        [
            &number.to_string(),
            &self.room,
            &self.rack,
            &self.position,
            &self.kind,
            &self.brand,
            &self.model,
            &self.serial,
            &self.quantity,
            &self.owning_unit,
            &self.order_no,
            &mounted,
            &self.status,
            &self.note,
        ]
        .map(String::clone)
        .to_vec()
    }
}

/// Spoils sound rows: spellings that import must see through, faults that it lists, and rows that it must leave out.
/// Orders were counted before, so no fault here makes an order wrong.
pub(super) fn plant_faults(rows: &mut Vec<AssetRow>, draw: &mut Draw) {
    for at in [7, 22, 41] {
        rows[at].rack = widened(&rows[at].rack);
    }
    for at in [3, 30, 50] {
        rows[at].owning_unit = format!(" {}\u{3000}", rows[at].owning_unit);
    }
    if let Some(row) = rows.iter_mut().skip(33).find(|row| row.position.contains('-')) {
        row.position = row.position.split('-').map(|end| format!("U{end}")).collect::<Vec<_>>().join("～");
    }
    for (at, nothing) in [(11, ""), (26, "无"), (44, ""), (58, "N/A")] {
        rows[at].serial = nothing.to_owned();
    }
    for (first, second) in [(5, 36), (19, 52)] {
        rows[second].serial = rows[first].serial.clone();
    }
    rows[18].mounted = Mounted::Text("去年年底".to_owned());

    let last_of = |rows: &[AssetRow], rack: &str| rows.iter().rposition(|row| row.rack == rack).unwrap_or_default();
    let mut plant = |rack: &str, spoil: &dyn Fn(&mut AssetRow)| {
        let at = last_of(rows, rack);
        let mut row = rows[at].clone();
        (row.kind, row.brand, row.model) = ("物理服务器".to_owned(), "岭云".to_owned(), "LY-R2280 V5".to_owned());
        row.serial = draw.serial();
        row.order_no = "待补".to_owned();
        row.position = "40-41".to_owned();
        spoil(&mut row);
        rows.insert(at + 1, row);
    };
    plant("A02", &|row| outside(row, "43-46"));
    plant("B03", &|row| outside(row, "41-44"));
    plant("A03", &|row| row.rack = "无".to_owned());
    plant("A04", &|row| row.kind = "视频终端".to_owned());
    plant("A05", &|row| row.position = "顶部".to_owned());
    plant("B01", &|row| row.position = "1月4日".to_owned());
    plant("B02", &|row| (row.brand, row.model) = (String::new(), "/".to_owned()));
    plant("B04", &|row| row.quantity = "0".to_owned());
    // The first asset of each rack starts at unit 3 or below, so the planted row overlaps it.
    plant("B05", &|row| row.position = "1-4".to_owned());
}

/// A backup device of four units above the top of the rack.
fn outside(row: &mut AssetRow, position: &str) {
    (row.kind, row.brand, row.model) = ("备份设备".to_owned(), "常备".to_owned(), "CB-Vault 1800".to_owned());
    row.position = position.to_owned();
}

/// Full-width letters and digits, as an input method leaves them.
fn widened(text: &str) -> String {
    text.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_graphic()).unwrap_or(c)).collect()
}
