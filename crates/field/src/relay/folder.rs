//! In, from a stick: every answer on it that is for this terminal, in the order the service made them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;
use xunjian_protocol::relay::{ENDING, RelayError};

use super::RelayImported;
use crate::{Field, error::FieldError, sync::SyncFault};

/// How the service's answers are called.
const ANSWER: &str = "xunjian-down-";

/// What the answers on a stick brought.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RelayTaken {
    /// Of each that was taken in.
    pub imported: Vec<RelayImported>,
    /// Answers for other terminals: they stay for them.
    pub others: u32,
    /// Files that were refused, and why.
    pub refused: Vec<RelayRefused>,
}

/// A file that was refused.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RelayRefused {
    /// Its name.
    pub file: String,
    /// Why.
    pub fault: SyncFault,
}

impl Field {
    /// Takes in one answer, or all there are in a folder. One that is refused holds up no other.
    ///
    /// # Errors
    /// [`FieldError::NoAnswers`] when there is none, [`FieldError::File`] when the place cannot be read. What is wrong with a file
    /// stands in the answer.
    pub async fn relay_import_from(&self, place: &Path) -> Result<RelayTaken, FieldError> {
        let files = answers_at(place).map_err(|source| FieldError::File { path: place.to_owned(), source })?;
        if files.is_empty() {
            return Err(FieldError::NoAnswers(place.display().to_string()));
        }
        let mut taken = RelayTaken::default();
        for file in files {
            match self.relay_import(&file).await {
                Ok(imported) => taken.imported.push(imported),
                Err(FieldError::Relay(RelayError::WrongRecipient | RelayError::WrongSite(_))) => taken.others += 1,
                Err(error) => {
                    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    taken.refused.push(RelayRefused { file: name, fault: SyncFault::of(&error) });
                }
            }
        }
        Ok(taken)
    }
}

/// A file itself, or the answers in a folder by when they were written: what is older brings nothing after what is newer.
fn answers_at(place: &Path) -> io::Result<Vec<PathBuf>> {
    if fs::metadata(place)?.is_file() {
        return Ok(vec![place.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(place)? {
        let file = entry?.path();
        let is_bundle = file.extension().is_some_and(|ending| ending == ENDING);
        let is_answer = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(ANSWER));
        if is_bundle && is_answer {
            found.push((fs::metadata(&file)?.modified()?, file));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, file)| file).collect())
}
