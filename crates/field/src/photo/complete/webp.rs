//! WebP: a RIFF container whose chunks fill exactly the size it announces (RFC 9649, § 2.3 and following).

use super::Flaw;

pub(super) fn check(bytes: &[u8]) -> Result<(), Flaw> {
    let announced = size(bytes, 4)?.checked_add(8).ok_or(Flaw::CutOff)?;
    let riff = bytes.get(..announced).ok_or(Flaw::CutOff)?;
    let mut has_picture = false;
    let mut at = 12;
    while at < riff.len() {
        let length = size(riff, at + 4)?;
        has_picture |= matches!(&riff[at..at + 4], b"VP8 " | b"VP8L" | b"ANMF");
        // Chunks of odd length are padded to even.
        at = at.checked_add(8 + length + length % 2).ok_or(Flaw::CutOff)?;
    }
    match (at == riff.len(), has_picture) {
        (true, true) => Ok(()),
        (true, false) => Err(Flaw::Broken("WebP without a picture")),
        (false, _) => Err(Flaw::Broken("WebP chunk longer than the file says")),
    }
}

fn size(bytes: &[u8], at: usize) -> Result<usize, Flaw> {
    let word = bytes.get(at..at + 4).ok_or(Flaw::CutOff)?;
    Ok(u32::from_le_bytes([word[0], word[1], word[2], word[3]]) as usize)
}
