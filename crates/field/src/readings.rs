//! 读数: measured values held against the site's limits, with the dew point computed beside them.

use xunjian_domain::{
    decimal::Decimal,
    outcome::Outcome,
    reading::{LimitProfile, Quantity, Reading, dew_point},
    value::{Input, Value},
    visit::CheckResult,
};

use crate::{
    Field,
    answer::{self, AnswerReport, CheckReport, LineSelector, NewReading},
    draft::DraftRef,
    error::FieldError,
    store::{draft, package::PackageHead},
};

/// The values measured at one point.
#[derive(Debug, Clone)]
pub struct PointReading {
    /// Where: `冷通道1`.
    pub point: String,
    /// Each quantity with its value, in its unit.
    pub values: Vec<(Quantity, Decimal)>,
}

impl Field {
    /// Stores the readings of one point. Points measured before stay; the same point again replaces its values.
    ///
    /// The check's outcome is what the limits say; the line's own outcome is still the inspector's to give.
    ///
    /// # Errors
    /// [`FieldError`] when the line takes no such reading or a value cannot be one.
    pub fn record_reading(
        &self,
        whose: DraftRef<'_>,
        line: &LineSelector,
        reading: &PointReading,
    ) -> Result<AnswerReport, FieldError> {
        let now = self.now();
        self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            let line = answer::select(&desk, line)?;
            let criterion = desk.layout.criterion(&line.criterion)?;
            let takes = |input: &Input| match input {
                Input::Readings { quantities, .. } => {
                    reading.values.iter().all(|(quantity, _)| quantities.contains(quantity))
                }
                _ => false,
            };
            let check = criterion
                .checks
                .iter()
                .find(|check| !reading.values.is_empty() && takes(&check.input))
                .ok_or(FieldError::NoReadings(line.no))?;
            let limits = PackageHead::require(connection)?.limits;
            let before = draft::checks(connection, &desk.draft.id)?
                .remove(&line.no)
                .unwrap_or_default()
                .into_iter()
                .find(|result| result.check == check.key)
                .and_then(|result| result.value);
            let given = merged(before, reading);
            let value = Value::Readings { readings: complete(&limits, &given)? };
            // A point may come in several steps (the load now, the battery later): only sealing wants it complete.
            let suggested = check.input.suggest(&value, now.wall_ms.day_in_china());
            if let Err(mismatch @ xunjian_domain::value::Mismatch::Implausible { .. }) = suggested {
                return Err(FieldError::ValueRefused { label: check.label.clone(), mismatch });
            }
            let is_out =
                matches!(&value, Value::Readings { readings } if readings.iter().any(Reading::is_out_of_limit));
            let outcome = if is_out { Outcome::Abnormal } else { Outcome::Normal };
            let warnings = answer::value_warnings(check, outcome, Some(outcome), &value);
            let result = CheckResult { check: check.key.clone(), outcome, reason: String::new(), value: Some(value) };
            draft::put_check(connection, &desk.draft.id, line.no, &result, false)?;
            desk.touch(connection, &now)?;
            let given_before = draft::line(connection, &desk.draft.id, line.no)?.map(|answer| answer.outcome);
            let checks = vec![CheckReport { check: check.key.clone(), outcome, suggested: suggested.ok() }];
            answer::report(connection, &desk, line, given_before, checks, warnings, &now)
        })
    }
}

fn merged(before: Option<Value>, reading: &PointReading) -> Vec<NewReading> {
    let mut given: Vec<NewReading> = match before {
        Some(Value::Readings { readings }) => readings
            .into_iter()
            .filter(|old| old.quantity != Quantity::DewPoint)
            .map(|old| NewReading { quantity: old.quantity, point: old.point, value: old.value })
            .collect(),
        _ => Vec::new(),
    };
    for (quantity, value) in &reading.values {
        given.retain(|old| (old.quantity, &old.point) != (*quantity, &reading.point));
        given.push(NewReading { quantity: *quantity, point: reading.point.clone(), value: value.clone() });
    }
    given
}

/// Readings with their limits, and the dew point of every point that has temperature and humidity.
pub(crate) fn complete(limits: &LimitProfile, given: &[NewReading]) -> Result<Vec<Reading>, FieldError> {
    if given.iter().any(|reading| reading.quantity == Quantity::DewPoint) {
        return Err(FieldError::DewPointTyped);
    }
    let mut readings: Vec<Reading> =
        given.iter().map(|new| Reading::against(limits, new.quantity, new.point.trim(), new.value.clone())).collect();
    let value_at = |quantity: Quantity, point: &str| {
        given.iter().find(|new| new.quantity == quantity && new.point.trim() == point).map(|new| &new.value)
    };
    let mut points: Vec<&str> = given.iter().map(|new| new.point.trim()).collect();
    points.sort_unstable();
    points.dedup();
    for point in points {
        let both = (value_at(Quantity::Temperature, point), value_at(Quantity::RelativeHumidity, point));
        if let (Some(temperature), Some(humidity)) = both
            && let Some(dew) = dew_point(temperature, humidity)
        {
            readings.push(Reading::against(limits, Quantity::DewPoint, point, dew));
        }
    }
    Ok(readings)
}
