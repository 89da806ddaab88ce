//! 巡检完成率 (7.3.2 a): one formula, printed on every report. The standard prints none; this one is ours.

use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;

/// 巡检完成率 = (正常 + 异常 + accepted 不适用) ÷ 应检.
///
/// 不适用 counts only once a reviewer accepted it; 未检 never counts; 漏检 is what is due and has no result at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CompletionRate {
    /// 应检.
    pub due: u64,
    /// 正常.
    pub normal: u64,
    /// 异常.
    pub abnormal: u64,
    /// 不适用, all of them.
    pub not_applicable: u64,
    /// Those of `not_applicable` that a reviewer accepted.
    pub not_applicable_accepted: u64,
    /// 未检 (with a reason).
    pub not_checked: u64,
}

impl CompletionRate {
    /// The formula as reports print it.
    pub const FORMULA_ZH: &str = "巡检完成率 =（正常 + 异常 + 经复核认可的不适用）÷ 应检";

    /// Counts one line with a result.
    pub fn count(&mut self, outcome: Outcome, accepted: bool) {
        match outcome {
            Outcome::Normal => self.normal += 1,
            Outcome::Abnormal => self.abnormal += 1,
            Outcome::NotApplicable => {
                self.not_applicable += 1;
                self.not_applicable_accepted += u64::from(accepted);
            }
            Outcome::NotChecked => self.not_checked += 1,
        }
    }

    /// 漏检: due without any result.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.due.saturating_sub(self.normal + self.abnormal + self.not_applicable + self.not_checked)
    }

    /// Lines that count as done.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.normal + self.abnormal + self.not_applicable_accepted
    }

    /// The rate in percent with one decimal, rounded down so that 99.96 % never reads 100.0. `None` when nothing is due.
    #[must_use]
    pub fn percent(&self) -> Option<String> {
        let per_mille = (self.done() * 1000).checked_div(self.due)?;
        Some(format!("{}.{}", per_mille / 10, per_mille % 10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_applicable_counts_only_when_a_reviewer_accepted_it() {
        let mut rate = CompletionRate { due: 5, ..CompletionRate::default() };
        rate.count(Outcome::Normal, false);
        rate.count(Outcome::Abnormal, false);
        rate.count(Outcome::NotApplicable, false);
        rate.count(Outcome::NotChecked, false);
        assert_eq!((rate.done(), rate.missed()), (2, 1));
        assert_eq!(rate.percent().as_deref(), Some("40.0"));
        rate.not_applicable_accepted = 1;
        assert_eq!(rate.percent().as_deref(), Some("60.0"));
    }

    #[test]
    fn almost_complete_is_not_complete() {
        let rate = CompletionRate { due: 3000, normal: 2999, ..CompletionRate::default() };
        assert_eq!(rate.percent().as_deref(), Some("99.9"));
        assert_eq!(CompletionRate::default().percent(), None);
    }
}
