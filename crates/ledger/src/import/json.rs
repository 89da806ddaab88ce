//! JSON as rows of cells: a list of objects, an answer of NetBox's API, or an object with several lists.
//!
//! An object is a row and its members are cells. What NetBox nests is flattened to what its CSV import calls it: a
//! reference becomes its name, a choice its value, a device type its model, maker and height.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    budget::{Budget, Exceeded, WIDTH},
    table::{Sheet, SheetRow},
};

/// What members of an object may name it by, the likeliest first.
const NAMES: [&str; 6] = ["name", "value", "model", "display", "label", "slug"];

/// Why JSON was not read.
pub(super) enum NoRows {
    /// It is no JSON, or no list of objects.
    Broken(String),
    /// It holds more than any ledger.
    TooLarge,
}

impl From<Exceeded> for NoRows {
    fn from(_: Exceeded) -> Self {
        Self::TooLarge
    }
}

/// Whether a text begins as JSON does and CSV does not.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['[', '{'])
}

/// One sheet for each list of objects. Rows are numbered by their place in the list, from 1.
pub(super) fn sheets(text: &str, budget: &mut Budget) -> Result<Vec<Sheet>, NoRows> {
    let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    let mut values = values.map_err(|error| NoRows::Broken(error.to_string()))?;
    // Several values one after the other are a list without its brackets (JSON lines).
    let value = if values.len() > 1 { Value::Array(values) } else { values.pop().unwrap_or_default() };
    let lists: Vec<(Option<String>, Vec<Value>)> = match value {
        Value::Array(rows) => vec![(None, rows)],
        Value::Object(members) => members
            .into_iter()
            .filter_map(|(name, member)| match member {
                Value::Array(rows) => Some((if name == "results" { None } else { Some(name) }, rows)),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let mut sheets = Vec::new();
    for (name, rows) in lists.into_iter().filter(|(_, rows)| rows.iter().any(Value::is_object)) {
        sheets.push(sheet_of(name, rows, budget)?);
    }
    if sheets.is_empty() {
        return Err(NoRows::Broken("no list of objects".to_owned()));
    }
    Ok(sheets)
}

fn sheet_of(name: Option<String>, rows: Vec<Value>, budget: &mut Budget) -> Result<Sheet, Exceeded> {
    let rows: Vec<BTreeMap<String, String>> =
        rows.iter().map(|row| row.as_object().map(flat).unwrap_or_default()).collect();
    let mut headings: Vec<String> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for heading in rows.iter().flat_map(BTreeMap::keys) {
        if !places.contains_key(heading) && headings.len() < WIDTH {
            places.insert(heading.clone(), headings.len());
            headings.push(heading.clone());
        }
    }
    let width = headings.len();
    let mut sheet = Sheet { name, rows: vec![SheetRow { number: 0, cells: headings.iter().collect() }] };
    for (at, row) in rows.into_iter().enumerate() {
        budget.take_row()?;
        let mut cells = vec![String::new(); width];
        for (heading, text) in row {
            if let Some(cell) = places.get(&heading).and_then(|place| cells.get_mut(*place)) {
                budget.take_cell(1, &text)?;
                *cell = text;
            }
        }
        sheet.rows.push(SheetRow { number: u32::try_from(at + 1).unwrap_or(u32::MAX), cells: cells.iter().collect() });
    }
    Ok(sheet)
}

fn flat(row: &Map<String, Value>) -> BTreeMap<String, String> {
    let mut cells = BTreeMap::new();
    for (heading, value) in row {
        if let (Value::Object(device_type), "device_type") = (value, heading.as_str()) {
            for (member, of_row) in [("manufacturer", "manufacturer"), ("u_height", "height")] {
                if let Some(value) = device_type.get(member) {
                    cells.entry(of_row.to_owned()).or_insert_with(|| text_of(value));
                }
            }
            cells.insert(heading.clone(), device_type.get("model").map_or_else(|| text_of(value), text_of));
            continue;
        }
        if let (Value::Object(custom), "custom_fields") = (value, heading.as_str()) {
            cells.extend(custom.iter().map(|(name, value)| (format!("cf_{name}"), text_of(value))));
            continue;
        }
        cells.insert(heading.clone(), text_of(value));
    }
    // NetBox called the role so until version 3.6, and sends both for a while after.
    if let Some(role) = cells.remove("device_role")
        && cells.get("role").is_none_or(String::is_empty)
    {
        cells.insert("role".to_owned(), role);
    }
    cells
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text_of).collect::<Vec<_>>().join("、"),
        Value::Object(members) => NAMES.iter().find_map(|name| members.get(*name)).map(text_of).unwrap_or_default(),
    }
}
