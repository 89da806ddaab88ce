//! Where each byte of a pack stands, known before the first one is written: from the names, sizes and checksums of its files.
//!
//! That makes a pack a function of what it was made from. It can be sent with its length, and an interrupted transfer goes on
//! at any byte.

use std::io::{self, Read, Write};

use crc32fast::Hasher as Crc;
use sha2::{Digest as _, Sha256 as Hasher};
use xunjian_domain::hash::Sha256;

use super::{name, zip};

/// Bytes read at a time.
pub(super) const CHUNK: usize = 1 << 18;

/// A file that is to stand in a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its hash.
    pub sha256: Sha256,
    /// Its checksum, as archives have one.
    pub crc: u32,
}

impl Planned {
    /// A file of these bytes.
    #[must_use]
    pub fn of(name: String, bytes: &[u8]) -> Self {
        Self { name, bytes: bytes.len() as u64, sha256: Sha256::of(bytes), crc: crc32fast::hash(bytes) }
    }

    /// A file that is read to its end.
    ///
    /// # Errors
    /// Whatever reading fails with.
    pub fn read(name: String, mut input: impl Read) -> io::Result<Self> {
        let (mut hash, mut crc, mut bytes) = (Hasher::new(), Crc::new(), 0);
        let mut buffer = vec![0; CHUNK];
        loop {
            let count = input.read(&mut buffer)?;
            if count == 0 {
                return Ok(Self { name, bytes, sha256: Sha256(hash.finalize().into()), crc: crc.finalize() });
            }
            hash.update(&buffer[..count]);
            crc.update(&buffer[..count]);
            bytes += count as u64;
        }
    }
}

/// The whole archive, but for the bytes of its files.
#[derive(Debug, Clone)]
pub struct Layout {
    manifest: Vec<u8>,
    files: Vec<Planned>,
}

/// A stretch of an archive.
enum Part<'a> {
    Bytes(Vec<u8>),
    File(&'a Planned),
}

impl Layout {
    /// The archive of a manifest's envelope and its files, in the order of their names.
    #[must_use]
    pub fn new(manifest: Vec<u8>, files: Vec<Planned>) -> Self {
        Self { manifest, files }
    }

    /// The manifest's envelope: names the pack.
    #[must_use]
    pub fn manifest(&self) -> &[u8] {
        &self.manifest
    }

    /// The files.
    #[must_use]
    pub fn files(&self) -> &[Planned] {
        &self.files
    }

    /// Where each file's header begins, the manifest's first; and where the directory does.
    fn offsets(&self) -> (Vec<u64>, u64) {
        let size = |name: &str, bytes: u64| zip::LOCAL_HEADER_BYTES + name.len() as u64 + bytes;
        let mut at = size(name::MANIFEST, self.manifest.len() as u64);
        let mut offsets = vec![0];
        for file in &self.files {
            offsets.push(at);
            at += size(&file.name, file.bytes);
        }
        (offsets, at)
    }

    /// Where each file's header begins, in the order of [`Self::files`].
    #[must_use]
    pub fn starts(&self) -> Vec<u64> {
        self.offsets().0.split_off(1)
    }

    /// The directory and the end.
    fn tail(&self) -> Vec<u8> {
        let manifest = Planned::of(name::MANIFEST.to_owned(), &self.manifest);
        let (offsets, start) = self.offsets();
        let mut bytes = Vec::new();
        for (file, offset) in std::iter::once(&manifest).chain(&self.files).zip(&offsets) {
            bytes.extend(zip::directory_entry(&file.name, file.bytes, file.crc, *offset));
        }
        let end = zip::end(offsets.len() as u64, bytes.len() as u64, start);
        bytes.extend(end);
        bytes
    }

    /// How many bytes the archive has.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.offsets().1 + self.tail().len() as u64
    }

    /// Writes the archive from byte `from` on. `open` gives the bytes of a file from their beginning; files before `from` are
    /// never opened.
    ///
    /// # Errors
    /// Whatever reading or writing fails with; [`io::ErrorKind::InvalidData`] for a file whose bytes are no longer those that
    /// were planned.
    pub fn write_from<R: Read>(
        &self,
        from: u64,
        out: &mut impl Write,
        mut open: impl FnMut(&Planned) -> io::Result<R>,
    ) -> io::Result<()> {
        let mut at = 0;
        let manifest = Planned::of(name::MANIFEST.to_owned(), &self.manifest);
        let head = [zip::local_header(&manifest.name, manifest.bytes, manifest.crc), self.manifest.clone()].concat();
        let files = self
            .files
            .iter()
            .flat_map(|file| [Part::Bytes(zip::local_header(&file.name, file.bytes, file.crc)), Part::File(file)]);
        let parts = std::iter::once(Part::Bytes(head)).chain(files);
        for part in parts.chain(std::iter::once_with(|| Part::Bytes(self.tail()))) {
            let length = match &part {
                Part::Bytes(bytes) => bytes.len() as u64,
                Part::File(file) => file.bytes,
            };
            let skipped = from.saturating_sub(at).min(length);
            at += length;
            if skipped == length && length > 0 {
                continue;
            }
            match part {
                Part::Bytes(bytes) => out.write_all(&bytes[usize::try_from(skipped).unwrap_or(usize::MAX)..])?,
                Part::File(file) => copy(file, open(file)?, skipped, out)?,
            }
        }
        Ok(())
    }
}

/// Copies a file, but for its first bytes, and insists that it is still the one that was planned.
fn copy(file: &Planned, mut input: impl Read, skipped: u64, out: &mut impl Write) -> io::Result<()> {
    let changed = || io::Error::new(io::ErrorKind::InvalidData, format!("{} changed while it was packed", file.name));
    let (mut crc, mut at) = (Crc::new(), 0_u64);
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = input.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        let bytes = &buffer[..count];
        crc.update(bytes);
        let skip = usize::try_from(skipped.saturating_sub(at)).unwrap_or(usize::MAX).min(count);
        at += count as u64;
        if at > file.bytes {
            return Err(changed());
        }
        out.write_all(&bytes[skip..])?;
    }
    if at == file.bytes && crc.finalize() == file.crc { Ok(()) } else { Err(changed()) }
}
