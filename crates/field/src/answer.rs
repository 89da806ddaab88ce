//! 作答: one line's result, checked against its inputs at once and on the disk before anyone is told.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use xunjian_domain::{
    decimal::Decimal,
    ids::{CheckKey, CriterionKey},
    outcome::Outcome,
    plan::{PlanLine, PlannedVisit},
    reading::{Quantity, Reading},
    subject::Subject,
    template::{Check, Criterion, Mode},
    text::Text,
    time::{ClockReading, TimestampMs},
    value::Value,
    visit::{CheckResult, NoPhoto, SealProblem, SealRule, seal_problems},
};

use crate::{
    Field,
    comparison::{self, Expected},
    draft::{Desk, DraftRef},
    error::FieldError,
    readings,
    store::{
        draft::{self, LineAnswer},
        package::PackageHead,
    },
    visit::{self, LineView},
};

/// Which line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(untagged)]
pub enum LineSelector {
    /// By its number.
    No {
        /// From 1.
        line: u32,
    },
    /// By what is asked of what.
    Of {
        /// What is asked.
        criterion: CriterionKey,
        /// Of what; may be left out where the visit asks it once.
        subject: Option<Subject>,
    },
}

/// One measured value as given; limits are the engine's business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewReading {
    /// What was measured; never the dew point.
    pub quantity: Quantity,
    /// Where.
    pub point: String,
    /// The value in the unit of the quantity.
    pub value: Decimal,
}

/// A value as given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub enum NewValue {
    /// Measured values; held against the site's limits here.
    Readings(Vec<NewReading>),
    /// Virtual machines counted online per owning unit; ordered and ledger numbers are added here.
    Online(Vec<(String, u32)>),
    /// Everything else.
    Plain(Value),
}

/// [`NewValue`] as the pages write it.
#[cfg(feature = "typescript")]
#[derive(ts_rs::TS)]
#[ts(rename = "NewValue", untagged)]
#[expect(dead_code, reason = "only its name and shape are read, by ts-rs")]
enum WrittenValue {
    Readings {
        #[ts(type = "\"readings\"")]
        r#type: (),
        readings: Vec<NewReading>,
    },
    Online {
        #[ts(type = "\"unit_counts\"")]
        r#type: (),
        units: Vec<WrittenCount>,
    },
    Plain(Value),
}

/// One row of [`WrittenValue::Online`].
#[cfg(feature = "typescript")]
#[derive(ts_rs::TS)]
#[ts(rename = "NewUnitCount")]
#[expect(dead_code, reason = "only its name and shape are read, by ts-rs")]
struct WrittenCount {
    owning_unit: String,
    online: u32,
}

impl TryFrom<serde_json::Value> for NewValue {
    type Error = String;

    fn try_from(json: serde_json::Value) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        struct Counted {
            owning_unit: String,
            online: u32,
        }
        fn list<T: serde::de::DeserializeOwned>(json: &serde_json::Value, field: &str) -> Result<Vec<T>, String> {
            let list = json.get(field).cloned().ok_or_else(|| format!("“{field}” is missing"))?;
            serde_json::from_value(list).map_err(|error| error.to_string())
        }
        match json.get("type").and_then(serde_json::Value::as_str) {
            Some("readings") => Ok(Self::Readings(list(&json, "readings")?)),
            Some("unit_counts") => {
                let units: Vec<Counted> = list(&json, "units")?;
                Ok(Self::Online(units.into_iter().map(|unit| (unit.owning_unit, unit.online)).collect()))
            }
            _ => serde_json::from_value(json).map(Self::Plain).map_err(|error| error.to_string()),
        }
    }
}

/// The result of one check as given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct NewCheck {
    /// Its key, `A.1-01.lamps`, or the part after the criterion, `lamps`.
    pub check: String,
    /// How it came out; nothing is preselected.
    pub outcome: Outcome,
    /// Why, for 不适用 and 未检.
    #[serde(default)]
    pub reason: String,
    /// What was recorded.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<WrittenValue>"))]
    pub value: Option<NewValue>,
}

/// The result of one line as given. Checks given before and not named here stay.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewAnswer {
    /// Which line.
    #[serde(flatten)]
    pub line: LineSelector,
    /// How it came out.
    pub outcome: Outcome,
    /// Its checks.
    #[serde(default)]
    pub checks: Vec<NewCheck>,
    /// Why, for 不适用 and 未检.
    #[serde(default)]
    pub reason: String,
    /// What else there is to say.
    #[serde(default)]
    pub note: String,
    /// Stands in for a photo that is due.
    #[serde(default)]
    pub no_photo: Option<NoPhoto>,
    /// Answered on site although the template says from a console. The other way round is refused.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// How long the line was open, where something measured it.
    #[serde(default)]
    pub spent_ms: Option<u64>,
}

/// What a check says of its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CheckReport {
    /// Which check.
    pub check: CheckKey,
    /// As given.
    pub outcome: Outcome,
    /// What the value suggests; a suggestion warns and never blocks.
    pub suggested: Option<Outcome>,
}

/// What an answer led to. It is on the disk when this is returned.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AnswerReport {
    /// The line.
    pub line: u32,
    /// What is asked.
    pub criterion: CriterionKey,
    /// The line's outcome; `None` while only checks were given.
    pub outcome: Option<Outcome>,
    /// The checks given now.
    pub checks: Vec<CheckReport>,
    /// What the person should look at again.
    pub warnings: Vec<Text>,
    /// What this line still lacks before the visit can be sealed.
    pub problems: Vec<SealProblem>,
    /// When it was stored.
    pub saved_at: TimestampMs,
    /// Lines answered so far.
    pub answered: usize,
    /// Lines of the visit.
    pub lines: usize,
    /// The line as it stands now.
    pub view: LineView,
}

impl Field {
    /// Stores one line's result.
    ///
    /// # Errors
    /// [`FieldError`] when line, check or value do not fit; nothing is stored then.
    pub fn record_result(&self, whose: DraftRef<'_>, answer: &NewAnswer) -> Result<AnswerReport, FieldError> {
        let now = self.now();
        let written = self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            let line = select(&desk, &answer.line)?;
            fail::fail_point!("answer.before_checks");
            let (checks, warnings) = put_checks(connection, &desk, line, &answer.checks, &now)?;
            fail::fail_point!("answer.after_checks");
            fail::fail_point!("answer.before_line");
            put_line(connection, &desk, line, answer, &now)?;
            fail::fail_point!("answer.after_line");
            desk.touch(connection, &now)?;
            let report = report(connection, &desk, line, Some(answer.outcome), checks, warnings, &now);
            fail::fail_point!("answer.before_commit");
            report
        });
        written.inspect(|_| fail::fail_point!("answer.after_commit"))
    }
}

/// The line meant.
pub(crate) fn select<'a>(desk: &'a Desk, selector: &LineSelector) -> Result<&'a PlanLine, FieldError> {
    match selector {
        LineSelector::No { line } => desk.layout.line(*line),
        LineSelector::Of { criterion, subject } => {
            let is_meant = |line: &&PlanLine| {
                line.criterion == *criterion && subject.as_ref().is_none_or(|subject| line.subject == *subject)
            };
            let mut found = desk.layout.visit.lines.iter().filter(is_meant);
            match (found.next(), found.next()) {
                (Some(line), None) => Ok(line),
                _ => Err(FieldError::UnknownLine(criterion.to_string())),
            }
        }
    }
}

fn find_check<'a>(criterion: &'a Criterion, wanted: &str) -> Result<&'a Check, FieldError> {
    let short =
        |check: &Check| check.key.as_str().strip_prefix(criterion.key.as_str()).map(|rest| rest[1..].to_owned());
    criterion
        .checks
        .iter()
        .find(|check| check.key.as_str() == wanted || short(check).as_deref() == Some(wanted))
        .ok_or_else(|| FieldError::UnknownCheck {
            wanted: wanted.to_owned(),
            known: criterion.checks.iter().map(|check| check.key.to_string()).collect(),
        })
}

/// Checks and stores the results of checks. Returns what their values suggest, and the warnings.
pub(crate) fn put_checks(
    connection: &Connection,
    desk: &Desk,
    line: &PlanLine,
    given: &[NewCheck],
    now: &ClockReading,
) -> Result<(Vec<CheckReport>, Vec<Text>), FieldError> {
    let criterion = desk.layout.criterion(&line.criterion)?;
    let (mut reports, mut warnings) = (Vec::new(), Vec::new());
    for new in given {
        let check = find_check(criterion, &new.check)?;
        let value = new.value.as_ref().map(|value| complete(connection, desk, line, check, value)).transpose()?;
        let suggested = value
            .as_ref()
            .map(|value| check.input.suggest(value, now.wall_ms.day_in_china()))
            .transpose()
            .map_err(|mismatch| FieldError::ValueRefused { label: check.label.clone(), mismatch })?;
        if let Some(value) = &value {
            warnings.extend(value_warnings(check, new.outcome, suggested, value));
        }
        let reason = new.reason.trim().to_owned();
        let result = CheckResult { check: check.key.clone(), outcome: new.outcome, reason, value };
        draft::put_check(connection, &desk.draft.id, line.no, &result, false)?;
        reports.push(CheckReport { check: check.key.clone(), outcome: new.outcome, suggested });
    }
    Ok((reports, warnings))
}

/// The value with what the engine adds: limits and dew point, ordered and ledger numbers.
fn complete(
    connection: &Connection,
    desk: &Desk,
    line: &PlanLine,
    check: &Check,
    value: &NewValue,
) -> Result<Value, FieldError> {
    match value {
        NewValue::Plain(value) => Ok(value.clone()),
        NewValue::Readings(given) => {
            let limits = PackageHead::require(connection)?.limits;
            Ok(Value::Readings { readings: readings::complete(&limits, given)? })
        }
        NewValue::Online(online) => {
            let no = desk.layout.round.ledger;
            let units = match comparison::expected(connection, no, &line.subject, &check.input)? {
                Some(Expected::Units { units }) => units,
                _ => Vec::new(),
            };
            Ok(Value::UnitCounts { units: comparison::with_online(units, online)? })
        }
    }
}

pub(crate) fn value_warnings(check: &Check, given: Outcome, suggested: Option<Outcome>, value: &Value) -> Vec<Text> {
    let mut warnings = Vec::new();
    if let Value::Readings { readings } = value {
        warnings.extend(readings.iter().filter(|reading| reading.is_out_of_limit()).map(out_of_limit));
    }
    if suggested == Some(Outcome::Abnormal) && given == Outcome::Normal {
        warnings.push(Text::new(
            format!("“{}”按所填内容应为异常，现填正常，请再确认", check.label.zh),
            format!("“{}” looks abnormal by its value, but normal was given: look again", check.label.en),
        ));
    }
    warnings
}

fn out_of_limit(reading: &Reading) -> Text {
    let unit = reading.quantity.unit();
    let (low, high, source) = reading
        .limit
        .as_ref()
        .map_or((None, None, ""), |limit| (limit.low.as_ref(), limit.high.as_ref(), limit.source.as_str()));
    let show = |bound: Option<&Decimal>| bound.map_or_else(|| "—".to_owned(), ToString::to_string);
    let range = format!("{}–{}", show(low), show(high));
    Text::new(
        format!("{}：{} {unit} 超出限值 {range} {unit}（{source}）", reading.point, reading.value),
        format!("{}: {} {unit} is outside {range} {unit} ({source})", reading.point, reading.value),
    )
}

fn put_line(
    connection: &Connection,
    desk: &Desk,
    line: &PlanLine,
    answer: &NewAnswer,
    now: &ClockReading,
) -> Result<(), FieldError> {
    let criterion = desk.layout.criterion(&line.criterion)?;
    let before = draft::line(connection, &desk.draft.id, line.no)?;
    let planned = desk.layout.mode(criterion, &line.subject);
    let mode = answer.mode.unwrap_or(planned);
    // The other way round is fine: whoever stands before the console may answer a remote line there.
    if planned == Mode::OnSite && mode == Mode::Remote {
        return Err(FieldError::RemoteOnSite);
    }
    let stored = LineAnswer {
        mode,
        outcome: answer.outcome,
        reason: answer.reason.trim().to_owned(),
        note: answer.note.trim().to_owned(),
        no_photo: answer.no_photo.clone(),
        answered: now.clone(),
        spent_ms: answer.spent_ms,
        bulk: false,
        edits: before.map_or(0, |before| before.edits + 1),
    };
    // What bulk filled and a hand then answered is the hand's.
    draft::keep_checks(connection, &desk.draft.id, line.no)?;
    draft::put_line(connection, &desk.draft.id, line.no, &stored)
}

pub(crate) fn report(
    connection: &Connection,
    desk: &Desk,
    line: &PlanLine,
    outcome: Option<Outcome>,
    checks: Vec<CheckReport>,
    warnings: Vec<Text>,
    now: &ClockReading,
) -> Result<AnswerReport, FieldError> {
    let (template, visit) = (&desk.layout.template, &desk.layout.visit);
    let view = visit::view_of_line(connection, desk, line)?;
    // The rules speak of each line by itself, so the others of a long visit need not be read.
    let alone = PlannedVisit {
        id: visit.id.clone(),
        kind: visit.kind,
        subject: visit.subject.clone(),
        title: visit.title.clone(),
        room: visit.room.clone(),
        lines: vec![line.clone()],
    };
    let mut problems = seal_problems(template, &alone, view.answer.as_slice(), &[], now.wall_ms.day_in_china());
    let of_line = |problem: &SealProblem| problem.line == Some(line.no);
    problems.extend(desk.follow_up_problems(connection)?.into_iter().filter(of_line));
    let is_told = |problem: &SealProblem| problem.rule != SealRule::LineMissing;
    Ok(AnswerReport {
        line: line.no,
        criterion: line.criterion.clone(),
        outcome,
        checks,
        warnings,
        problems: problems.into_iter().filter(is_told).collect(),
        saved_at: now.wall_ms,
        answered: draft::count_lines(connection, &desk.draft.id)?,
        lines: visit.lines.len(),
        view,
    })
}
