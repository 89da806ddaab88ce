//! The bytes of the archive around the files' own: APPNOTE.TXT 6.3.10, of which one spelling is used. Stored entries, names of
//! lower-case ASCII, one fixed date, no flags, no comments, no data descriptors, no extra field but the offset of a file that
//! begins beyond 4 GiB, and nothing between or after.

/// Largest file of a pack: sizes stand in 32 bits, offsets in 64.
pub const MAX_FILE_BYTES: u64 = (u32::MAX - 1) as u64;
/// Where an offset no longer fits its 32 bits.
const TOO_FAR: u64 = u32::MAX as u64;
/// As many entries as fit 16 bits.
const TOO_MANY: u64 = u16::MAX as u64;
/// 1980-01-01, the first day of the format: a pack tells no time by its archive.
const DATE: u16 = 0x0021;
/// Version needed to extract a stored file.
const STORED: u16 = 10;
/// Version needed for what stands in 64 bits.
const ZIP64: u16 = 45;

/// Bytes of a local header beside the name.
pub const LOCAL_HEADER_BYTES: u64 = 30;

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn low32(number: u64) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

fn low16(number: u64) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

/// What a header says of a file, alike in both places: flags, method, time, date, checksum, both sizes, length of the name.
fn described(name: &str, bytes: u64, crc: u32) -> Vec<u8> {
    let (size, length) = (low32(bytes), low16(name.len() as u64));
    let (zero, date) = (0_u16.to_le_bytes(), DATE.to_le_bytes());
    join(&[&zero, &zero, &zero, &date, &crc.to_le_bytes(), &size, &size, &length])
}

/// The header before a file's bytes.
#[must_use]
pub fn local_header(name: &str, bytes: u64, crc: u32) -> Vec<u8> {
    let described = described(name, bytes, crc);
    join(&[b"PK\x03\x04", &STORED.to_le_bytes(), &described, &0_u16.to_le_bytes(), name.as_bytes()])
}

/// A file's entry in the directory; `offset` is where its header begins.
#[must_use]
pub fn directory_entry(name: &str, bytes: u64, crc: u32, offset: u64) -> Vec<u8> {
    let is_far = offset >= TOO_FAR;
    let extra =
        if is_far { join(&[&1_u16.to_le_bytes(), &8_u16.to_le_bytes(), &offset.to_le_bytes()]) } else { Vec::new() };
    let version = if is_far { ZIP64 } else { STORED }.to_le_bytes();
    join(&[
        b"PK\x01\x02",
        &ZIP64.to_le_bytes(),
        &version,
        &described(name, bytes, crc),
        &low16(extra.len() as u64),
        // Length of the comment, number of the disk, internal attributes; external attributes.
        &[0; 6],
        &[0; 4],
        &low32(offset),
        name.as_bytes(),
        &extra,
    ])
}

/// What follows the directory and ends the archive.
#[must_use]
pub fn end(entries: u64, directory_bytes: u64, directory_offset: u64) -> Vec<u8> {
    let needs_64 = entries >= TOO_MANY || directory_bytes >= TOO_FAR || directory_offset >= TOO_FAR;
    let of_64 = if needs_64 {
        let record_at = directory_offset + directory_bytes;
        join(&[
            b"PK\x06\x06",
            &44_u64.to_le_bytes(),
            &ZIP64.to_le_bytes(),
            &ZIP64.to_le_bytes(),
            &[0; 8],
            &entries.to_le_bytes(),
            &entries.to_le_bytes(),
            &directory_bytes.to_le_bytes(),
            &directory_offset.to_le_bytes(),
            b"PK\x06\x07",
            &[0; 4],
            &record_at.to_le_bytes(),
            &1_u32.to_le_bytes(),
        ])
    } else {
        Vec::new()
    };
    join(&[
        &of_64,
        b"PK\x05\x06",
        &[0; 4],
        &low16(entries),
        &low16(entries),
        &low32(directory_bytes),
        &low32(directory_offset),
        &[0; 2],
    ])
}
