//! Enrolment: a one-time code binds new keys to a person. The keys count only once the site root has signed for them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunjian_domain::{
    ids::{PersonId, SiteId, TerminalId},
    party::Role,
};
use xunjian_proof::{
    statement::{PartyRef, SiteRoot},
    suite::{KeyId, PublicKey},
};

/// A terminal asks to be enrolled for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The one-time code, as typed or scanned.
    pub code: String,
    /// What people call the tablet.
    pub terminal_name: String,
    /// The terminal's public key.
    #[schema(value_type = Object)]
    pub terminal_key: PublicKey,
    /// The person's public key.
    #[schema(value_type = Object)]
    pub person_key: PublicKey,
    /// Base 64: the terminal key's signature over [`possession_message`].
    pub terminal_proof: String,
    /// Base 64: the person key's signature over [`possession_message`].
    pub person_proof: String,
}

/// The message both keys sign to prove that the terminal holds them.
#[must_use]
pub fn possession_message(site: &SiteId, code: &str, terminal: &KeyId, person: &KeyId) -> Vec<u8> {
    format!("xunjian-enrol-v1\n{site}\n{code}\n{terminal}\n{person}\n").into_bytes()
}

/// The terminal is known; its keys count as soon as the root has signed for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolAnswer {
    /// The terminal's id.
    #[schema(value_type = String)]
    pub terminal: TerminalId,
    /// The person's id.
    #[schema(value_type = String)]
    pub person: PersonId,
    /// The person's name.
    pub person_name: String,
    /// The organisation the person belongs to.
    #[schema(value_type = Object)]
    pub party: PartyRef,
    /// What the person may do.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<Role>,
    /// The site root; its fingerprint must be the one on paper.
    #[schema(value_type = Object)]
    pub site_root: SiteRoot,
    /// The envelope of the [`crate::recovery::RecoveryKeyStatement`], signed by the root; empty for a site without one
    /// and for a terminal that did not ask for it ([`crate::path::ACCEPTS`]).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub recovery_key: String,
}

/// What the QR code of an enrolment says: `XUNJIAN-ENROL:1?u=<url>&c=<code>&r=<fingerprint>`, values percent-encoded. The
/// fingerprint guards against a service that only pretends; the one on paper is still to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolInvite {
    /// Where the service answers: `https://xunjian.example`.
    pub service_url: String,
    /// The one-time code.
    pub code: String,
    /// Fingerprint of the site root, 64 hexadecimal digits.
    pub root_fingerprint: String,
}

/// A text that is not an invitation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not an enrolment code of version 1")]
pub struct NotAnInvite;

const INVITE: &str = "XUNJIAN-ENROL:1?";

impl EnrolInvite {
    /// The text of the QR code.
    #[must_use]
    pub fn to_text(&self) -> String {
        let (url, code, root) = (encode(&self.service_url), encode(&self.code), encode(&self.root_fingerprint));
        format!("{INVITE}u={url}&c={code}&r={root}")
    }

    /// Reads the text of a QR code. Fields it does not know are passed over.
    ///
    /// # Errors
    /// [`NotAnInvite`] also when a field is missing, stands twice or is empty.
    pub fn parse(text: &str) -> Result<Self, NotAnInvite> {
        let fields = text.trim().strip_prefix(INVITE).ok_or(NotAnInvite)?;
        let mut found = [None, None, None];
        for field in fields.split('&') {
            let (name, value) = field.split_once('=').ok_or(NotAnInvite)?;
            let Some(at) = ["u", "c", "r"].iter().position(|known| *known == name) else { continue };
            let value = decode(value).filter(|value| !value.is_empty()).ok_or(NotAnInvite)?;
            if found[at].replace(value).is_some() {
                return Err(NotAnInvite);
            }
        }
        let [Some(service_url), Some(code), Some(root_fingerprint)] = found else { return Err(NotAnInvite) };
        Ok(Self { service_url, code, root_fingerprint })
    }
}

fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        // Besides letters and digits what a QR reader and a URL parser both leave alone.
        if byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_reads_back_as_it_was_written() {
        let invite = EnrolInvite {
            service_url: "https://巡检.example:8731/a?b&c=d%".into(),
            code: "ABCD-EFGH".into(),
            root_fingerprint: "0f".repeat(32),
        };
        let text = invite.to_text();
        assert!(text.is_ascii() && text.starts_with("XUNJIAN-ENROL:1?u=https://%E5"), "{text}");
        assert_eq!(EnrolInvite::parse(&text), Ok(invite.clone()));
        assert_eq!(EnrolInvite::parse(&format!(" {text}&later=1\n")), Ok(invite), "newer fields do not hurt");
    }

    #[test]
    fn anything_else_is_no_invitation() {
        let wrong = [
            "",
            "XUNJIAN-ENROL:2?u=a&c=b&r=c",
            "XUNJIAN-ENROL:1?u=a&c=b",
            "XUNJIAN-ENROL:1?u=a&c=b&r=",
            "XUNJIAN-ENROL:1?u=a&u=b&c=b&r=c",
            "XUNJIAN-ENROL:1?u=%4&c=b&r=c",
            "XUNJIAN-ENROL:1?u=%FF&c=b&r=c",
            "XUNJIAN-ENROL:1?u",
            "HTTPS://XUNJIAN.EXAMPLE/L/ABC",
        ];
        for text in wrong {
            assert_eq!(EnrolInvite::parse(text), Err(NotAnInvite), "{text}");
        }
    }
}
