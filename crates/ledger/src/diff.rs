//! What two versions of a ledger differ in: what came, what went, what moved, and which fields changed.
//!
//! Lines are told apart by their ids, which live on over imports. Values are compared as people read them, so that a rack
//! that kept its name is no difference, whatever id it has.

mod sheets;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use xunjian_domain::{
    ledger::Ledger,
    text::{Language, Text},
};

pub use self::sheets::sheets_by_owner;
use crate::listing::{Cell, Field, Line, Listing, TableKind, listings};

/// Fields that say where something stands.
const PLACE: [Field; 5] = [Field::Room, Field::Rack, Field::Position, Field::Face, Field::Cluster];

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It stands elsewhere; other fields may have changed, too.
    Moved,
    /// It stands where it stood, and says something else.
    Changed,
}

impl ChangeKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Added, Self::Removed, Self::Moved, Self::Changed];

    /// How answers name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Moved => "moved",
            Self::Changed => "changed",
        }
    }

    /// How people name it.
    #[must_use]
    pub fn title(self) -> Text {
        match self {
            Self::Added => Text::new("新增", "added"),
            Self::Removed => Text::new("移除", "removed"),
            Self::Moved => Text::new("移位", "moved"),
            Self::Changed => Text::new("变更", "changed"),
        }
    }
}

/// One line that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The table it stands in.
    pub table: TableKind,
    /// What became of it.
    pub kind: ChangeKind,
    /// What the fields of a line are, in the order of its cells.
    pub columns: &'static [Field],
    /// As it was; `None` when it is new.
    pub before: Option<Line>,
    /// As it is; `None` when it is gone.
    pub after: Option<Line>,
    /// The fields that changed, if it was there and still is.
    pub fields: Vec<FieldChange>,
}

/// One field that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Which.
    pub field: Field,
    /// What it said.
    pub before: Cell,
    /// What it says.
    pub after: Cell,
}

/// The lines that differ: of each table first what is there now, in its order, then what is gone.
#[must_use]
pub fn diff(before: &Ledger, after: &Ledger) -> Vec<Change> {
    let tables = listings(before).into_iter().zip(listings(after));
    tables.flat_map(|(before, after)| diff_listing(before, after)).collect()
}

fn diff_listing(before: Listing, after: Listing) -> Vec<Change> {
    let (table, columns) = (after.kind, after.columns);
    let mut old: HashMap<(String, usize), (usize, Line)> =
        keyed(before.lines).enumerate().map(|(at, (key, line))| (key, (at, line))).collect();
    let mut changes = Vec::new();
    for (key, line) in keyed(after.lines) {
        let Some((_, was)) = old.remove(&key) else {
            changes.push(Change {
                table,
                kind: ChangeKind::Added,
                columns,
                before: None,
                after: Some(line),
                fields: Vec::new(),
            });
            continue;
        };
        let fields: Vec<FieldChange> = columns
            .iter()
            .zip(was.cells.iter().zip(&line.cells))
            .filter(|(_, (before, after))| before != after)
            .map(|(field, (before, after))| FieldChange { field: *field, before: before.clone(), after: after.clone() })
            .collect();
        if fields.is_empty() {
            continue;
        }
        let is_moved = fields.iter().any(|change| PLACE.contains(&change.field)) && table != TableKind::Racks;
        let kind = if is_moved { ChangeKind::Moved } else { ChangeKind::Changed };
        changes.push(Change { table, kind, columns, before: Some(was), after: Some(line), fields });
    }
    let mut gone: Vec<(usize, Line)> = old.into_values().collect();
    gone.sort_by_key(|(at, _)| *at);
    changes.extend(gone.into_iter().map(|(_, line)| Change {
        table,
        kind: ChangeKind::Removed,
        columns,
        before: Some(line),
        after: None,
        fields: Vec::new(),
    }));
    changes
}

/// Lines by their ids, and of those that share one by their order.
fn keyed(lines: Vec<Line>) -> impl Iterator<Item = ((String, usize), Line)> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    lines.into_iter().map(move |line| {
        let count = seen.entry(line.id.clone()).or_default();
        *count += 1;
        ((line.id.clone(), *count), line)
    })
}

impl Change {
    /// The line as it is, or as it was before it went.
    #[must_use]
    pub fn line(&self) -> Option<&Line> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// What a field of the line says; empty where the table has no such column.
    #[must_use]
    pub fn say(&self, field: Field, language: Language) -> String {
        say(self.columns, self.line(), field, language)
    }

    /// What people call the line: its name, or brand and model with the serial.
    #[must_use]
    pub fn title(&self, language: Language) -> String {
        let say = |field| self.say(field, language);
        match self.table {
            TableKind::Assets => {
                let what = [say(Field::Name), say(Field::Brand), say(Field::Model), say(Field::Serial)];
                what.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
            }
            TableKind::Racks => format!("{} {}", say(Field::Room), say(Field::Rack)),
            TableKind::VirtualMachines => say(Field::Name),
            TableKind::Orders => say(Field::OrderNo),
        }
    }

    /// One sentence for a person.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        let head = format!(
            "{}｜{}｜{}",
            self.kind.title().get(language),
            self.table.title().get(language),
            self.title(language)
        );
        let place = || {
            let place = [Field::Room, Field::Rack, Field::Position].map(|field| self.say(field, language));
            place.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        };
        if self.fields.is_empty() {
            return if self.table == TableKind::Assets { format!("{head}（{}）", place()) } else { head };
        }
        let fields: Vec<String> = self
            .fields
            .iter()
            .map(|change| {
                let or_nothing = |text: String| if text.is_empty() { "—".to_owned() } else { text };
                format!(
                    "{} {} → {}",
                    change.field.heading().get(language),
                    or_nothing(change.before.say(language)),
                    or_nothing(change.after.say(language))
                )
            })
            .collect();
        let separator = if language == Language::Zh { "；" } else { "; " };
        format!("{head}：{}", fields.join(separator))
    }
}

fn say(columns: &[Field], line: Option<&Line>, field: Field, language: Language) -> String {
    let at = columns.iter().position(|known| *known == field);
    at.zip(line).and_then(|(at, line)| line.cells.get(at)).map(|cell| cell.say(language)).unwrap_or_default()
}

/// How many lines of each kind.
#[must_use]
pub fn counts(changes: &[Change]) -> BTreeMap<ChangeKind, usize> {
    let mut counts: BTreeMap<ChangeKind, usize> = ChangeKind::ALL.into_iter().map(|kind| (kind, 0)).collect();
    for change in changes {
        *counts.entry(change.kind).or_default() += 1;
    }
    counts
}

/// The difference as the command prints it, with words in one language.
#[must_use]
pub fn to_json(changes: &[Change], language: Language) -> Value {
    let lines: Vec<Value> = changes
        .iter()
        .map(|change| {
            let fields: Vec<Value> = change
                .fields
                .iter()
                .map(|one| {
                    json!({ "field": one.field.as_str(), "before": one.before.say(language), "after": one.after.say(language) })
                })
                .collect();
            let line = change.line();
            json!({
                "table": change.table.as_str(),
                "change": change.kind.as_str(),
                "id": line.map_or("", |line| line.id.as_str()),
                "title": change.title(language),
                "owning_unit": line.map_or("", |line| line.owning_unit.as_str()),
                "fields": fields,
            })
        })
        .collect();
    let counts: serde_json::Map<String, Value> =
        counts(changes).into_iter().map(|(kind, count)| (kind.as_str().to_owned(), count.into())).collect();
    json!({ "counts": counts, "changes": lines })
}
