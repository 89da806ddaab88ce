//! Faults put into the product's code on purpose, one at a time, to see whether the simulation catches them.
//!
//! A mutant is a file of `tests/mutants`: what it breaks, and texts to be exchanged. The product itself knows none of them;
//! `scripts/mutants.sh` makes each in a copy of the checkout.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::workspace;

/// One mutant.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// The name of its file, without the ending.
    #[serde(skip)]
    pub name: String,
    /// What becomes wrong with it, in a sentence.
    pub breaks: String,
    /// What it changes.
    pub edit: Vec<Edit>,
}

/// A text that stands in a file once, and what takes its place.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// From the workspace's folder.
    pub file: PathBuf,
    /// Stands there exactly once.
    pub old: String,
    /// Takes its place.
    pub new: String,
}

/// Every mutant, in the order of their names.
///
/// # Errors
/// When a file cannot be read or is no mutant.
pub fn all() -> Result<Vec<Mutant>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(workspace().join("tests/mutants"))? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let read = || Ok::<Mutant, anyhow::Error>(toml::from_str(&fs::read_to_string(&path)?)?);
        found.push(Mutant { name, ..read().with_context(|| path.display().to_string())? });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

impl Mutant {
    /// Makes it in the checkout at `root`.
    ///
    /// # Errors
    /// When a text does not stand exactly once in its file; nothing is changed then.
    pub fn make(&self, root: &Path) -> Result<()> {
        let mut changed: Vec<(PathBuf, String)> = Vec::new();
        for edit in &self.edit {
            let path = root.join(&edit.file);
            let known = changed.iter().position(|(other, _)| *other == path);
            let text = match known {
                Some(at) => changed.swap_remove(at).1,
                None => fs::read_to_string(&path).with_context(|| path.display().to_string())?,
            };
            let count = text.matches(&edit.old).count();
            ensure!(count == 1, "{}: its text stands {count} times in {}", self.name, edit.file.display());
            ensure!(edit.old != edit.new, "{}: it changes nothing in {}", self.name, edit.file.display());
            changed.push((path, text.replacen(&edit.old, &edit.new, 1)));
        }
        changed.iter().try_for_each(|(path, text)| Ok(fs::write(path, text)?))
    }

    /// Takes it back: the files are those of this workspace again.
    ///
    /// # Errors
    /// When a file cannot be copied.
    pub fn unmake(&self, root: &Path) -> Result<()> {
        for edit in &self.edit {
            fs::write(root.join(&edit.file), fs::read(workspace().join(&edit.file))?)?;
        }
        Ok(())
    }
}
