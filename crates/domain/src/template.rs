//! 巡检项表: Annex A as versioned data.
//!
//! The baseline is 25 rows with 30 printed lines (A.1: 12, A.2: 18), each byte for byte with its hash. Annex A is
//! informative and says that items “可能存在差异”: a site may edit, and every deviation from the printed rows stays
//! visible ([`Template::deviations`]). Slips of the print stay as printed; our reading of them is a versioned note.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    hash::Sha256,
    ids::{CheckKey, CriterionKey},
    subject::SubjectKind,
    text::Text,
    value::Input,
};

/// The printed rows as shipped, version 1.
const ANNEX_A_V1: &str = include_str!("../templates/annex-a.v1.json");

/// A versioned list of criteria.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// `annex-a`, or a name of the site's own.
    pub id: String,
    /// Counts up with each change.
    pub version: u32,
    /// For people.
    pub title: Text,
    /// The document the printed lines come from.
    pub source: String,
    /// In printed order.
    pub criteria: Vec<Criterion>,
    /// 适用解读: how we read a line whose print slips or leaves room; referred to by key.
    pub notes: Vec<Note>,
}

/// 巡检内容: one printed line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// `A.1-03a`.
    pub key: CriterionKey,
    /// `A.1` or `A.2`.
    pub table: String,
    /// 序号.
    pub row: u32,
    /// 巡检类别, as printed.
    pub category: String,
    /// 巡检项, as printed.
    pub item: String,
    /// 巡检内容, as printed, byte for byte.
    pub text: String,
    /// SHA-256 of `text` in UTF-8.
    pub text_sha256: Sha256,
    /// Our English rendering; the Chinese text is the one that counts.
    pub english: String,
    /// What it is asked of, and how.
    pub scopes: Vec<Scope>,
    /// 检查点: what the line asks, one by one.
    pub checks: Vec<Check>,
    /// What must be attached.
    pub evidence: EvidenceRule,
    /// Keys of the notes that apply.
    pub notes: Vec<String>,
}

/// A subject a criterion is asked of, and from where (Table 1 allows both for 巡检; the choice is ours).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The kind of subject.
    pub subject: SubjectKind,
    /// 现场 or 远程.
    pub mode: Mode,
}

/// How a line is inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 现场: photos must be taken in the app.
    OnSite,
    /// 远程: an imported screenshot or CSV is evidence.
    Remote,
}

/// 检查点: one question of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// `A.1-01.lamps`.
    pub key: CheckKey,
    /// The question in a few words.
    pub label: Text,
    /// How it is answered.
    pub input: Input,
    /// What usually is wrong; offered as text for a finding.
    pub presets: Vec<Text>,
}

/// What must be attached to a line. 异常 always needs a photo or a reasoned 无法拍照.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct EvidenceRule {
    /// Photos a 正常 answer needs; 0 for most lines.
    pub photos_when_normal: u32,
    /// Whether faces, names and numbers must be masked in what leaves the site (entry registers, contact lists).
    pub mask: bool,
}

/// 适用解读: how a line is read, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// `storage-rows-shifted`.
    pub key: String,
    /// The reading.
    pub text: Text,
}

/// A line that differs from the printed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deviation {
    /// A printed line is not asked.
    Left(CriterionKey),
    /// A line is asked that is not printed.
    Added(CriterionKey),
    /// A line is asked in other words.
    Reworded(CriterionKey),
    /// The printed words stand, but what is asked of whom, or how, was changed.
    Changed(CriterionKey),
}

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Not the JSON of a template.
    #[error("the template cannot be read: {0}")]
    Unreadable(String),
    /// A text and its hash disagree.
    #[error("{0}: the printed text does not hash to the hash beside it")]
    TextChanged(CriterionKey),
    /// A key stands twice.
    #[error("the key {0} stands twice")]
    DuplicateKey(String),
    /// A criterion has no subject or no check.
    #[error("{0} is asked of nothing or asks nothing")]
    Empty(CriterionKey),
    /// A note key without a note.
    #[error("{0} refers to a note “{1}” that the template does not have")]
    UnknownNote(CriterionKey, String),
}

impl Template {
    /// Annex A of DB4401/T 294.3—2024 as printed, version 1.
    ///
    /// # Panics
    /// Never: the file is part of this crate and its tests parse it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the file is compiled in and the tests of this module parse it")]
    pub fn annex_a() -> Self {
        Self::parse(ANNEX_A_V1).expect("the shipped template is valid")
    }

    /// Reads a template and checks that its texts hash to the hashes beside them and that its keys are sound.
    ///
    /// # Errors
    /// [`TemplateError`] naming the first criterion that is wrong.
    pub fn parse(json: &str) -> Result<Self, TemplateError> {
        let template: Self =
            serde_json::from_str(json).map_err(|error| TemplateError::Unreadable(error.to_string()))?;
        template.check()?;
        Ok(template)
    }

    fn check(&self) -> Result<(), TemplateError> {
        let mut keys = BTreeSet::new();
        for criterion in &self.criteria {
            if Sha256::of(criterion.text.as_bytes()) != criterion.text_sha256 {
                return Err(TemplateError::TextChanged(criterion.key.clone()));
            }
            if criterion.scopes.is_empty() || criterion.checks.is_empty() {
                return Err(TemplateError::Empty(criterion.key.clone()));
            }
            let of_checks = criterion.checks.iter().map(|check| check.key.as_str());
            for key in std::iter::once(criterion.key.as_str()).chain(of_checks) {
                if !keys.insert(key.to_owned()) {
                    return Err(TemplateError::DuplicateKey(key.to_owned()));
                }
            }
            let is_missing = |key: &&String| !self.notes.iter().any(|note| &note.key == *key);
            if let Some(key) = criterion.notes.iter().find(is_missing) {
                return Err(TemplateError::UnknownNote(criterion.key.clone(), key.clone()));
            }
        }
        Ok(())
    }

    /// The criterion with this key.
    #[must_use]
    pub fn criterion(&self, key: &CriterionKey) -> Option<&Criterion> {
        self.criteria.iter().find(|criterion| &criterion.key == key)
    }

    /// The criteria asked of subjects of this kind, in printed order, with how they are asked.
    pub fn asked_of(&self, kind: SubjectKind) -> impl Iterator<Item = (&Criterion, Mode)> {
        self.criteria.iter().filter_map(move |criterion| {
            let scope = criterion.scopes.iter().find(|scope| scope.subject == kind)?;
            Some((criterion, scope.mode))
        })
    }

    /// Where this template differs from the printed lines.
    #[must_use]
    pub fn deviations(&self) -> Vec<Deviation> {
        let printed = Self::annex_a();
        let mut found: Vec<Deviation> = Vec::new();
        for line in &printed.criteria {
            match self.criterion(&line.key) {
                None => found.push(Deviation::Left(line.key.clone())),
                Some(ours) if ours.text_sha256 != line.text_sha256 => {
                    found.push(Deviation::Reworded(line.key.clone()));
                }
                Some(ours) if ours != line => found.push(Deviation::Changed(line.key.clone())),
                Some(_) => {}
            }
        }
        let added = self.criteria.iter().filter(|ours| printed.criterion(&ours.key).is_none());
        found.extend(added.map(|ours| Deviation::Added(ours.key.clone())));
        found
    }
}

impl Criterion {
    /// The check with this key.
    #[must_use]
    pub fn check(&self, key: &CheckKey) -> Option<&Check> {
        self.checks.iter().find(|check| &check.key == key)
    }
}
