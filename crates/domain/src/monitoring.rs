//! 监控: Annexes B and C over imported monitoring data (5.1.3.3–5.1.3.6, 5.4.2–5.4.4).
//!
//! A row of an imported file is a [`Sample`]. What several samples of one resource come to over a period is a [`Summary`].
//! [`out_of_range`] holds it against table B.1, [`candidates`] against table C.1, both with the numbers of one version of
//! the [`Thresholds`]. What comes out are suggestions with the rule that fired; nothing here, or anywhere, acts on them.
//!
//! It deliberately knows no files, and not which resource of the ledger a sample is of: `xunjian-ledger` reads and matches.

mod annex;
mod capacity;
mod limits;
mod reclaim;
mod sample;
mod statistics;
mod summary;
mod threshold;

pub use self::{
    annex::{AnnexNote, AnnexRow, Annexes, RowKey},
    capacity::{Capacity, CapacityBand, NotACapacity},
    limits::{Breach, RangeJudgement, Side, out_of_range},
    reclaim::{Candidate, ReclaimJudgement, Suggestion, candidates},
    sample::{Identity, MonitoredKind, PluginState, PowerState, Sample, Usage},
    statistics::{Statistic, Totals, UsageTotal, totals},
    summary::{OffDays, OffGround, Period, SpaceUsage, Summary},
    threshold::{BASELINE_VERSION, Change, Condition, Metric, ReclaimRule, ThresholdError, Thresholds, UsageLimit},
};

/// Places behind the point of what is computed from several values: what people read is what was compared.
pub const PLACES: u32 = 4;
