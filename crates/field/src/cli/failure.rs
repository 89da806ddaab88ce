//! How a command fails: one sentence that says what to do, and an exit code that scripts act on.

use std::process::ExitCode;

use serde_json::json;
use xunjian_domain::text::{Language, Text};
use xunjian_field::{Code, FieldError};
use xunjian_protocol::ApiError;

/// A failed command.
pub(crate) struct Failure(pub FieldError);

impl<E: Into<FieldError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl Failure {
    /// Input that cannot be read.
    pub fn input(reason: impl ToString) -> Self {
        Self(FieldError::BadInput(reason.to_string()))
    }

    /// The error as scripts read it.
    pub fn json(&self) -> serde_json::Value {
        let Self(error) = self;
        let Text { zh, en } = error.text();
        let mut json = json!({
            "code": error.code(), "retryable": error.is_retryable(), "message": {"zh": zh, "en": en},
        });
        if let FieldError::Api(ApiError::Problem(problem)) = error {
            json["problem"] = json!(problem.code);
        }
        if let FieldError::NotReady(problems) = error {
            json["problems"] = json!(problems);
        }
        json
    }

    pub fn print(&self, as_json: bool, language: Language) -> ExitCode {
        let Self(error) = self;
        eprintln!("{}", error.text().get(language));
        if as_json {
            println!("{}", json!({ "error": self.json() }));
        }
        ExitCode::from(exit_code(error.code(), error.is_retryable()))
    }
}

/// 0 done · 1 something to put right · 2 usage · 3 try again later · 4 does not verify.
pub(crate) fn exit_code(code: Code, is_retryable: bool) -> u8 {
    match code {
        Code::Integrity | Code::LogInconsistent => 4,
        _ if is_retryable => 3,
        _ => 1,
    }
}
