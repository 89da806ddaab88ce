//! Reading a pack: nothing of the archive's structure is believed. The manifest says which files come in which order with
//! which sizes; from that every other byte follows, and is compared.

use std::{
    collections::BTreeMap,
    io::{Read, Seek, SeekFrom},
};

use crc32fast::Hasher as Crc;
use sha2::{Digest as _, Sha256 as Hasher};
use xunjian_domain::hash::Sha256;

use super::{
    layout::CHUNK,
    manifest::{FileRef, MAX_MANIFEST_BYTES, Manifest},
    name, zip,
};
use crate::{dsse::Envelope, statement::Statement as _};

/// Largest document that is read into memory: everything but photos is far below.
const MAX_DOCUMENT_BYTES: u64 = 64 << 20;

/// The first part of a pack that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} [{step}] {reason}")]
pub struct Broken {
    /// Which file, or which part of the archive.
    pub part: String,
    /// `archive`, `manifest`, `file` or `read`.
    pub step: &'static str,
    /// Why.
    pub reason: String,
}

fn broken(part: &str, step: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Broken {
    move |reason| Broken { part: part.to_owned(), step, reason: reason.to_string() }
}

/// Where a file's own bytes stand.
#[derive(Debug, Clone)]
struct Place {
    offset: u64,
    file: FileRef,
}

/// A pack whose every byte was compared and whose every file was hashed.
pub struct PackReader<R> {
    input: R,
    envelope: Envelope,
    manifest: Manifest,
    places: BTreeMap<String, Place>,
}

/// Reads forward, and knows where it is.
struct Forward<'a, R> {
    input: &'a mut R,
    at: u64,
    buffer: Vec<u8>,
}

impl<R: Read> Forward<'_, R> {
    /// Exactly this many bytes, or what there is.
    fn take(&mut self, count: usize, part: &str) -> Result<Vec<u8>, Broken> {
        let mut bytes = Vec::with_capacity(count.min(CHUNK));
        let read = (&mut self.input).take(count as u64).read_to_end(&mut bytes);
        read.map_err(|error| broken(part, "read")(&error))?;
        self.at += bytes.len() as u64;
        Ok(bytes)
    }

    /// Insists on these bytes.
    fn expect(&mut self, wanted: &[u8], part: &str) -> Result<(), Broken> {
        let start = self.at;
        let found = self.take(wanted.len(), part)?;
        if found == wanted {
            return Ok(());
        }
        let differs = found.iter().zip(wanted).position(|(found, wanted)| found != wanted);
        let at = start + differs.unwrap_or(found.len()) as u64;
        let other = beginning_file(&found).filter(|_| wanted.starts_with(b"PK\x03\x04"));
        let reason = match (other, found.len() < wanted.len()) {
            (Some(other), _) if !part.ends_with(&other) => format!("in its place begins “{other}”"),
            (_, true) => format!("the archive ends at byte {at}, too early"),
            _ => format!("byte {at} of the archive is not what the manifest makes of it"),
        };
        Err(broken(part, "archive")(&reason))
    }

    /// Hash and checksum of the next bytes.
    fn digest(&mut self, mut bytes: u64, part: &str) -> Result<(Sha256, u32), Broken> {
        let (mut hash, mut crc) = (Hasher::new(), Crc::new());
        while bytes > 0 {
            let most = usize::try_from(bytes).unwrap_or(usize::MAX).min(self.buffer.len());
            let count = self.input.read(&mut self.buffer[..most]).map_err(|error| broken(part, "read")(&error))?;
            if count == 0 {
                return Err(broken(part, "archive")(&format!("the archive ends at byte {}, too early", self.at)));
            }
            hash.update(&self.buffer[..count]);
            crc.update(&self.buffer[..count]);
            bytes -= count as u64;
            self.at += count as u64;
        }
        Ok((Sha256(hash.finalize().into()), crc.finalize()))
    }
}

/// The name in a local header, for the message.
fn beginning_file(found: &[u8]) -> Option<String> {
    let length = found.strip_prefix(b"PK\x03\x04").and_then(|rest| rest.get(22..24))?;
    let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
    let name = found.get(30..(30 + length).min(found.len()))?;
    Some(name.escape_ascii().to_string())
}

impl<R: Read + Seek> PackReader<R> {
    /// Reads a pack from its first byte to its last. Checks no signature.
    ///
    /// # Errors
    /// [`Broken`], naming the first part that differs.
    pub fn open(mut input: R) -> Result<Self, Broken> {
        input.seek(SeekFrom::Start(0)).map_err(|error| broken("pack", "read")(&error))?;
        let mut forward = Forward { input: &mut input, at: 0, buffer: vec![0; CHUNK] };
        let (envelope, manifest, head) = manifest(&mut forward)?;
        let mut directory = zip::directory_entry(name::MANIFEST, head.0, head.1, 0);
        let mut places = BTreeMap::new();
        for file in &manifest.files {
            let offset = forward.at;
            let header = zip::local_header(&file.name, file.bytes, 0);
            let found = forward.take(header.len(), &file.name)?;
            // The checksum is known once the bytes were read: everything else of the header is compared first.
            let with_its_checksum = [found.get(..14).unwrap_or_default(), &[0; 4], found.get(18..).unwrap_or_default()];
            if with_its_checksum.concat() != header {
                let mut as_found = Forward { input: &mut found.as_slice(), at: offset, buffer: Vec::new() };
                let checksum = found.get(14..18).map_or([0; 4], |four| [four[0], four[1], four[2], four[3]]);
                let wanted = zip::local_header(&file.name, file.bytes, u32::from_le_bytes(checksum));
                as_found.expect(&wanted, &file.name)?;
                return Err(broken(&file.name, "archive")(&"its header is another one"));
            }
            let start = forward.at;
            let (sha256, crc) = forward.digest(file.bytes, &file.name)?;
            if sha256 != file.sha256 {
                let reason = format!("its bytes hash to {sha256}, the manifest says {}", file.sha256);
                return Err(broken(&file.name, "file")(&reason));
            }
            if found[14..18] != crc.to_le_bytes() {
                return Err(broken(&file.name, "archive")(&"its header has another checksum than its bytes"));
            }
            directory.extend(zip::directory_entry(&file.name, file.bytes, crc, offset));
            places.insert(file.name.clone(), Place { offset: start, file: file.clone() });
        }
        compare_tail(&mut forward, &manifest, &directory)?;
        Ok(Self { input, envelope, manifest, places })
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The manifest as it was signed.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Whether there is such a file.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Size and hash of a file.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&FileRef> {
        self.places.get(name).map(|place| &place.file)
    }

    /// The names of a folder's files, in order, however deep.
    pub fn names_in(&self, folder: &str) -> impl Iterator<Item = &str> {
        let prefix = format!("{folder}/");
        let start = prefix.clone();
        self.places.range(start..).map(|(name, _)| name.as_str()).take_while(move |name| name.starts_with(&prefix))
    }

    /// A document, hashed again.
    ///
    /// # Errors
    /// [`Broken`] when it is not there, too large for a document, or was changed since the pack was opened.
    pub fn read(&mut self, name: &str) -> Result<Vec<u8>, Broken> {
        let place = self.places.get(name).cloned().ok_or_else(|| broken(name, "file")(&"the pack does not have it"))?;
        if place.file.bytes > MAX_DOCUMENT_BYTES {
            return Err(broken(name, "file")(&"too large for a document"));
        }
        let wrong = broken(name, "read");
        self.input.seek(SeekFrom::Start(place.offset)).map_err(|error| wrong(&error))?;
        let mut bytes = Vec::new();
        (&mut self.input).take(place.file.bytes).read_to_end(&mut bytes).map_err(|error| wrong(&error))?;
        if Sha256::of(&bytes) != place.file.sha256 {
            return Err(wrong(&"the pack was changed while it was read"));
        }
        Ok(bytes)
    }
}

/// The manifest at the head of the archive; and its size and checksum.
fn manifest<R: Read>(forward: &mut Forward<'_, R>) -> Result<(Envelope, Manifest, (u64, u32)), Broken> {
    let part = name::MANIFEST;
    let header = forward.take(30 + part.len(), part)?;
    let no_pack = || broken(part, "archive")(&"this is not a pack: it does not begin with a manifest");
    let size = header.get(18..22).ok_or_else(no_pack)?;
    let bytes = u64::from(u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
    let crc = [header[14], header[15], header[16], header[17]];
    if header != zip::local_header(part, bytes, u32::from_le_bytes(crc)) {
        return Err(no_pack());
    }
    if bytes > MAX_MANIFEST_BYTES {
        return Err(broken(part, "archive")(&format!("a manifest of {bytes} bytes is too large")));
    }
    let text = forward.take(usize::try_from(bytes).unwrap_or(usize::MAX), part)?;
    let checksum = crc32fast::hash(&text);
    if text.len() as u64 != bytes || checksum.to_le_bytes() != crc {
        return Err(broken(part, "archive")(&"its bytes are not those that its header describes"));
    }
    let wrong = broken(part, "manifest");
    let envelope = Envelope::from_bytes(&text).map_err(|error| wrong(&error))?;
    let manifest = Manifest::read(&envelope).map_err(|error| wrong(&error))?;
    manifest.check().map_err(|(file, reason)| broken(&file, "manifest")(&reason))?;
    Ok((envelope, manifest, (bytes, checksum)))
}

/// The directory, entry by entry, and the end; nothing after it.
fn compare_tail<R: Read>(forward: &mut Forward<'_, R>, manifest: &Manifest, directory: &[u8]) -> Result<(), Broken> {
    let start = forward.at;
    let mut rest = directory;
    for name in std::iter::once(name::MANIFEST).chain(manifest.files.iter().map(|file| file.name.as_str())) {
        let extra = rest.get(30..32).map_or(0, |two| usize::from(u16::from_le_bytes([two[0], two[1]])));
        let (entry, after) = rest.split_at((46 + name.len() + extra).min(rest.len()));
        forward.expect(entry, &format!("directory entry of {name}"))?;
        rest = after;
    }
    let end = zip::end(manifest.files.len() as u64 + 1, directory.len() as u64, start);
    forward.expect(&end, "end of the archive")?;
    if forward.take(1, "end of the archive")?.is_empty() {
        Ok(())
    } else {
        Err(broken("end of the archive", "archive")(&format!("there is more after byte {}", forward.at - 1)))
    }
}
