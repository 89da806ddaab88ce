//! An export: one bundle, or several where a stick takes no file that large. Each stands by itself and has its name only once it
//! is whole and flushed; an export that breaks leaves whole bundles and nothing else.

use std::{
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
};

use serde::Serialize;
use xunjian_proof::suite::Signer;

use super::{ENDING, Header, Item, RelayError, write::Writer};

/// Where an export goes, and how.
pub struct Plan<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// How its files are called, without part and ending.
    pub name: String,
    /// The header of the first bundle; the others differ in part and bundle id.
    pub header: Header,
    /// Base 64 of the public key that all are sealed for.
    pub recipient: &'a str,
    /// Who signs.
    pub signer: &'a dyn Signer,
    /// Most bytes of a bundle. One whose head and first item are larger goes beyond.
    pub max_bytes: u64,
    /// Items that every bundle begins with.
    pub opening: Vec<(Item, Vec<u8>)>,
}

/// A bundle that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Where.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// An export under way.
pub struct Export<'a> {
    plan: Plan<'a>,
    current: Option<Part>,
    part: u32,
}

struct Part {
    writer: Writer<BufWriter<File>>,
    temporary: Temporary,
    items: u64,
}

/// Removed unless it got its name.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may have its name by now.
        let _ = fs::remove_file(&self.0);
    }
}

impl<'a> Export<'a> {
    /// Begins an export; the first file is made with the first item, or at the end.
    #[must_use]
    pub fn begin(plan: Plan<'a>) -> Self {
        Self { plan, current: None, part: 0 }
    }

    /// Makes room for an item of so many bytes: in the bundle under way, or in the next one. The bundle that this ended, if any.
    ///
    /// # Errors
    /// What writing says.
    pub fn make_room(&mut self, plain: u64) -> Result<Option<Written>, RelayError> {
        let is_full = self.current.as_ref().is_some_and(|part| {
            part.items > 0 && part.writer.bytes() + Writer::<File>::cost(plain) + 128 > self.plan.max_bytes
        });
        let ended = if is_full { self.close()? } else { None };
        if self.current.is_none() {
            self.open()?;
        }
        Ok(ended)
    }

    /// Writes an item into the bundle that has room for it.
    ///
    /// # Errors
    /// What writing says.
    pub fn put(&mut self, item: Item, first: &[u8], rest: &[u8]) -> Result<Option<Written>, RelayError> {
        let ended = self.make_room((first.len() + rest.len()) as u64)?;
        if let Some(part) = &mut self.current {
            part.writer.item_of(item, first, rest)?;
            part.items += 1;
        }
        Ok(ended)
    }

    /// Writes a document as an item.
    ///
    /// # Errors
    /// What writing says.
    pub fn document(&mut self, item: Item, document: &impl Serialize) -> Result<Option<Written>, RelayError> {
        let bytes = serde_json::to_vec(document).map_err(|error| RelayError::Malformed(error.to_string()))?;
        self.put(item, &[], &bytes)
    }

    /// Ends the last bundle; there is always one, because its head says something by itself.
    ///
    /// # Errors
    /// What writing says.
    pub fn finish(mut self) -> Result<Option<Written>, RelayError> {
        if self.current.is_none() && self.part == 0 {
            self.open()?;
        }
        self.close()
    }

    fn open(&mut self) -> Result<(), RelayError> {
        self.part += 1;
        fs::create_dir_all(self.plan.folder)?;
        if self.part == 1 {
            self.remove_what_broke();
        }
        let temporary = Temporary(self.plan.folder.join(format!("{}.part", self.file_name())));
        let out = BufWriter::new(File::create(&temporary.0)?);
        let mut header = self.plan.header.clone();
        header.bundle = format!("{}-{}", header.bundle, self.part);
        header.part = self.part;
        let mut writer = Writer::begin(out, header, self.plan.recipient)?;
        for (item, bytes) in &self.plan.opening {
            writer.item(*item, bytes)?;
        }
        self.current = Some(Part { writer, temporary, items: 0 });
        Ok(())
    }

    fn close(&mut self) -> Result<Option<Written>, RelayError> {
        let Some(Part { writer, temporary, .. }) = self.current.take() else { return Ok(None) };
        let out = writer.finish(self.plan.signer)?;
        let file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all()?;
        let bytes = file.metadata()?.len();
        drop(file);
        let name = self.plan.folder.join(self.file_name());
        fs::rename(&temporary.0, &name)?;
        // Not every file system of a stick can flush a folder; the file itself is flushed.
        let _ = File::open(self.plan.folder).and_then(|folder| folder.sync_all());
        Ok(Some(Written { file: name, bytes }))
    }

    /// Half-written files of exports that were killed. They are nobody's else: the name says whose they are.
    fn remove_what_broke(&self) {
        let own = self.plan.name.rsplit_once('-').map_or(self.plan.name.as_str(), |(own, _)| own);
        let (own, ending) = (format!("{own}-"), format!(".{ENDING}.part"));
        for entry in fs::read_dir(self.plan.folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(&own) && name.ends_with(&ending) {
                // A stick that cannot be tidied can still be written to.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn file_name(&self) -> String {
        format!("{}-{}.{ENDING}", self.plan.name, self.part)
    }
}
