//! PNG: chunks with right check sums up to IEND (W3C PNG, third edition, § 5).

use super::Flaw;

pub(super) fn check(bytes: &[u8]) -> Result<(), Flaw> {
    let mut at = 8;
    loop {
        let length = word(bytes, at)? as usize;
        let data_end = at.checked_add(8).and_then(|start| start.checked_add(length)).ok_or(Flaw::CutOff)?;
        // The check sum covers type and data, not the length.
        let covered = bytes.get(at + 4..data_end).ok_or(Flaw::CutOff)?;
        if word(bytes, data_end)? != crc32(covered) {
            return Err(Flaw::Broken("PNG chunk with a wrong check sum"));
        }
        if covered.starts_with(b"IEND") {
            return Ok(());
        }
        at = data_end + 4;
    }
}

fn word(bytes: &[u8], at: usize) -> Result<u32, Flaw> {
    let word = at.checked_add(4).and_then(|end| bytes.get(at..end)).ok_or(Flaw::CutOff)?;
    Ok(u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
}

/// The CRC of annex D, by table.
fn crc32(bytes: &[u8]) -> u32 {
    static TABLE: [u32; 256] = table();
    !bytes.iter().fold(!0, |crc, &byte| TABLE[usize::from(crc as u8 ^ byte)] ^ (crc >> 8))
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut value = 0;
    while value < 256 {
        let mut crc = value as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
            bit += 1;
        }
        table[value] = crc;
        value += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn check_sum_of_the_end_chunk_is_the_one_every_png_ends_with() {
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
    }
}
