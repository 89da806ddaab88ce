//! How a criterion or check came out.

use serde::{Deserialize, Serialize};

/// 正常、异常、不适用、未检. Nothing is ever preselected; the last two need a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 正常.
    Normal,
    /// 异常: needs a text and a photo (or a reasoned 无法拍照).
    Abnormal,
    /// 不适用: needs a reason.
    NotApplicable,
    /// 未检: needs a reason.
    NotChecked,
}

impl Outcome {
    /// The Chinese word, as screens and reports print it.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Normal => "正常",
            Self::Abnormal => "异常",
            Self::NotApplicable => "不适用",
            Self::NotChecked => "未检",
        }
    }

    /// The worst of several outcomes, as a room shows a line that is answered per rack:
    /// 异常 over 未检 over 正常 over 不适用. `None` when there is none.
    #[must_use]
    pub fn worst(outcomes: impl IntoIterator<Item = Self>) -> Option<Self> {
        outcomes.into_iter().max_by_key(|outcome| match outcome {
            Self::Abnormal => 3,
            Self::NotChecked => 2,
            Self::Normal => 1,
            Self::NotApplicable => 0,
        })
    }

    /// Whether the outcome must carry a reason.
    #[must_use]
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::NotApplicable | Self::NotChecked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_shows_the_worst_of_its_racks() {
        use Outcome::{Abnormal, Normal, NotApplicable, NotChecked};
        assert_eq!(Outcome::worst([Normal, Abnormal, NotChecked]), Some(Abnormal));
        assert_eq!(Outcome::worst([Normal, NotChecked]), Some(NotChecked), "an unchecked rack is not a normal room");
        assert_eq!(Outcome::worst([NotApplicable, Normal]), Some(Normal));
        assert_eq!(Outcome::worst([]), None);
    }
}
