//! The difference as a workbook: a summary, then a sheet for each 使用方, so that each gets what concerns it and no more.

use std::collections::BTreeMap;

use xunjian_domain::text::{Language, Text};

use super::{Change, ChangeKind, counts};
use crate::{
    export::{Book, ExportError},
    listing::{Cell, Field},
};

/// The difference, sorted by owning unit. What passed from one unit to another stands on the sheets of both.
///
/// # Errors
///
/// [`ExportError::TooLarge`] when a sheet cannot hold it.
pub fn sheets_by_owner(changes: &[Change], language: Language) -> Result<Vec<u8>, ExportError> {
    let mut owners: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        let before = change.before.as_ref().map(|line| line.owning_unit.as_str());
        let after = change.after.as_ref().map(|line| line.owning_unit.as_str());
        for owner in before.into_iter().chain(after.filter(|after| before != Some(after))) {
            owners.entry(owner).or_default().push(change);
        }
    }
    let say = |zh: &str, en: &str| Text::new(zh, en).get(language).to_owned();
    let nobody = say("（无归属单位）", "(no owning unit)");
    let name = |owner: &str| if owner.is_empty() { nobody.clone() } else { owner.to_owned() };
    let mut book = Book::new();
    let mut headings = vec![say("使用方", "Owning unit")];
    headings.extend(ChangeKind::ALL.map(|kind| kind.title().get(language).to_owned()));
    let summary = owners.iter().map(|(owner, of_owner)| {
        let counts = counts(&of_owner.iter().map(|change| (*change).clone()).collect::<Vec<_>>());
        let numbers = ChangeKind::ALL.map(|kind| Cell::Number(u32::try_from(counts[&kind]).unwrap_or(u32::MAX)));
        std::iter::once(Cell::Text(name(owner))).chain(numbers).collect()
    });
    book.add_sheet(&say("汇总", "Summary"), &headings, summary, language)?;
    let headings = [
        say("清单", "List"),
        say("变化", "Change"),
        say("对象", "Item"),
        say("订单编号", "Order no"),
        say("字段", "Field"),
        say("变更前", "Before"),
        say("变更后", "After"),
    ];
    for (owner, of_owner) in &owners {
        let lines = of_owner.iter().flat_map(|change| lines_of(change, language));
        book.add_sheet(&name(owner), &headings, lines, language)?;
    }
    book.into_bytes()
}

/// One line for each field that changed; of what came or went one for the place it has or had.
fn lines_of(change: &Change, language: Language) -> Vec<Vec<Cell>> {
    let head = || {
        vec![
            Cell::Word(change.table.title()),
            Cell::Word(change.kind.title()),
            Cell::Text(change.title(language)),
            Cell::Text(change.say(Field::OrderNo, language)),
        ]
    };
    let line = |field: Cell, before: Cell, after: Cell| {
        let mut line = head();
        line.extend([field, before, after]);
        line
    };
    if change.fields.is_empty() {
        let place =
            [Field::Room, Field::Rack, Field::Position, Field::Cluster].map(|field| change.say(field, language));
        let place = place.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let (place, nothing) = (Cell::Text(place), Cell::Text(String::new()));
        let (before, after) = if change.kind == ChangeKind::Removed { (place, nothing) } else { (nothing, place) };
        return vec![line(Cell::Word(Text::new("位置", "Place")), before, after)];
    }
    let fields = change.fields.iter();
    fields.map(|one| line(Cell::Word(one.field.heading()), one.before.clone(), one.after.clone())).collect()
}
