//! What can go wrong in the service, as use cases see it.

use xunjian_domain::text::Text;
use xunjian_proof::{
    dsse::EnvelopeError, jcs::JcsError, keyring::KeyringError, note::NoteError, statement::StatementError,
    suite::SuiteError,
};
use xunjian_protocol::problem::ProblemCode;

use xunjian_ledger::import::ImportError;

use crate::db::DbError;

/// An error of a use case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something a caller can act on, with its number.
    #[error("{code}: {1}", code = .0.number())]
    Problem(ProblemCode, String),
    /// Something a person at the command line can act on.
    #[error("{zh}", zh = .0.zh)]
    Told(Text),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A file could not be read or written.
    #[error("{what}: {source}")]
    Io {
        /// Which file or folder.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// A ledger file cannot be read.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// Stored data is not what it must be; `xunjian fsck` names the damage.
    #[error("stored data is damaged, run `xunjian fsck`: {0}")]
    Damaged(String),
    /// A document cannot be signed.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A key does not count.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A checkpoint cannot be made.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Too many wrong passwords; try again after so many seconds.
    #[error("too many wrong passwords, {0} s to wait")]
    TooManyTries(u64),
    /// The operating system has no randomness.
    #[error("no randomness: {0}")]
    Random(#[from] getrandom::Error),
}

impl Error {
    /// An error of a file or folder.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// A sentence for the person at the command line.
    pub fn told(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Told(Text::new(zh, en))
    }

    /// What to say to a person.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            Self::Told(text) => text.clone(),
            Self::Problem(code, detail) => {
                let title = code.title();
                Text::new(format!("{} {detail}", title.zh), format!("{} {detail}", title.en))
            }
            Self::Import(error) => error.text().clone(),
            other => Text::new(other.to_string(), other.to_string()),
        }
    }
}

impl From<JcsError> for Error {
    fn from(error: JcsError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<EnvelopeError> for Error {
    fn from(error: EnvelopeError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<SuiteError> for Error {
    fn from(error: SuiteError) -> Self {
        Self::Statement(error.into())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}
