//! The short code printed beside a QR label for hand entry: eight characters and two check characters.
//!
//! Characters are those of Crockford's base 32 (no I, L, O, U); the check is ISO/IEC 7064 MOD 1271-36, which finds every
//! single wrong character, every transposition of neighbours and nearly all other slips. The code names a print; it is
//! not a secret and proves nothing by itself.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::hash::Sha256;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ISO_7064: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A label's code, e.g. `7K3M-9QTX-4F`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
pub struct LabelCode([u8; 10]);

/// A typed code that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not ten characters.
    #[error("a label code has 10 characters, this has {0}")]
    Length(usize),
    /// A character that no code holds.
    #[error("“{0}” is in no label code")]
    Character(char),
    /// The check characters do not fit.
    #[error("the check characters do not fit: one character is wrong or two are swapped")]
    Check,
}

impl LabelCode {
    /// The code of a print: the first 40 bits of the hash of its id. The service keeps codes unique within a site.
    #[must_use]
    pub fn of_print(print_id: &str) -> Self {
        let digest = Sha256::of(print_id.as_bytes());
        let mut bits = digest.0[..5].iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let mut code = [0_u8; 10];
        for place in code[..8].iter_mut().rev() {
            *place = ALPHABET[(bits & 31) as usize];
            bits >>= 5;
        }
        let check = check_characters(&code[..8]);
        code[8..].copy_from_slice(&check);
        Self(code)
    }

    fn as_text(&self) -> String {
        self.0.iter().map(|byte| char::from(*byte)).collect()
    }
}

/// ISO/IEC 7064 MOD 1271-36: the two characters that make the number a multiple of 1271, plus one.
fn check_characters(body: &[u8]) -> [u8; 2] {
    // Every character comes from ALPHABET or was checked against ISO_7064, so it has a value.
    let value = |byte: &u8| ISO_7064.iter().position(|known| known == byte).unwrap_or(0) as u32;
    let product = body.iter().fold(0_u32, |sum, byte| (sum + value(byte)) * 36 % 1271);
    let check = (1 + 1271 - product * 36 % 1271) % 1271;
    [ISO_7064[(check / 36) as usize], ISO_7064[(check % 36) as usize]]
}

impl fmt::Display for LabelCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.as_text();
        write!(f, "{}-{}-{}", &text[..4], &text[4..8], &text[8..])
    }
}

impl FromStr for LabelCode {
    type Err = CodeError;

    /// Reads what people type: any case, with or without dashes and spaces; O is read as 0, I and L as 1.
    fn from_str(typed: &str) -> Result<Self, CodeError> {
        let mut characters = Vec::with_capacity(10);
        for character in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            // Full-width letters and digits come out of Chinese input methods.
            let narrow = match character {
                '\u{FF01}'..='\u{FF5E}' => char::from_u32(character as u32 - 0xFEE0).unwrap_or(character),
                other => other,
            };
            characters.push(narrow.to_ascii_uppercase());
        }
        if characters.len() != 10 {
            return Err(CodeError::Length(characters.len()));
        }
        let mut code = [0_u8; 10];
        for (at, (place, character)) in code.iter_mut().zip(characters).enumerate() {
            let character = match character {
                'O' if at < 8 => '0',
                'I' | 'L' if at < 8 => '1',
                other => other,
            };
            let known: &[u8] = if at < 8 { ALPHABET } else { ISO_7064 };
            *place = u8::try_from(character)
                .ok()
                .filter(|byte| known.contains(byte))
                .ok_or(CodeError::Character(character))?;
        }
        if check_characters(&code[..8]) != code[8..] {
            return Err(CodeError::Check);
        }
        Ok(Self(code))
    }
}

impl Serialize for LabelCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LabelCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_characters_agree_with_the_example_of_the_standard() {
        // ISO/IEC 7064: “ISO79” has the check characters “3W” in MOD 1271-36.
        assert_eq!(&check_characters(b"ISO79"), b"3W");
    }

    #[test]
    fn every_single_slip_and_every_swap_of_neighbours_is_found() {
        let code = LabelCode::of_print("0190a7c2-0000-7000-8000-000000000001").as_text();
        for at in 0..8 {
            for other in ALPHABET {
                let mut typed = code.clone().into_bytes();
                if typed[at] == *other {
                    continue;
                }
                typed[at] = *other;
                let typed = String::from_utf8(typed).unwrap();
                assert_eq!(typed.parse::<LabelCode>(), Err(CodeError::Check), "{typed} differs from {code}");
            }
        }
        for at in 0..7 {
            let mut typed = code.clone().into_bytes();
            if typed[at] == typed[at + 1] {
                continue;
            }
            typed.swap(at, at + 1);
            assert!(String::from_utf8(typed).unwrap().parse::<LabelCode>().is_err());
        }
    }

    #[test]
    fn people_may_type_it_their_way() {
        let code = LabelCode::of_print("print-1");
        let text = code.to_string();
        let wide: String = code.as_text().chars().map(|c| char::from_u32(c as u32 + 0xFEE0).unwrap()).collect();
        for typed in [text.to_lowercase(), text.replace('-', " "), text.replace('-', ""), wide] {
            assert_eq!(typed.parse::<LabelCode>().as_ref(), Ok(&code), "{typed}");
        }
        assert_eq!("7K3M".parse::<LabelCode>(), Err(CodeError::Length(4)));
    }
}
