//! What crosses the border to the app's pages beside the use cases' own values: the error, and what the program says of
//! itself. It stands here, not in the shell, because the pages' types are made from this crate.

use serde::Serialize;
use xunjian_domain::{text::Text, visit::SealProblem};

use crate::error::{Code, FieldError};

/// What went wrong, as a page gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct IpcError {
    /// What to act on.
    pub code: Code,
    /// What happened and what to do.
    pub text: Text,
    /// What keeps the visit from being sealed, for [`Code::NotReady`].
    pub problems: Vec<SealProblem>,
    /// Whether the same call may succeed later without anyone changing anything.
    pub retryable: bool,
}

impl From<FieldError> for IpcError {
    fn from(error: FieldError) -> Self {
        let (code, text, retryable) = (error.code(), error.text(), error.is_retryable());
        let problems = if let FieldError::NotReady(problems) = error { problems } else { Vec::new() };
        Self { code, text, problems, retryable }
    }
}

/// What the app says about itself: the first thing a service desk asks for.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AppInfo {
    /// `0.1.0`.
    pub version: String,
    /// `cn.xunjian.field`.
    pub identifier: String,
    /// `linux`, `android`, `windows`, `macos`, `ios`.
    pub platform: String,
    /// Whether this is a build for development.
    pub debug: bool,
}
