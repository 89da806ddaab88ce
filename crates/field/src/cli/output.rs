//! What a command prints: JSON for scripts, lines for people.

use std::process::ExitCode;

use serde::Serialize;
use xunjian_domain::text::{Language, Text};

use super::failure::Failure;

/// The result of a command.
pub(crate) struct Output {
    json: serde_json::Value,
    text: String,
    exit: u8,
}

impl Output {
    /// A document and how people read it.
    pub fn new(document: &impl Serialize, text: String) -> Result<Self, Failure> {
        let json = serde_json::to_value(document).map_err(Failure::input)?;
        Ok(Self { json, text, exit: 0 })
    }

    pub fn with_exit(self, exit: u8) -> Self {
        Self { exit, ..self }
    }

    pub fn print(&self, as_json: bool) -> ExitCode {
        if as_json {
            println!("{}", self.json);
        } else if !self.text.is_empty() {
            println!("{}", self.text.trim_end());
        }
        ExitCode::from(self.exit)
    }
}

/// Picks a language.
pub(crate) fn say(language: Language, zh: impl Into<String>, en: impl Into<String>) -> String {
    match language {
        Language::Zh => zh.into(),
        Language::En => en.into(),
    }
}

/// Warnings as lines.
pub(crate) fn warnings(language: Language, warnings: &[Text]) -> String {
    warnings.iter().map(|warning| format!("\n⚠ {}", warning.get(language))).collect()
}
