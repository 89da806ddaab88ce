//! 巡检计划: every criterion × subject due in a round, from a pinned ledger version; logged before anyone walks.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    hash::Sha256,
    ids::{CriterionKey, RoomId, VisitId},
    ledger::{Ledger, LedgerVersion, NewIds, SystemKind},
    outcome::Outcome,
    round::Round,
    subject::{Subject, SubjectKind},
    template::Template,
};

/// The unit of work an inspector walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum VisitKind {
    /// 机房.
    Room,
    /// 机柜.
    Rack,
    /// 集群.
    Cluster,
    /// 备份/存储系统.
    System,
}

impl VisitKind {
    /// The Chinese word.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Room => "机房",
            Self::Rack => "机柜",
            Self::Cluster => "集群",
            Self::System => "系统",
        }
    }
}

/// 应检: one criterion asked of one subject. Its number is its place in the visit, from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct PlanLine {
    /// From 1, in the order of walking.
    pub no: u32,
    /// What is asked.
    pub criterion: CriterionKey,
    /// Of what.
    pub subject: Subject,
}

/// One visit of a plan with its lines: a content-addressed document of its own, so that a terminal fetches what it walks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct PlannedVisit {
    /// The visit.
    pub id: VisitId,
    /// Its kind.
    pub kind: VisitKind,
    /// The room, rack, cluster or system visited.
    pub subject: Subject,
    /// For people: `广州一号机房 · A03`.
    pub title: String,
    /// The room it happens in; `None` for clusters, which are inspected from a console.
    pub room: Option<RoomId>,
    /// What is due.
    pub lines: Vec<PlanLine>,
}

/// Something a plan leaves out, with the reason; printed in every report of the round.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// The subject left out.
    pub subject: Subject,
    /// Why.
    pub reason: String,
}

/// Names one visit document of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct VisitRef {
    /// The visit.
    pub id: VisitId,
    /// Hash of the [`PlannedVisit`]'s canonical bytes.
    pub sha256: Sha256,
    /// How many lines it has.
    pub lines: u32,
}

/// Names a template inside plans and records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct TemplateVersion {
    /// Template id.
    pub id: String,
    /// Template version.
    pub version: u32,
    /// Hash of the template's canonical bytes.
    pub sha256: Sha256,
}

/// The plan as it is signed and logged: what is due, from which ledger, by which template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The round.
    pub round: Round,
    /// The pinned ledger.
    pub ledger: LedgerVersion,
    /// The template.
    pub template: TemplateVersion,
    /// Every visit with the hash of its lines, in the order of walking.
    pub visits: Vec<VisitRef>,
    /// Everything left out.
    pub exclusions: Vec<Exclusion>,
}

impl Plan {
    /// 应检 lines of the whole round.
    #[must_use]
    pub fn lines_due(&self) -> u64 {
        self.visits.iter().map(|visit| u64::from(visit.lines)).sum()
    }

    /// Whether `day` lies in the due window.
    #[must_use]
    pub fn is_due_on(&self, day: Date) -> bool {
        (self.round.due_from..=self.round.due_by).contains(&day)
    }
}

/// Derives the visits of a round: for each room its room visit and its rack visits, then systems, then clusters.
///
/// A visit gathers the criteria of its subjects (DESIGN §1): a rack visit those of the rack and of every asset in it,
/// bottom unit first. `is_excluded` subjects are left out; the caller lists them with a reason in the plan.
pub fn derive_visits(
    template: &Template,
    ledger: &Ledger,
    exclusions: &[Exclusion],
    ids: &mut impl NewIds,
) -> Vec<PlannedVisit> {
    let excluded: BTreeSet<&Subject> = exclusions.iter().map(|exclusion| &exclusion.subject).collect();
    let mut visits = Vec::new();
    let mut add = |kind, title: String, room: Option<RoomId>, subjects: Vec<Subject>| {
        let lines: Vec<PlanLine> = subjects
            .iter()
            .filter(|subject| !excluded.contains(subject))
            .flat_map(|subject| template.asked_of(subject.kind).map(move |(criterion, _)| (criterion, subject)))
            .zip(1..)
            .map(|((criterion, subject), no)| PlanLine {
                no,
                criterion: criterion.key.clone(),
                subject: subject.clone(),
            })
            .collect();
        if let (Some(subject), false) = (subjects.into_iter().next(), lines.is_empty()) {
            visits.push(PlannedVisit { id: VisitId::new(ids.new_id()), kind, subject, title, room, lines });
        }
    };
    for room in &ledger.rooms {
        let subject = Subject { kind: SubjectKind::Room, id: room.id.to_string() };
        add(VisitKind::Room, room.name.clone(), Some(room.id.clone()), vec![subject]);
        for rack in ledger.racks.iter().filter(|rack| rack.room == room.id) {
            let mut assets: Vec<_> = ledger.assets_in(&rack.id).collect();
            assets.sort_by_key(|asset| asset.span);
            let of_assets = assets
                .iter()
                .map(|asset| Subject { kind: SubjectKind::of_asset(asset.kind), id: asset.id.to_string() });
            let subjects = std::iter::once(Subject { kind: SubjectKind::Rack, id: rack.id.to_string() })
                .chain(of_assets)
                .collect();
            add(VisitKind::Rack, format!("{} · {}", room.name, rack.name), Some(room.id.clone()), subjects);
        }
        for system in ledger.systems.iter().filter(|system| system.room == room.id) {
            let kind = match system.kind {
                SystemKind::Backup => SubjectKind::BackupSystem,
                SystemKind::Storage => SubjectKind::StorageSystem,
            };
            let subject = Subject { kind, id: system.id.to_string() };
            add(VisitKind::System, format!("{} · {}", room.name, system.name), Some(room.id.clone()), vec![subject]);
        }
    }
    for cluster in &ledger.clusters {
        let subject = Subject { kind: SubjectKind::Cluster, id: cluster.id.to_string() };
        add(VisitKind::Cluster, cluster.name.clone(), None, vec![subject]);
    }
    visits
}

/// How a line of a room is shown that is answered per rack (A.2 rows 3 and 14): the worst of its racks.
#[must_use]
pub fn room_line(rack_outcomes: impl IntoIterator<Item = Outcome>) -> Option<Outcome> {
    Outcome::worst(rack_outcomes)
}
