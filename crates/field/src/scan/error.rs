//! Why a picture file could not be searched for codes. A picture without a code is not an error.

use std::{io, path::PathBuf};

use xunjian_domain::text::Text;

use crate::{error::FieldError, photo::PhotoError};

/// A picture that could not be searched.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The file could not be read at all.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is not a whole picture of a kind we read.
    #[error(transparent)]
    Picture(#[from] PhotoError),
}

impl ScanError {
    /// What happened and what to do, for people.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            Self::Unreadable { path, source } => {
                let path = path.display();
                Text::new(
                    format!(
                        "打不开文件 {path}（{source}）。请确认文件还在、有权读取，再试一次；\
                         也可以手工输入标签上的编号。"
                    ),
                    format!(
                        "Cannot open the file {path} ({source}). Check that it is still there and may be read, then try \
                         again; you can also type the code printed on the label."
                    ),
                )
            }
            Self::Picture(error) => error.message(),
        }
    }
}

impl From<ScanError> for FieldError {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Unreadable { path, source } => Self::File { path, source },
            ScanError::Picture(error) => Self::Photo(error),
        }
    }
}
