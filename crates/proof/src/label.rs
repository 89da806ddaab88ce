//! The payload of a QR label: `HTTPS://<HOST>/L/<base 32>`, upper case so that it packs in alphanumeric mode.
//!
//! The base 32 part (RFC 4648, no padding) is kind (1 byte), key id (4 bytes), print id (16 bytes), signature (64 bytes).
//! What is signed is `xunjian-label-v1`, a newline, the site id, a newline, and the first 21 bytes. A decoder's error
//! correction is no integrity check; this signature is. It proves who printed the label, not where it hangs.

use data_encoding::BASE32_NOPAD;
use xunjian_domain::{
    ids::{LabelPrintId, SiteId},
    subject::SubjectKind,
};

use crate::suite::{KeyId, PublicKey, Signer, SuiteError};

/// What a label is stuck to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelKind {
    /// 机房.
    Room,
    /// 机柜.
    Rack,
    /// 资产.
    Asset,
}

impl LabelKind {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Room, Self::Rack, Self::Asset].into_iter().find(|kind| kind.byte() == byte)
    }

    fn byte(self) -> u8 {
        match self {
            Self::Room => 1,
            Self::Rack => 2,
            Self::Asset => 3,
        }
    }

    /// The label kind for a subject; clusters and systems have no label.
    #[must_use]
    pub fn of(subject: SubjectKind) -> Option<Self> {
        match subject {
            SubjectKind::Room => Some(Self::Room),
            SubjectKind::Rack => Some(Self::Rack),
            kind if kind.is_asset() => Some(Self::Asset),
            _ => None,
        }
    }
}

/// A label's payload with its signature unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelPayload {
    /// The host of the site that printed it, lower case.
    pub host: String,
    kind: LabelKind,
    /// Which label key signed.
    key: [u8; 4],
    /// The print.
    print: [u8; 16],
    signature: Vec<u8>,
}

/// Why a text is no label of this site.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// Some other code: a serial number, a web page, Wi-Fi.
    #[error("not an inspection label")]
    NotALabel,
    /// A label of another site.
    #[error("a label of another site ({0})")]
    Foreign(String),
    /// Our form, but nobody of this site signed it.
    #[error("the label's signature is wrong: it was not printed by this site")]
    Forged,
    /// The print id is not a UUID, or the key cannot sign.
    #[error("the label cannot be signed: {0}")]
    CannotSign(String),
}

/// The four bytes that name a label key inside a payload: the first of its SPKI's SHA-256.
#[must_use]
pub fn label_key_id(key: &PublicKey) -> [u8; 4] {
    let digest = xunjian_domain::hash::Sha256::of(&key.spki);
    [digest.0[0], digest.0[1], digest.0[2], digest.0[3]]
}

fn message(site: &SiteId, head: &[u8]) -> Vec<u8> {
    [b"xunjian-label-v1\n", site.as_str().as_bytes(), b"\n", head].concat()
}

/// The text of a label's QR code.
///
/// # Errors
/// [`LabelError::CannotSign`] when the print id is not a UUID or the key is out of reach.
pub fn print(
    host: &str,
    site: &SiteId,
    kind: LabelKind,
    print: &LabelPrintId,
    press: &dyn Signer,
) -> Result<String, LabelError> {
    let hex: String = print.as_str().chars().filter(|c| *c != '-').collect();
    let id = data_encoding::HEXLOWER
        .decode(hex.as_bytes())
        .ok()
        .filter(|id| id.len() == 16)
        .ok_or_else(|| LabelError::CannotSign(format!("“{print}” is not a UUID")))?;
    let head = [[kind.byte()].as_slice(), &label_key_id(&press.public_key()), &id].concat();
    let signature =
        press.sign(&message(site, &head)).map_err(|error: SuiteError| LabelError::CannotSign(error.to_string()))?;
    Ok(format!("HTTPS://{}/L/{}", host.to_ascii_uppercase(), BASE32_NOPAD.encode(&[head, signature].concat())))
}

impl LabelPayload {
    /// Reads a label's text. Checks no signature.
    ///
    /// # Errors
    /// [`LabelError::NotALabel`].
    pub fn parse(text: &str) -> Result<Self, LabelError> {
        let upper = text.trim().to_ascii_uppercase();
        let rest = upper.strip_prefix("HTTPS://").ok_or(LabelError::NotALabel)?;
        let (host, body) = rest.split_once("/L/").ok_or(LabelError::NotALabel)?;
        let bytes = BASE32_NOPAD.decode(body.as_bytes()).map_err(|_| LabelError::NotALabel)?;
        let (head, signature) = bytes.split_at_checked(21).ok_or(LabelError::NotALabel)?;
        let kind = LabelKind::from_byte(head[0]).filter(|_| signature.len() == 64).ok_or(LabelError::NotALabel)?;
        let (mut key, mut print) = ([0; 4], [0; 16]);
        key.copy_from_slice(&head[1..5]);
        print.copy_from_slice(&head[5..]);
        Ok(Self { host: host.to_ascii_lowercase(), kind, key, print, signature: signature.to_vec() })
    }

    /// What the label says it is stuck to. Untrusted until [`Self::verify`] passed.
    #[must_use]
    pub fn kind(&self) -> LabelKind {
        self.kind
    }

    /// The print, as UUID text. Untrusted until [`Self::verify`] passed.
    #[must_use]
    pub fn print_id(&self) -> LabelPrintId {
        let hex = data_encoding::HEXLOWER.encode(&self.print);
        LabelPrintId::new(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
    }

    /// Checks that one of the site's label keys printed it, and says which.
    ///
    /// # Errors
    /// [`LabelError::Foreign`] for another site's host, [`LabelError::Forged`] when no key of this site fits.
    pub fn verify(&self, host: &str, site: &SiteId, keys: &[PublicKey]) -> Result<(LabelPrintId, KeyId), LabelError> {
        if !self.host.eq_ignore_ascii_case(host) {
            return Err(LabelError::Foreign(self.host.clone()));
        }
        let head = [[self.kind.byte()].as_slice(), &self.key, &self.print].concat();
        let signed = message(site, &head);
        let is_right = |key: &&PublicKey| label_key_id(key) == self.key && key.verify(&signed, &self.signature).is_ok();
        keys.iter().find(is_right).map(|key| (self.print_id(), key.id())).ok_or(LabelError::Forged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Ed25519Signer;

    #[test]
    fn a_label_is_short_and_every_changed_character_is_noticed() {
        let press = Ed25519Signer::from_seed(&[9; 32]);
        let site = SiteId::new("gz-demo");
        let id = LabelPrintId::new("0190a7c2-1111-7000-8000-000000000001");
        let text = print("xunjian.example", &site, LabelKind::Rack, &id, &press).unwrap();
        assert!(text.len() <= 170, "about QR version 7 at level M: {} characters", text.len());
        assert_eq!(
            LabelPayload::parse(&text).unwrap().verify("xunjian.example", &site, &[press.public_key()]),
            Ok((id, press.public_key().id()))
        );
        assert_eq!(LabelPayload::parse(&text).unwrap().kind(), LabelKind::Rack);
        let body = text.find("/L/").unwrap() + 3;
        for at in body..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let read = LabelPayload::parse(&changed)
                .and_then(|payload| payload.verify("xunjian.example", &site, &[press.public_key()]));
            assert!(read.is_err(), "character {at} was changed and nobody noticed");
        }
    }

    #[test]
    fn other_codes_other_sites_and_forgeries_are_told_apart() {
        let (press, forger) = (Ed25519Signer::from_seed(&[9; 32]), Ed25519Signer::from_seed(&[8; 32]));
        let site = SiteId::new("gz-demo");
        let id = LabelPrintId::new("0190a7c2-1111-7000-8000-000000000001");
        let read =
            |text: &str| LabelPayload::parse(text).and_then(|p| p.verify("a.example", &site, &[press.public_key()]));
        assert_eq!(read("9XHMGZKRWGCM"), Err(LabelError::NotALabel));
        assert_eq!(read("https://a.example/L/AAAA"), Err(LabelError::NotALabel));
        let foreign = print("b.example", &site, LabelKind::Rack, &id, &press).unwrap();
        assert_eq!(read(&foreign), Err(LabelError::Foreign("b.example".into())));
        let forged = print("a.example", &site, LabelKind::Rack, &id, &forger).unwrap();
        assert_eq!(read(&forged), Err(LabelError::Forged));
        let other_site = print("a.example", &SiteId::new("other"), LabelKind::Rack, &id, &press).unwrap();
        assert_eq!(read(&other_site), Err(LabelError::Forged), "a key used for two sites does not mix their labels");
        let from_phone = print("a.example", &site, LabelKind::Rack, &id, &press).unwrap().to_lowercase();
        assert_eq!(read(&from_phone), Ok((id, press.public_key().id())), "phones lower the case");
    }
}
