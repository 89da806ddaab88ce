//! Statistics by unit, kind and room: 总量、使用量、利用率 (5.4.2.2).

use std::collections::BTreeMap;

use serde::Serialize;
use xunjian_domain::{
    monitoring::{MonitoredKind, Summary, Totals, totals},
    text::{Language, Text},
};

use super::{count, judge::Judgement};

/// What resources are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// 归属单位.
    Unit,
    /// 资源类型.
    Kind,
    /// 机房; virtual machines stand in none, unless the file says one.
    Room,
}

impl GroupBy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unit, Self::Kind, Self::Room];

    /// For people.
    #[must_use]
    pub fn title(self) -> Text {
        match self {
            Self::Unit => Text::new("归属单位", "Owning unit"),
            Self::Kind => Text::new("资源类型", "Kind"),
            Self::Room => Text::new("机房", "Room"),
        }
    }
}

/// The statistics of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The unit, kind or room; empty where none is known.
    pub name: String,
    /// Resources that the ledger has of it.
    pub registered: u32,
    /// Resources of it with a value outside of table B.1.
    pub out_of_range: u32,
    /// Resources of it that a rule of table C.1 names.
    pub candidates: u32,
    /// What was measured.
    #[serde(flatten)]
    pub totals: Totals,
}

/// Groups what was judged, by name; what has no name comes last.
#[must_use]
pub fn by(judgement: &Judgement, by: GroupBy, language: Language) -> Vec<Group> {
    let kind_name = |kind: MonitoredKind| kind.title().get(language).to_owned();
    let name_of = |unit: &str, kind: MonitoredKind, room: &str| match by {
        GroupBy::Unit => unit.to_owned(),
        GroupBy::Kind => kind_name(kind),
        GroupBy::Room => room.to_owned(),
    };
    #[derive(Default)]
    struct Parts<'j> {
        registered: usize,
        out_of_range: usize,
        candidates: usize,
        summaries: Vec<&'j Summary>,
    }
    let mut groups: BTreeMap<(bool, String), Parts<'_>> = BTreeMap::new();
    for resource in &judgement.registered {
        let name = name_of(&resource.owning_unit, resource.kind, &resource.room);
        groups.entry((name.is_empty(), name)).or_default().registered += 1;
    }
    for (resource, summary) in judgement.resources.iter().zip(&judgement.summaries) {
        let name = name_of(&resource.owning_unit, resource.kind, &resource.room);
        let parts = groups.entry((name.is_empty(), name)).or_default();
        parts.out_of_range += usize::from(!resource.annex_b.breaches.is_empty());
        parts.candidates += usize::from(!resource.annex_c.candidates.is_empty());
        parts.summaries.push(summary);
    }
    let group = |((_, name), parts): ((bool, String), Parts<'_>)| Group {
        name,
        registered: count(parts.registered),
        out_of_range: count(parts.out_of_range),
        candidates: count(parts.candidates),
        totals: totals(parts.summaries),
    };
    groups.into_iter().map(group).collect()
}
