//! What this program says to the service that started it: progress and what went wrong, one line of JSON each on standard error.

use serde_json::json;
use xunjian_domain::text::Text;

/// Something a person can do something about, in both languages.
#[derive(Debug)]
pub struct Told(pub Text);

impl Told {
    /// Both sentences.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self(Text { zh: zh.into(), en: en.into() })
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.en)
    }
}

impl std::error::Error for Told {}

/// How far the job is.
pub fn progress(step: &str, done: usize, of: usize) {
    eprintln!("{}", json!({ "progress": { "step": step, "done": done, "of": of } }));
}

/// Why the job ended without a file. What nobody foresaw is told as it is, in English.
pub fn failed(error: &anyhow::Error) {
    let text = error.downcast_ref::<Told>().map_or_else(
        || {
            let why = format!("{error:#}");
            Text { zh: why.clone(), en: why }
        },
        |told| told.0.clone(),
    );
    eprintln!("{}", json!({ "error": text }));
}
