//! 恢复密钥: how a terminal's data are opened again when nobody's passphrase does.
//!
//! `xunjian init` makes an X25519 key pair beside the site root; its public half, signed by the root, comes with the answer to
//! an enrolment. The terminal seals its database key for it (HPKE base mode, RFC 9180: X25519, HKDF-SHA256,
//! ChaCha20-Poly1305). To recover, the terminal writes a [`RecoveryRequest`]; whoever keeps the recovery key answers with the
//! same database key, sealed for a one-time key of that terminal. Neither file opens anything for anyone else, and neither
//! needs a network.

use data_encoding::BASE64;
use hpke::{
    Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::X25519HkdfSha256 as Suite,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunjian_domain::{
    hash::Sha256,
    ids::{SiteId, TerminalId},
};
use xunjian_proof::statement::Statement;
use zeroize::Zeroizing;

/// The public half of a site's recovery key. Signed by the site root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryKeyStatement {
    /// The site.
    pub site: SiteId,
    /// Base 64 of the 32 bytes of the X25519 public key.
    pub key: String,
}

impl Statement for RecoveryKeyStatement {
    const PAYLOAD_TYPE: &'static str = "application/vnd.xunjian.recovery-key.v1+json";
}

impl RecoveryKeyStatement {
    /// What is compared with the one on paper.
    ///
    /// # Errors
    /// [`RecoveryError`] when the key is not base 64.
    pub fn fingerprint(&self) -> Result<Sha256, RecoveryError> {
        Ok(Sha256::of(&BASE64.decode(self.key.as_bytes()).map_err(|_| RecoveryError)?))
    }
}

/// Something sealed, or a key, that is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this does not open with this key")]
pub struct RecoveryError;

/// A database key sealed for one public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SealedKey {
    /// Fingerprint of the public key it is sealed for: SHA-256 of its bytes.
    #[schema(value_type = String)]
    pub sealed_for: Sha256,
    /// Base 64: the encapsulated key.
    pub encapsulated: String,
    /// Base 64: the sealed database key.
    pub sealed: String,
}

/// What a terminal asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryRequest {
    /// The site.
    pub site: SiteId,
    /// The terminal.
    pub terminal: TerminalId,
    /// What people call it.
    pub terminal_name: String,
    /// Its database key, sealed for the site's recovery key.
    pub sealed: SealedKey,
    /// Base 64: the one-time key to seal the answer for.
    pub one_time_key: String,
}

/// What the keeper of the recovery key answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryAnswer {
    /// The site.
    pub site: SiteId,
    /// The terminal.
    pub terminal: TerminalId,
    /// Its database key, sealed for its one-time key.
    pub sealed: SealedKey,
}

/// An X25519 key pair: the site's recovery key, or a terminal's one-time key.
pub struct OneTimeKey {
    secret: <Suite as hpke::Kem>::PrivateKey,
    public: <Suite as hpke::Kem>::PublicKey,
}

impl OneTimeKey {
    /// A fresh pair from the randomness of the operating system.
    #[must_use]
    pub fn generate() -> Self {
        let (secret, public) = Suite::gen_keypair();
        Self { secret, public }
    }

    /// From the 32 bytes of the secret half.
    ///
    /// # Errors
    /// [`RecoveryError`] when they are not 32.
    pub fn from_secret(bytes: &[u8]) -> Result<Self, RecoveryError> {
        let secret = <Suite as hpke::Kem>::PrivateKey::from_bytes(bytes).map_err(|_| RecoveryError)?;
        let public = Suite::sk_to_pk(&secret);
        Ok(Self { secret, public })
    }

    /// The 32 bytes of the secret half.
    #[must_use]
    pub fn secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.secret.to_bytes().to_vec())
    }

    /// Base 64 of the public half.
    #[must_use]
    pub fn public(&self) -> String {
        BASE64.encode(&self.public.to_bytes())
    }

    /// Opens what was sealed for the public half.
    ///
    /// # Errors
    /// [`RecoveryError`] when it was sealed for another key, site, terminal or end.
    pub fn open(
        &self,
        what: Leg,
        about: (&SiteId, &TerminalId),
        sealed: &SealedKey,
    ) -> Result<DatabaseSecret, RecoveryError> {
        let decode = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| RecoveryError);
        let encapsulated = <Suite as hpke::Kem>::EncappedKey::from_bytes(&decode(&sealed.encapsulated)?);
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Suite>(
            &OpModeR::Base,
            &self.secret,
            &encapsulated.map_err(|_| RecoveryError)?,
            what.info(),
            &decode(&sealed.sealed)?,
            &names(about),
        )
        .map(Zeroizing::new)
        .map_err(|_| RecoveryError)?;
        let key: [u8; 32] = opened.as_slice().try_into().map_err(|_| RecoveryError)?;
        Ok(Zeroizing::new(key))
    }
}

/// A terminal's database key on its way.
pub type DatabaseSecret = Zeroizing<[u8; 32]>;

/// Which way a sealed key goes; one cannot be passed off as the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leg {
    /// From the terminal to the keeper of the recovery key.
    ToKeeper,
    /// From the keeper back.
    ToTerminal,
}

impl Leg {
    fn info(self) -> &'static [u8] {
        match self {
            Self::ToKeeper => b"xunjian recovery v1: to the keeper",
            Self::ToTerminal => b"xunjian recovery v1: to the terminal",
        }
    }
}

fn names((site, terminal): (&SiteId, &TerminalId)) -> Vec<u8> {
    format!("{site}\n{terminal}\n").into_bytes()
}

/// Seals a database key for a public key in base 64.
///
/// # Errors
/// [`RecoveryError`] when that is no key.
pub fn seal_for(
    public: &str,
    what: Leg,
    about: (&SiteId, &TerminalId),
    key: &[u8; 32],
) -> Result<SealedKey, RecoveryError> {
    let bytes = BASE64.decode(public.as_bytes()).map_err(|_| RecoveryError)?;
    let public = <Suite as hpke::Kem>::PublicKey::from_bytes(&bytes).map_err(|_| RecoveryError)?;
    let (encapsulated, sealed) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Suite>(
        &OpModeS::Base,
        &public,
        what.info(),
        key,
        &names(about),
    )
    .map_err(|_| RecoveryError)?;
    Ok(SealedKey {
        sealed_for: Sha256::of(&bytes),
        encapsulated: BASE64.encode(&encapsulated.to_bytes()),
        sealed: BASE64.encode(&sealed),
    })
}

impl RecoveryRequest {
    /// The keeper's part: opens the request and seals the same key for the terminal that asks.
    ///
    /// # Errors
    /// [`RecoveryError`] when the request was made for another recovery key, or was changed.
    pub fn answer(&self, recovery: &OneTimeKey) -> Result<RecoveryAnswer, RecoveryError> {
        let about = (&self.site, &self.terminal);
        let key = recovery.open(Leg::ToKeeper, about, &self.sealed)?;
        let sealed = seal_for(&self.one_time_key, Leg::ToTerminal, about, &key)?;
        Ok(RecoveryAnswer { site: self.site.clone(), terminal: self.terminal.clone(), sealed })
    }

    /// Six groups of four digits that keeper and inspector compare by telephone, so that the answer goes to the terminal it
    /// should go to.
    #[must_use]
    pub fn spoken(&self) -> String {
        let hex = Sha256::of(self.one_time_key.as_bytes()).to_hex();
        let groups: Vec<&str> = (0..6).map(|n| &hex[n * 4..n * 4 + 4]).collect();
        groups.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(recovery: &OneTimeKey, one_time: &OneTimeKey) -> RecoveryRequest {
        let (site, terminal) = (SiteId::new("gz"), TerminalId::new("terminal-1"));
        let sealed = seal_for(&recovery.public(), Leg::ToKeeper, (&site, &terminal), &[9; 32]).unwrap();
        RecoveryRequest { site, terminal, terminal_name: "平板A".into(), sealed, one_time_key: one_time.public() }
    }

    #[test]
    fn the_keeper_hands_the_key_back_to_the_terminal_that_asked_and_to_no_other() {
        let (recovery, one_time) = (OneTimeKey::generate(), OneTimeKey::generate());
        let request = request(&recovery, &one_time);
        assert_eq!(request.spoken().len(), 29);
        let answer = request.answer(&OneTimeKey::from_secret(&recovery.secret_bytes()).unwrap()).unwrap();
        let about = (&answer.site, &answer.terminal);
        assert_eq!(*one_time.open(Leg::ToTerminal, about, &answer.sealed).unwrap(), [9; 32]);
        assert!(OneTimeKey::generate().open(Leg::ToTerminal, about, &answer.sealed).is_err());
        let other = TerminalId::new("terminal-2");
        assert!(one_time.open(Leg::ToTerminal, (&answer.site, &other), &answer.sealed).is_err());
        assert!(one_time.open(Leg::ToKeeper, about, &answer.sealed).is_err(), "the way back is not the way there");
    }

    #[test]
    fn a_request_for_another_recovery_key_or_one_that_was_changed_is_refused() {
        let (recovery, one_time) = (OneTimeKey::generate(), OneTimeKey::generate());
        let request = request(&recovery, &one_time);
        assert_eq!(request.answer(&OneTimeKey::generate()), Err(RecoveryError));
        let renamed = RecoveryRequest { terminal: TerminalId::new("terminal-2"), ..request.clone() };
        assert_eq!(renamed.answer(&recovery), Err(RecoveryError));
        let mut bent = request;
        bent.sealed.sealed = BASE64.encode(&[0; 48]);
        assert_eq!(bent.answer(&recovery), Err(RecoveryError));
    }
}
