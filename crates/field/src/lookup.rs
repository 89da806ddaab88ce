//! 查标签: what a scanned or typed text names, before any visit was chosen. Nothing is recorded.
//!
//! A scan inside a visit is [`crate::label`]'s; both read labels with the same eyes.

use rusqlite::Connection;
use serde::Serialize;
use xunjian_domain::{
    ids::{AssetId, VisitId},
    label_code::LabelCode,
    subject::{Subject, SubjectKind},
    text::Text,
};
use xunjian_proof::{
    label::LabelPayload,
    record::{ScanSource, ScanVerdict},
};

use crate::{
    Field,
    comparison::{self, SubjectView},
    error::FieldError,
    label::{self, Identified},
    store::{
        ledger::{self, LedgerNo},
        package,
        person::Person,
    },
    today::{Standing, VisitState},
};

/// A visit to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct VisitName {
    /// The visit.
    pub id: VisitId,
    /// As the plan titles it.
    pub title: String,
    /// How far this person has come with it.
    pub state: VisitState,
}

/// What a text names.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LabelLookup {
    /// `right` for a label of this site that counts; it was compared with no place.
    pub verdict: ScanVerdict,
    /// What it names, as shown.
    pub subject: Option<SubjectView>,
    /// The visits of open rounds that go there; for an asset, those of its rack and of its system.
    pub visits: Vec<VisitName>,
    /// What to tell the person.
    pub message: Text,
}

impl Field {
    /// Looks up a label's text, or the code printed beside it. Any text has an answer.
    ///
    /// # Errors
    /// [`FieldError::NoPackage`].
    pub fn look_up(&self, text: &str, person: &Person) -> Result<LabelLookup, FieldError> {
        let text = text.trim();
        let is_code = LabelPayload::parse(text).is_err() && text.parse::<LabelCode>().is_ok();
        let source = if is_code { ScanSource::Typed } else { ScanSource::Camera };
        self.store.read(|connection| {
            let (verdict, subject) = match label::identify(connection, text, source)? {
                Identified::Nothing { verdict, .. } => (verdict, None),
                Identified::Print(print, _) if !print.replaced_by.is_empty() => {
                    (ScanVerdict::Revoked, Some(print.subject))
                }
                Identified::Print(print, _) => (ScanVerdict::Right, Some(print.subject)),
            };
            let mut found = LabelLookup { verdict, subject: None, visits: Vec::new(), message: message(verdict, "") };
            let Some(subject) = subject else { return Ok(found) };
            let standing = Standing::load(connection, person)?;
            let mut view = None;
            for id in package::open_round_ids(connection)? {
                let no = self.layouts.round(connection, &id)?.ledger;
                for place in places(connection, no, &subject)? {
                    for (id, title) in package::visits_by_subject(connection, &place)? {
                        if found.visits.iter().all(|visit| visit.id != id) {
                            found.visits.push(VisitName { state: standing.state(&id), id, title });
                        }
                    }
                }
                view = Some(comparison::subject_view(connection, no, &subject)?);
            }
            found.message = message(verdict, view.as_ref().map_or("", |view| view.name.as_str()));
            found.subject = view;
            Ok(found)
        })
    }
}

/// What is visited to see the subject: itself, or the rack and the system an asset is part of.
fn places(connection: &Connection, no: LedgerNo, subject: &Subject) -> Result<Vec<Subject>, FieldError> {
    if !subject.kind.is_asset() {
        return Ok(vec![subject.clone()]);
    }
    let id = AssetId::new(&*subject.id);
    let rack = ledger::asset(connection, no, &id)?.map(|asset| asset.rack.to_string());
    let rack = rack.map(|id| Subject { kind: SubjectKind::Rack, id });
    Ok(rack.into_iter().chain(ledger::systems_with(connection, no, &id)?).collect())
}

fn message(verdict: ScanVerdict, name: &str) -> Text {
    match verdict {
        ScanVerdict::Right => Text::new(format!("本站点标签：{name}"), format!("A label of this site: {name}")),
        ScanVerdict::Revoked => Text::new(
            format!("标签已作废（{name} 已换新标签），请撕下旧标签，扫描新标签"),
            format!("This label was replaced ({name} has a newer one): remove it and scan the new one"),
        ),
        ScanVerdict::Foreign => {
            Text::new("这是其他站点的标签，请扫描本站点的标签", "A label of another site: scan a label of this site")
        }
        ScanVerdict::Forged => Text::new(
            "标签签名不正确，不是本站点打印的，请拍照并报告管理员",
            "The label's signature is wrong: this site did not print it. Take a photo and tell the administrator",
        ),
        ScanVerdict::NotALabel => {
            Text::new("这不是巡检标签，也不是标签编码", "Neither an inspection label nor the code beside one")
        }
        _ => Text::new(
            "标签有效，但本机任务包里没有它所指的对象，联网后请重新拉取任务包",
            "The label is genuine, but the package here does not have what it names: pull again when online",
        ),
    }
}
