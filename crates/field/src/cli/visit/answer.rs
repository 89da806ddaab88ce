//! `visit answer` and `visit reading`.

use serde_json::json;
use xunjian_domain::{ids::CriterionKey, outcome::Outcome, reading::Quantity, subject::Subject, template::Mode};
use xunjian_field::{AnswerReport, LineSelector, NewAnswer, NewCheck, NewValue, PointReading};

use super::Desk;
use crate::cli::{
    arguments::{Answer, LineArguments, Reading},
    failure::Failure,
    output::{Output, say, warnings},
};

/// The line meant.
pub(super) fn line(desk: &Desk, arguments: &LineArguments) -> Result<LineSelector, Failure> {
    match (arguments.line, &arguments.criterion) {
        (Some(line), _) => Ok(LineSelector::No { line }),
        (None, Some(key)) => {
            let criterion = CriterionKey::new(key.as_str());
            let Some(wanted) = &arguments.subject else { return Ok(LineSelector::Of { criterion, subject: None }) };
            let view = desk.field.show_visit(&desk.visit, &desk.person)?;
            let of_subject = view.lines.iter().find(|line| line.subject.id == *wanted);
            let kind = of_subject
                .map(|line| line.subject.kind)
                .ok_or_else(|| Failure::input(format!("--subject {wanted}")))?;
            Ok(LineSelector::Of { criterion, subject: Some(Subject { kind, id: wanted.clone() }) })
        }
        (None, None) => Err(Failure::input("--line N | --criterion KEY")),
    }
}

fn outcome(text: &str) -> Result<Outcome, Failure> {
    serde_json::from_value(json!(text))
        .map_err(|_| Failure::input(format!("“{text}”: normal | abnormal | not_applicable | not_checked")))
}

/// `KEY=OUTCOME[:VALUE-JSON]`, or `KEY=OUTCOME:REASON` where the outcome needs a reason.
fn check(text: &str) -> Result<NewCheck, Failure> {
    let (key, rest) =
        text.split_once('=').ok_or_else(|| Failure::input(format!("--check {text}: KEY=OUTCOME[:JSON]")))?;
    let (word, more) = rest.split_once(':').map_or((rest, None), |(word, more)| (word, Some(more)));
    let outcome = outcome(word.trim())?;
    let (reason, json) = if outcome.needs_reason() { (more.unwrap_or_default(), None) } else { ("", more) };
    let value = json
        .map(|json| {
            serde_json::from_str::<NewValue>(json).map_err(|error| Failure::input(format!("--check {key}: {error}")))
        })
        .transpose()?;
    Ok(NewCheck { check: key.trim().to_owned(), outcome, reason: reason.to_owned(), value })
}

pub(super) fn answer(desk: &Desk, arguments: Answer) -> Result<Output, Failure> {
    if let Some(file) = &arguments.file {
        return answer_all(desk, file);
    }
    let answer = NewAnswer {
        line: line(desk, &arguments.line)?,
        outcome: arguments.outcome.ok_or_else(|| Failure::input("--outcome"))?.into(),
        checks: arguments.checks.iter().map(|text| check(text)).collect::<Result<_, _>>()?,
        reason: arguments.reason,
        note: arguments.note,
        no_photo: super::no_photo(arguments.no_photo, arguments.confirmed_by),
        mode: arguments.remote.then_some(Mode::Remote),
        spent_ms: None,
    };
    let report = desk.field.record_result(desk.draft(), &answer)?;
    let text = report_text(desk, &report);
    Output::new(&report, text)
}

/// Every answer of a file, each its own transaction; one that does not fit does not stop the others.
fn answer_all(desk: &Desk, file: &std::path::Path) -> Result<Output, Failure> {
    let json = std::fs::read_to_string(file)
        .map_err(|source| xunjian_field::FieldError::File { path: file.to_owned(), source })?;
    let document: serde_json::Value = serde_json::from_str(&json).map_err(Failure::input)?;
    let list = match document {
        serde_json::Value::Array(list) => list,
        one => vec![one],
    };
    let (mut reports, mut text, mut has_failed) = (Vec::new(), String::new(), false);
    for entry in list {
        let given = entry.clone();
        let result = serde_json::from_value::<NewAnswer>(entry)
            .map_err(Failure::input)
            .and_then(|answer| Ok(desk.field.record_result(desk.draft(), &answer)?));
        match result {
            Ok(report) => {
                text += &format!("{}\n", report_text(desk, &report));
                reports.push(json!(report));
            }
            Err(failure) => {
                has_failed = true;
                text += &format!("✗ {given}\n  {}\n", failure.0.text().get(desk.language));
                reports.push(json!({ "answer": given, "error": failure.json() }));
            }
        }
    }
    Ok(Output::new(&json!({ "answers": reports }), text)?.with_exit(u8::from(has_failed)))
}

pub(super) fn reading(desk: &Desk, arguments: Reading) -> Result<Output, Failure> {
    let values = [
        (Quantity::Temperature, arguments.temperature),
        (Quantity::RelativeHumidity, arguments.humidity),
        (Quantity::LoadPercent, arguments.load),
        (Quantity::BatteryPercent, arguments.battery),
        (Quantity::UsedPercent, arguments.used),
        (Quantity::CapacityTb, arguments.capacity),
    ];
    let values = values.into_iter().filter_map(|(quantity, value)| Some((quantity, value?))).collect();
    let reading = PointReading { point: arguments.point, values };
    let report = desk.field.record_reading(desk.draft(), &line(desk, &arguments.line)?, &reading)?;
    let text = report_text(desk, &report);
    Output::new(&report, text)
}

fn report_text(desk: &Desk, report: &AnswerReport) -> String {
    let outcome =
        report.outcome.map_or_else(|| say(desk.language, "尚未作答", "not answered yet"), |o| o.zh().to_owned());
    let mut text = say(
        desk.language,
        format!("第 {} 项 {outcome}，已存本机（{}/{}）", report.line, report.answered, report.lines),
        format!("Line {} {outcome}, stored ({}/{})", report.line, report.answered, report.lines),
    );
    text += &warnings(desk.language, &report.warnings);
    for problem in &report.problems {
        text += &format!("\n· {}", problem.message.get(desk.language));
    }
    text
}
