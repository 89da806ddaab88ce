//! A visit as text and as JSON.

use xunjian_domain::text::Language;
use xunjian_field::VisitView;

use crate::cli::{
    failure::Failure,
    output::{Output, say, warnings},
};

pub(super) fn output(view: &VisitView, language: Language) -> Result<Output, Failure> {
    let mut text =
        format!("{} · {} · {}/{}\n{}\n", view.title, view.state.zh(), view.answered, view.lines.len(), view.id);
    let mut subject = "";
    for line in &view.lines {
        if line.subject.id != subject {
            subject = &line.subject.id;
            let position =
                if line.subject.position.is_empty() { String::new() } else { format!(" U{}", line.subject.position) };
            text += &format!("\n{}{position}\n", line.subject.name);
        }
        let answer = line.answer.as_ref().map_or("　　", |answer| answer.outcome.zh());
        let asked = say(language, &line.text, &line.english);
        text += &format!("{:>4} {answer} {} {asked}\n", line.no, line.criterion);
    }
    if !view.missing.is_empty() && view.started.is_some() {
        text += &say(
            language,
            format!("\n还差 {} 项：{:?}\n", view.missing.len(), view.missing),
            format!("\n{} lines missing: {:?}\n", view.missing.len(), view.missing),
        );
    }
    for must in &view.must_checks {
        let line = must.line.map(|no| format!(" {no}")).unwrap_or_default();
        let answer = must.follow_up.as_ref().map_or("", |answer| answer.note.as_str());
        let (id, what) = (&must.open.finding.id, &must.open.finding.description);
        text += &say(
            language,
            format!("\n上轮问题{line} {id} {what}：{answer}\n"),
            format!("\nOpen from an earlier round{line} {id} {what}: {answer}\n"),
        );
    }
    text += &warnings(language, &view.warnings);
    Output::new(view, text)
}
