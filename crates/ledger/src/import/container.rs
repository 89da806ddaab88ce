//! What an XLSX file unpacks to, measured before a parser believes what the file says of itself.
//!
//! A file of a few kilobytes may unpack to gigabytes, or claim so many texts that the memory set aside for them ends the
//! process: no handler catches an allocation that fails. So each entry is unpacked once, in pieces that are not kept,
//! and the elements of which the parser keeps something are counted. Where a tag stands does not matter, so that one in
//! a comment counts, too: the count may be too high, never too low.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use super::workbook::NoWorkbook;

/// Bytes of all entries together. A thousand racks of forty assets take a tenth of it.
const MOST_BYTES: u64 = 256 << 20;
/// Elements of which the parser keeps something, and most of them in all entries together.
const KEPT: [(&[u8], u64); 10] = [
    (b"si", 2_000_000),
    (b"xf", 200_000),
    (b"font", 200_000),
    (b"fill", 200_000),
    (b"border", 200_000),
    (b"numFmt", 200_000),
    (b"definedName", 200_000),
    (b"Relationship", 500_000),
    (b"sheet", 1_024),
    (b"mergeCell", 1_000_000),
];
const SI: usize = 0;
const XF: usize = 1;
const SHEET: usize = 8;
const MERGED: usize = 9;
/// Bytes that the parser may copy: each cell format takes the names of its font and number format along, each sheet its
/// target.
const MOST_COPIED: u64 = 64 << 20;
/// The attribute that says how many texts there are; the parser sets memory aside for them.
const CLAIM: &[u8] = b"uniqueCount";
/// Longer names of elements are none of [`KEPT`].
const LONGEST_NAME: usize = 16;

/// Refuses a workbook that no ledger is as large as. Says whether cells may be merged in it: to look for them takes another
/// walk through its sheets.
pub(super) fn check(bytes: &[u8]) -> Result<bool, NoWorkbook> {
    let broken = |error: &dyn std::fmt::Display| NoWorkbook::Broken(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let mut count = Count::default();
    let mut left = MOST_BYTES;
    let mut piece = vec![0; 64 << 10];
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(|error| broken(&error))?;
        let name = entry.name().map_err(|error| broken(&error))?.to_ascii_lowercase();
        let mut part = Part::default();
        loop {
            // A claimed size is one more thing not to believe: what comes out is counted.
            let read = entry.read(&mut piece).map_err(|error| broken(&error))?;
            if read == 0 {
                break;
            }
            left = left.checked_sub(read as u64).ok_or(NoWorkbook::TooLarge)?;
            part.take(piece.get(..read).unwrap_or_default());
        }
        count.add(&name, &part)?;
    }
    Ok(count.elements[MERGED] > 0)
}

/// All entries together.
#[derive(Default)]
struct Count {
    elements: [u64; KEPT.len()],
    longest_style: u64,
    longest_target: u64,
}

impl Count {
    fn add(&mut self, name: &str, part: &Part) -> Result<(), NoWorkbook> {
        for (all, here) in self.elements.iter_mut().zip(part.elements) {
            *all += here;
        }
        if name.ends_with("styles.xml") {
            self.longest_style = self.longest_style.max(part.longest);
        }
        if name.ends_with(".rels") {
            self.longest_target = self.longest_target.max(part.longest);
        }
        let is_claim_believed = part.claimed <= part.bytes.min(KEPT[SI].1);
        let is_kept = self.elements.iter().zip(KEPT).all(|(count, (_, most))| *count <= most);
        let is_copied = self.elements[XF].saturating_mul(self.longest_style) <= MOST_COPIED
            && self.elements[SHEET].saturating_mul(self.longest_target) <= MOST_COPIED;
        if is_claim_believed && is_kept && is_copied { Ok(()) } else { Err(NoWorkbook::TooLarge) }
    }
}

/// One entry, byte by byte.
#[derive(Default)]
struct Part {
    bytes: u64,
    elements: [u64; KEPT.len()],
    /// The largest number that [`CLAIM`] was given.
    claimed: u64,
    /// Bytes of the longest tag with the text behind it.
    longest: u64,
    tag: u64,
    /// The name of the element whose tag begins here; `None` outside of one.
    name: Option<Name>,
    claim: Claim,
}

#[derive(Default)]
struct Name {
    bytes: [u8; LONGEST_NAME],
    length: usize,
}

/// How much of [`CLAIM`] was read.
enum Claim {
    Name(usize),
    Sign,
    Number(u64),
}

impl Default for Claim {
    fn default() -> Self {
        Self::Name(0)
    }
}

impl Part {
    fn take(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        // Every second byte of UTF-16 is a zero where the text is ASCII, as names are: without them it reads the same.
        for byte in piece.iter().copied().filter(|byte| *byte != 0) {
            self.take_claim(byte);
            self.take_name(byte);
        }
    }

    fn take_name(&mut self, byte: u8) {
        if byte == b'<' {
            (self.name, self.tag) = (Some(Name::default()), 0);
            return;
        }
        self.tag += 1;
        self.longest = self.longest.max(self.tag);
        let Some(name) = &mut self.name else { return };
        match byte {
            // What came before is the prefix of a namespace.
            b':' => name.length = 0,
            b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n' => {
                let known = name.bytes.get(..name.length).unwrap_or_default();
                if let Some(at) = KEPT.iter().position(|(kept, _)| *kept == known) {
                    self.elements[at] += 1;
                }
                self.name = None;
            }
            _ => {
                if let Some(place) = name.bytes.get_mut(name.length) {
                    *place = byte;
                }
                name.length = name.length.saturating_add(1);
            }
        }
    }

    fn take_claim(&mut self, byte: u8) {
        let digit = u64::from(byte.wrapping_sub(b'0'));
        self.claim = match self.claim {
            Claim::Sign | Claim::Number(_) if byte.is_ascii_digit() => {
                let before = if let Claim::Number(number) = self.claim { number } else { 0 };
                Claim::Number(before.saturating_mul(10).saturating_add(digit))
            }
            Claim::Sign if matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0c | b'=' | b'"' | b'\'') => Claim::Sign,
            Claim::Name(at) if CLAIM.get(at) == Some(&byte) && at + 1 == CLAIM.len() => Claim::Sign,
            Claim::Name(at) if CLAIM.get(at) == Some(&byte) => Claim::Name(at + 1),
            _ => Claim::Name(usize::from(CLAIM.first() == Some(&byte))),
        };
        if let Claim::Number(number) = self.claim {
            self.claimed = self.claimed.max(number);
        }
    }
}
