//! Searches every byte under a folder for what must not stand there in the clear: texts in UTF-8 and UTF-16, photos, plain
//! databases. Who uses it first shows that it finds the same needles where they do stand in the clear.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What is searched for.
#[derive(Debug, Clone, Default)]
pub struct Needles(Vec<(String, Vec<u8>)>);

impl Needles {
    /// Texts, each in UTF-8 and in UTF-16 of either byte order.
    #[must_use]
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut needles = Self::default();
        for text in texts {
            let units: Vec<u16> = text.encode_utf16().collect();
            needles.0.push((text.to_owned(), text.as_bytes().to_vec()));
            needles.0.push((format!("{text} UTF-16LE"), units.iter().flat_map(|unit| unit.to_le_bytes()).collect()));
            needles.0.push((format!("{text} UTF-16BE"), units.iter().flat_map(|unit| unit.to_be_bytes()).collect()));
        }
        needles
    }

    /// And the beginnings of JPEG files, wherever they stand. Three bytes alone come up by chance in a few megabytes of
    /// cipher text; these do not.
    #[must_use]
    pub fn and_photos(mut self) -> Self {
        self.0.push(("JPEG (JFIF)".to_owned(), b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec()));
        self.0.push(("JPEG quantisation table".to_owned(), b"\xff\xdb\0\x43\0".to_vec()));
        self
    }

    /// And plain SQLite databases.
    #[must_use]
    pub fn and_databases(mut self) -> Self {
        self.0.push(("SQLite".to_owned(), b"SQLite format 3\0".to_vec()));
        self
    }

    /// The names of all needles.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// Every file under a folder.
///
/// # Errors
/// When a folder cannot be listed.
pub fn files_under(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // A link would lead out of the folder; a socket has no bytes.
        let Some(kind) = unless_gone(fs::symlink_metadata(&path))?.map(|found| found.file_type()) else { continue };
        if kind.is_dir() {
            files.extend(unless_gone(files_under(&path))?.unwrap_or_default());
        } else if kind.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What somebody else removed since the folder was listed (a web view tidies its cache) keeps nothing.
fn unless_gone<T>(read: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match read {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// The needles found, each with the file it stands in. A file that begins like a JPEG counts by its first three bytes.
///
/// # Errors
/// When a file cannot be read.
pub fn sweep(folder: &Path, needles: &Needles) -> std::io::Result<BTreeSet<(String, PathBuf)>> {
    let mut found = BTreeSet::new();
    for file in files_under(folder)? {
        let Some(bytes) = unless_gone(fs::read(&file))? else { continue };
        if bytes.starts_with(b"\xff\xd8\xff") {
            found.insert(("JPEG (JFIF)".to_owned(), file.clone()));
        }
        for (name, needle) in &needles.0 {
            if contains(&bytes, needle) {
                found.insert((name.clone(), file.clone()));
            }
        }
        let name = file.to_string_lossy();
        found.extend(
            needles.names().filter(|needle| name.contains(needle)).map(|needle| (needle.to_owned(), file.clone())),
        );
    }
    Ok(found)
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return false };
    let starts = bytes.iter().enumerate().filter(|(_, byte)| *byte == first);
    starts.into_iter().any(|(at, _)| bytes[at + 1..].starts_with(rest))
}
