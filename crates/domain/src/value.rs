//! What a check records besides its outcome: the typed inputs of the template and the typed values of the record.
//! [`Value`] is frozen: part of the signed record.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{outcome::Outcome, reading::Quantity, reading::Reading, text::Text, time::kept_longer_than_months};

/// How a check is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Input {
    /// 正常 or 异常, nothing more.
    Judgement,
    /// One of a few states; some of them are abnormal.
    Choice {
        /// The states, in the order shown.
        options: Vec<ChoiceOption>,
    },
    /// A whole number of things; more than `abnormal_above` is abnormal.
    Count {
        /// What is counted: 条告警, 盏.
        unit: Text,
        /// The highest normal number; `None` when the number alone says nothing.
        abnormal_above: Option<u32>,
    },
    /// Measured values at one or more points, held against the site's limit profile.
    Readings {
        /// What is measured; each at every point.
        quantities: Vec<Quantity>,
        /// How many points at least.
        points: u32,
    },
    /// The date of the earliest footage that still plays; must be more than `months` calendar months back.
    EarliestFootage {
        /// Calendar months.
        months: u32,
    },
    /// Front and rear door of a rack: locked or not, each.
    Doors,
    /// Front and rear label of a rack: scanned and right, wrong, unreadable or missing, each.
    RackLabels,
    /// Where the asset stands against the ledger: position, quantity, brand, model.
    Reconciliation,
    /// Order, ledger and owning unit held against each other.
    OrderMatch,
    /// Virtual machines per owning unit: ordered, in the ledger, online.
    UnitCounts,
    /// Things with a place and an expiry date, such as extinguishers.
    Expiries,
    /// The entry register: is this visit's own entry there, how many entries are incomplete.
    Register,
    /// The posted contact list against the current one.
    Contacts,
}

/// One state of a [`Input::Choice`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ChoiceOption {
    /// Stored and signed.
    pub key: String,
    /// Shown.
    pub label: Text,
    /// Whether this state means 异常.
    pub abnormal: bool,
}

/// Whether a door is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DoorState {
    /// 已上锁.
    Locked,
    /// 未上锁.
    Unlocked,
    /// The rack has no door on this side.
    NoDoor,
}

/// How a rack label was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LabelState {
    /// Scanned, of this rack, and up to date.
    Right,
    /// There, but of another rack or with outdated text.
    Wrong,
    /// There, but cannot be scanned.
    Unreadable,
    /// 无标签.
    Missing,
}

/// Virtual machines of one owning unit on one cluster (A.1-08).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct UnitCount {
    /// 归属单位; empty for machines without one.
    pub owning_unit: String,
    /// By the orders; `None` when no orders were imported for the unit.
    pub ordered: Option<u32>,
    /// By the ledger.
    pub in_ledger: u32,
    /// Counted online.
    pub online: u32,
}

/// A thing with a place and an expiry date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Expiry {
    /// Where it stands.
    pub place: String,
    /// The last day it may be used.
    pub expires_on: Date,
}

/// What a check recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Value {
    /// For [`Input::Choice`].
    Choice {
        /// The key of the chosen state.
        key: String,
    },
    /// For [`Input::Count`].
    Count {
        /// The number counted.
        count: u32,
    },
    /// For [`Input::Readings`].
    Readings {
        /// Every quantity at every point.
        readings: Vec<Reading>,
    },
    /// For [`Input::EarliestFootage`].
    EarliestFootage {
        /// The day of the earliest footage that plays.
        on: Date,
    },
    /// For [`Input::Doors`].
    Doors {
        /// Front.
        front: DoorState,
        /// Rear.
        rear: DoorState,
    },
    /// For [`Input::RackLabels`].
    RackLabels {
        /// Front.
        front: LabelState,
        /// Rear.
        rear: LabelState,
    },
    /// For [`Input::Reconciliation`]: the verdicts stand in the record's reconciliation list.
    Reconciliation {
        /// The units counted in place.
        quantity: u32,
    },
    /// For [`Input::OrderMatch`].
    OrderMatch {
        /// The order exists and covers the asset.
        order_matches: bool,
        /// Ledger and order name the same owning unit.
        owner_matches: bool,
    },
    /// For [`Input::UnitCounts`].
    UnitCounts {
        /// One row an owning unit.
        units: Vec<UnitCount>,
    },
    /// For [`Input::Expiries`].
    Expiries {
        /// One row a thing.
        items: Vec<Expiry>,
    },
    /// For [`Input::Register`].
    Register {
        /// Whether this visit's own entry stands in the register.
        own_entry_found: bool,
        /// Entries of the page with a missing field.
        incomplete_entries: u32,
    },
    /// For [`Input::Contacts`].
    Contacts {
        /// Whether the list is posted where everyone sees it.
        posted: bool,
        /// Whether it is the current version.
        current: bool,
    },
}

/// A value that does not answer the check it was given for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The value is of another type than the input.
    #[error("the value does not fit the input of this check")]
    WrongType,
    /// The choice is none of the options.
    #[error("“{0}” is none of the states of this check")]
    UnknownChoice(String),
    /// Too few measured points, or a quantity missing at a point.
    #[error("a reading is missing: every quantity at each of at least {points} points")]
    TooFewReadings {
        /// Points wanted.
        points: u32,
    },
    /// A slip of the finger.
    #[error("{value} {unit} cannot be a reading; check the decimal point")]
    Implausible {
        /// As typed.
        value: String,
        /// Its unit.
        unit: &'static str,
    },
    /// A list that must have at least one row.
    #[error("the list is empty")]
    Empty,
}

impl Input {
    /// Whether a check with this input must carry a value when it is answered 正常 or 异常.
    #[must_use]
    pub fn takes_value(&self) -> bool {
        !matches!(self, Self::Judgement)
    }

    /// Whether “其余全部正常” may answer a line that asks this: never what is measured, dated or looked up, and of what is
    /// counted only where “normal” leaves no number but zero (A.1-02 “是否有告警”, docs/adr/0012).
    #[must_use]
    pub fn may_be_bulk(&self) -> bool {
        !matches!(
            self,
            Self::Count { abnormal_above: None | Some(1..), .. }
                | Self::Readings { .. }
                | Self::EarliestFootage { .. }
                | Self::UnitCounts
                | Self::Expiries
                | Self::Register
        )
    }

    /// Checks that `value` answers this input and says what it suggests. A suggestion warns; it never blocks.
    ///
    /// # Errors
    /// [`Mismatch`] when the value is of another type, incomplete or implausible.
    pub fn suggest(&self, value: &Value, visit_on: Date) -> Result<Outcome, Mismatch> {
        let abnormal = match (self, value) {
            (Self::Choice { options }, Value::Choice { key }) => {
                options
                    .iter()
                    .find(|option| &option.key == key)
                    .ok_or_else(|| Mismatch::UnknownChoice(key.clone()))?
                    .abnormal
            }
            (Self::Count { abnormal_above, .. }, Value::Count { count }) => {
                abnormal_above.is_some_and(|above| *count > above)
            }
            (Self::Readings { quantities, points }, Value::Readings { readings }) => {
                readings_are_out(quantities, *points, readings)?
            }
            (Self::EarliestFootage { months }, Value::EarliestFootage { on }) => {
                !kept_longer_than_months(*on, visit_on, i32::try_from(*months).unwrap_or(i32::MAX))
            }
            (Self::Doors, Value::Doors { front, rear }) => {
                [front, rear].iter().any(|door| **door == DoorState::Unlocked)
            }
            (Self::RackLabels, Value::RackLabels { front, rear }) => {
                [front, rear].iter().any(|label| **label != LabelState::Right)
            }
            (Self::Reconciliation, Value::Reconciliation { .. }) => false,
            (Self::OrderMatch, Value::OrderMatch { order_matches, owner_matches }) => {
                !(*order_matches && *owner_matches)
            }
            (Self::UnitCounts, Value::UnitCounts { units }) => {
                units.iter().any(|unit| unit.online != unit.ordered.unwrap_or(unit.in_ledger))
            }
            (Self::Expiries, Value::Expiries { items }) if items.is_empty() => return Err(Mismatch::Empty),
            (Self::Expiries, Value::Expiries { items }) => items.iter().any(|item| item.expires_on < visit_on),
            (Self::Register, Value::Register { own_entry_found, incomplete_entries }) => {
                !own_entry_found || *incomplete_entries > 0
            }
            (Self::Contacts, Value::Contacts { posted, current }) => !(*posted && *current),
            _ => return Err(Mismatch::WrongType),
        };
        Ok(if abnormal { Outcome::Abnormal } else { Outcome::Normal })
    }
}

fn readings_are_out(quantities: &[Quantity], points: u32, readings: &[Reading]) -> Result<bool, Mismatch> {
    let mut at: Vec<&str> = readings.iter().map(|reading| reading.point.as_str()).collect();
    at.sort_unstable();
    at.dedup();
    let complete = at.iter().all(|point| {
        quantities
            .iter()
            .all(|quantity| readings.iter().any(|reading| reading.quantity == *quantity && reading.point == *point))
    });
    if at.len() < points as usize || !complete {
        return Err(Mismatch::TooFewReadings { points });
    }
    if let Some(slip) = readings.iter().find(|reading| !reading.is_plausible()) {
        return Err(Mismatch::Implausible { value: slip.value.to_string(), unit: slip.quantity.unit() });
    }
    Ok(readings.iter().any(Reading::is_out_of_limit))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::reading::LimitProfile;

    const VISIT_ON: Date = date(2026, 11, 22);

    #[test]
    fn values_suggest_what_the_line_asks() {
        let input = |json: &str| serde_json::from_str::<Input>(json).unwrap();
        let value = |json: &str| serde_json::from_str::<Value>(json).unwrap();
        let footage = r#"{"type":"earliest_footage","months":3}"#;
        let cases = [
            (
                r#"{"type":"count","unit":{"zh":"条","en":"alarms"},"abnormal_above":0}"#,
                r#"{"type":"count","count":0}"#,
                Outcome::Normal,
            ),
            (
                r#"{"type":"count","unit":{"zh":"条","en":"alarms"},"abnormal_above":0}"#,
                r#"{"type":"count","count":2}"#,
                Outcome::Abnormal,
            ),
            (footage, r#"{"type":"earliest_footage","on":"2026-08-22"}"#, Outcome::Abnormal),
            (footage, r#"{"type":"earliest_footage","on":"2026-08-21"}"#, Outcome::Normal),
            (r#"{"type":"doors"}"#, r#"{"type":"doors","front":"locked","rear":"unlocked"}"#, Outcome::Abnormal),
            (r#"{"type":"doors"}"#, r#"{"type":"doors","front":"locked","rear":"no_door"}"#, Outcome::Normal),
            (
                r#"{"type":"expiries"}"#,
                r#"{"type":"expiries","items":[{"place":"东门","expires_on":"2026-11-21"}]}"#,
                Outcome::Abnormal,
            ),
            (
                r#"{"type":"unit_counts"}"#,
                r#"{"type":"unit_counts","units":[{"owning_unit":"市公安局","ordered":20,"in_ledger":20,"online":19}]}"#,
                Outcome::Abnormal,
            ),
            (
                r#"{"type":"unit_counts"}"#,
                r#"{"type":"unit_counts","units":[{"owning_unit":"市公安局","ordered":null,"in_ledger":20,"online":20}]}"#,
                Outcome::Normal,
            ),
        ];
        for (asked, answered, outcome) in cases {
            assert_eq!(input(asked).suggest(&value(answered), VISIT_ON), Ok(outcome), "{asked} answered {answered}");
        }
        assert_eq!(input(footage).suggest(&value(r#"{"type":"count","count":0}"#), VISIT_ON), Err(Mismatch::WrongType));
    }

    #[test]
    fn each_point_needs_each_quantity() {
        let input = Input::Readings { quantities: vec![Quantity::Temperature, Quantity::RelativeHumidity], points: 1 };
        let profile = LimitProfile::starting();
        let reading = |quantity, value: &str| Reading::against(&profile, quantity, "冷通道1", value.parse().unwrap());
        let only_t = Value::Readings { readings: vec![reading(Quantity::Temperature, "23.5")] };
        assert_eq!(input.suggest(&only_t, VISIT_ON), Err(Mismatch::TooFewReadings { points: 1 }));
        let both = Value::Readings {
            readings: vec![reading(Quantity::Temperature, "28.5"), reading(Quantity::RelativeHumidity, "45")],
        };
        assert_eq!(input.suggest(&both, VISIT_ON), Ok(Outcome::Abnormal), "28.5 ℃ is above 27 ℃");
    }
}
