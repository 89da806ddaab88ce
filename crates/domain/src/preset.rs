//! 常见问题: what is usually found at each criterion, with severity and days for rectification, as versioned data beside the
//! template. A press fills a finding with it; the inspector may change every word.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::{ids::CriterionKey, text::Text, visit::Severity};

/// The presets of the printed rows as shipped, version 1.
const FINDINGS_V1: &str = include_str!("../templates/findings.v1.json");

/// One usual problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct FindingPreset {
    /// `A.2-07.off`; a finding made with it names it as its category.
    pub key: String,
    /// The criterion it is found at.
    pub criterion: CriterionKey,
    /// The problem in words.
    pub text: Text,
    /// How bad it usually is.
    pub severity: Severity,
    /// Days for rectification; `None` for what has a clock.
    pub due_days: Option<u32>,
}

/// The presets of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingPresets {
    /// The template's id; they serve every version of it, because criteria keep their keys.
    pub template: String,
    /// Counts up with each change.
    pub version: u32,
    /// In the order of the criteria.
    pub presets: Vec<FindingPreset>,
}

impl FindingPresets {
    /// Those of the printed rows.
    ///
    /// # Panics
    /// Never: the shipped data is checked by a test.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the shipped data is checked by a test")]
    pub fn annex_a() -> &'static Self {
        static PRESETS: LazyLock<FindingPresets> =
            LazyLock::new(|| serde_json::from_str(FINDINGS_V1).expect("the shipped presets are valid"));
        &PRESETS
    }

    /// The presets of one criterion.
    pub fn of<'a>(&'a self, criterion: &'a CriterionKey) -> impl Iterator<Item = &'a FindingPreset> {
        self.presets.iter().filter(move |preset| preset.criterion == *criterion)
    }
}
