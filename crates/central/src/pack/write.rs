//! A pack into a file. An interrupted one goes on: what the part file holds is compared with what is to be written, and the first
//! file that differs is where writing begins.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Read, Seek, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use serde::Serialize;
use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    dsse::Envelope,
    pack::{Layout, Manifest, Planned, name, zip},
    statement::Statement as _,
};

use super::{Prepared, Request, prepare};
use crate::{error::Error, site::Site};

/// A pack that was written.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    /// The file.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Bytes of an interrupted run that were right already.
    pub resumed_bytes: u64,
    /// The log's size that it was made at.
    pub log_size: u64,
    /// Its records.
    pub records: usize,
    /// Records of the round that are not in it because they were not delivered.
    pub undelivered: usize,
    /// Files in it.
    pub files: usize,
    /// Photos that are not in it.
    pub left_out: usize,
    /// SHA-256 of the manifest: two packs with the same one are the same bytes.
    pub manifest: Sha256,
}

/// Where a pack grows before it has its name.
fn part_of(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    file.with_file_name(name)
}

/// Opens the bytes of a photo.
///
/// # Errors
/// Whatever opening it fails with.
pub fn open_photo(path: &PathBuf) -> io::Result<Box<dyn Read>> {
    Ok(Box::new(File::open(path)?))
}

/// Makes a pack as a file, or finishes one that was interrupted.
///
/// # Errors
/// As [`prepare`], and [`Error::Io`] when the file cannot be written. The part file stays for the next run.
pub fn write_file(site: &Site, request: &Request, file: &Path) -> Result<Written, Error> {
    let part = part_of(file);
    let at = request.at.or_else(|| size_of_part(&part));
    let mut prepared = match prepare(site, &Request { at, ..request.clone() }) {
        // The part is of another site, or of a log that was longer: then it is of no use.
        Err(Error::Told(_)) if request.at.is_none() && at.is_some() => prepare(site, request)?,
        other => other?,
    };
    let failed = |source| Error::Io { what: part.display().to_string(), source };
    let resumed = right_bytes(&part, prepared.layout()).map_err(failed)?;
    write(&mut prepared, &part, resumed).map_err(failed)?;
    fs::rename(&part, file).and_then(|()| sync_folder(file)).map_err(Error::io(file.display().to_string()))?;
    let (layout, manifest) = (prepared.layout(), prepared.manifest());
    Ok(Written {
        file: file.to_owned(),
        bytes: layout.total_bytes(),
        resumed_bytes: resumed,
        log_size: manifest.log_size,
        records: manifest.records.len(),
        undelivered: manifest.undelivered.len(),
        files: manifest.files.len() + 1,
        left_out: manifest.left_out.len(),
        manifest: Sha256::of(layout.manifest()),
    })
}

fn write(prepared: &mut Prepared, part: &Path, from: u64) -> io::Result<()> {
    let out = File::options().create(true).truncate(false).write(true).open(part)?;
    out.set_len(from)?;
    let mut out = BufWriter::with_capacity(1 << 20, out);
    out.seek(SeekFrom::Start(from))?;
    prepared.write_from(from, &mut out, open_photo)?;
    out.flush()?;
    fail::fail_point!("pack.before_rename");
    out.get_ref().sync_all()
}

fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// The manifest at the head of a part file.
fn manifest_of(part: &mut File) -> Option<(Vec<u8>, Manifest)> {
    let mut header = [0; 30 + name::MANIFEST.len()];
    part.read_exact(&mut header).ok()?;
    let bytes = u32::from_le_bytes([header[18], header[19], header[20], header[21]]);
    let mut text = Vec::new();
    part.take(u64::from(bytes)).read_to_end(&mut text).ok()?;
    let manifest = Manifest::read(&Envelope::from_bytes(&text).ok()?).ok()?;
    Some((text, manifest))
}

/// The log's size that an interrupted pack was made at.
fn size_of_part(part: &Path) -> Option<u64> {
    manifest_of(&mut File::open(part).ok()?).map(|(_, manifest)| manifest.log_size)
}

/// How many bytes of a part file are those of this pack: whole files only, each hashed again.
fn right_bytes(part: &Path, layout: &Layout) -> io::Result<u64> {
    let mut input = match File::open(part) {
        Ok(input) => input,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    if manifest_of(&mut input).is_none_or(|(text, _)| text != layout.manifest()) {
        return Ok(0);
    }
    let mut right = 0;
    for (file, start) in layout.files().iter().zip(layout.starts()) {
        right = start;
        let header = zip::local_header(&file.name, file.bytes, file.crc);
        let mut found = vec![0; header.len()];
        input.seek(SeekFrom::Start(start))?;
        if input.read_exact(&mut found).is_err() || found != header {
            return Ok(right);
        }
        let read = Planned::read(file.name.clone(), (&mut input).take(file.bytes))?;
        if read != *file {
            return Ok(right);
        }
    }
    Ok(right)
}
