//! Signed notes, checkpoints and cosignatures as C2SP specifies them (`signed-note`, `tlog-checkpoint`,
//! `tlog-cosignature`), so that public tools check our log.

use data_encoding::BASE64;
use xunjian_domain::hash::Sha256;

use crate::suite::{PublicKey, Signer, SuiteError};

/// Algorithm byte of an Ed25519 note signature.
const ED25519: u8 = 0x01;
/// Algorithm byte of a timestamped Ed25519 cosignature.
const COSIGNATURE_V1: u8 = 0x04;

/// Why a note is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a signed note, or its text is not a checkpoint.
    #[error("not a signed checkpoint: {0}")]
    Malformed(&'static str),
    /// Another log.
    #[error("the checkpoint is of the log “{0}”, not of this site's")]
    WrongOrigin(String),
    /// No signature by this key.
    #[error("the checkpoint is not signed by “{0}”")]
    NotSignedBy(String),
    /// The signature is wrong.
    #[error("the signature of “{0}” on the checkpoint is wrong")]
    BadSignature(String),
    /// The key cannot be used for notes.
    #[error(transparent)]
    Suite(#[from] SuiteError),
}

/// The state of a log: its size and root (日志检查点).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// First line: names the log.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// Root hash.
    pub root: Sha256,
}

/// A checkpoint with its signatures and cosignatures, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// Name and bytes of each signature line.
    signatures: Vec<(String, Vec<u8>)>,
}

impl Checkpoint {
    /// The note body: three lines, each ended by a newline.
    #[must_use]
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root.0))
    }

    fn parse(body: &str) -> Result<Self, NoteError> {
        let mut lines = body.split('\n');
        let (origin, size, root) = (lines.next(), lines.next(), lines.next());
        let (Some(origin), Some(size), Some(root)) = (origin, size, root) else {
            return Err(NoteError::Malformed("a checkpoint has three lines"));
        };
        let number: u64 = size.parse().map_err(|_| NoteError::Malformed("the size is not a number"))?;
        let root = BASE64
            .decode(root.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Sha256)
            .ok_or(NoteError::Malformed("the root is not a hash in base 64"))?;
        let checkpoint = Self { origin: origin.to_owned(), size: number, root };
        // Rebuilding refuses leading zeroes, extension lines and every other spelling.
        if checkpoint.body() != body {
            return Err(NoteError::Malformed("not in its one spelling"));
        }
        Ok(checkpoint)
    }

    /// Signs the checkpoint as the log; the key's name is the origin.
    ///
    /// # Errors
    /// [`NoteError::Suite`] when the key is not Ed25519 or cannot sign.
    pub fn sign(self, log: &dyn Signer) -> Result<SignedCheckpoint, NoteError> {
        let id = key_id(&self.origin, ED25519, &log.public_key())?;
        let signature = [id.as_slice(), &log.sign(self.body().as_bytes())?].concat();
        let name = self.origin.clone();
        Ok(SignedCheckpoint { checkpoint: self, signatures: vec![(name, signature)] })
    }
}

impl SignedCheckpoint {
    /// Reads a signed checkpoint. Checks no signature.
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let (body, lines) = text.split_once("\n\n").ok_or(NoteError::Malformed("no signatures"))?;
        let checkpoint = Checkpoint::parse(&format!("{body}\n"))?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed("the last line does not end"))?;
        let signatures = lines
            .split('\n')
            .map(|line| {
                let (name, signature) = line
                    .strip_prefix("— ")
                    .and_then(|line| line.split_once(' '))
                    .ok_or(NoteError::Malformed("a signature line is broken"))?;
                let bytes = BASE64
                    .decode(signature.as_bytes())
                    .map_err(|_| NoteError::Malformed("a signature is not base 64"))?;
                if name.is_empty() || bytes.len() < 5 {
                    return Err(NoteError::Malformed("a signature line is broken"));
                }
                Ok((name.to_owned(), bytes))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { checkpoint, signatures })
    }

    /// Checks that the log with this key signed it, and that it is the log wanted.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn verify_log(&self, origin: &str, key: &PublicKey) -> Result<(), NoteError> {
        if self.checkpoint.origin != origin {
            return Err(NoteError::WrongOrigin(self.checkpoint.origin.clone()));
        }
        let signature = self.signature_of(origin, ED25519, key)?;
        key.verify(self.checkpoint.body().as_bytes(), signature).map_err(|_| NoteError::BadSignature(origin.to_owned()))
    }

    /// Adds a cosignature with the time, in seconds since the epoch (C2SP `tlog-cosignature` v1).
    ///
    /// # Errors
    /// [`NoteError::Suite`] when the key is not Ed25519 or cannot sign.
    pub fn cosign(&mut self, name: &str, seconds: u64, cosigner: &dyn Signer) -> Result<(), NoteError> {
        let id = key_id(name, COSIGNATURE_V1, &cosigner.public_key())?;
        let signature = cosigner.sign(&self.cosigned_message(seconds))?;
        let line = [id.as_slice(), &seconds.to_be_bytes(), &signature].concat();
        self.signatures.retain(|(known, bytes)| known != name || bytes[..4] != id);
        self.signatures.push((name.to_owned(), line));
        Ok(())
    }

    /// Checks a cosignature and returns its time in seconds since the epoch.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn cosigned_at(&self, name: &str, key: &PublicKey) -> Result<u64, NoteError> {
        let bytes = self.signature_of(name, COSIGNATURE_V1, key)?;
        let (time, signature) =
            bytes.split_first_chunk::<8>().ok_or(NoteError::Malformed("a cosignature without a time"))?;
        let seconds = u64::from_be_bytes(*time);
        key.verify(&self.cosigned_message(seconds), signature).map_err(|_| NoteError::BadSignature(name.to_owned()))?;
        Ok(seconds)
    }

    /// Who signed, as the lines say: name and the first four bytes of the key's hash. Checks nothing.
    pub fn signers(&self) -> impl Iterator<Item = (&str, [u8; 4])> {
        self.signatures.iter().map(|(name, bytes)| (name.as_str(), [bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// The line of a cosignature that verifies, as it stands in the note, to be kept apart from it.
    ///
    /// # Errors
    /// As [`SignedCheckpoint::cosigned_at`].
    pub fn cosignature_line(&self, name: &str, key: &PublicKey) -> Result<String, NoteError> {
        self.cosigned_at(name, key)?;
        let id = key_id(name, COSIGNATURE_V1, key)?;
        let line = self.signatures.iter().find(|(known, bytes)| known == name && bytes[..4] == id);
        let (name, bytes) = line.ok_or_else(|| NoteError::NotSignedBy(name.to_owned()))?;
        Ok(format!("— {name} {}", BASE64.encode(bytes)))
    }

    /// The note with one more signature line, as [`SignedCheckpoint::cosignature_line`] gave it. Checks no signature.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] when it is no such line.
    pub fn with_line(&self, line: &str) -> Result<Self, NoteError> {
        Self::parse(&format!("{self}{line}\n"))
    }

    fn cosigned_message(&self, seconds: u64) -> Vec<u8> {
        format!("cosignature/v1\ntime {seconds}\n{}", self.checkpoint.body()).into_bytes()
    }

    fn signature_of(&self, name: &str, algorithm: u8, key: &PublicKey) -> Result<&[u8], NoteError> {
        let id = key_id(name, algorithm, key)?;
        self.signatures
            .iter()
            .find(|(known, bytes)| known == name && bytes[..4] == id)
            .map(|(_, bytes)| &bytes[4..])
            .ok_or_else(|| NoteError::NotSignedBy(name.to_owned()))
    }
}

impl std::fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.checkpoint.body())?;
        self.signatures.iter().try_for_each(|(name, bytes)| writeln!(f, "— {name} {}", BASE64.encode(bytes)))
    }
}

/// First four bytes of SHA-256(name ‖ newline ‖ algorithm ‖ key).
fn key_id(name: &str, algorithm: u8, key: &PublicKey) -> Result<[u8; 4], NoteError> {
    let mut input = name.as_bytes().to_vec();
    input.extend_from_slice(&[b'\n', algorithm]);
    input.extend_from_slice(&key.ed25519_bytes()?);
    let digest = Sha256::of(&input);
    Ok([digest.0[0], digest.0[1], digest.0[2], digest.0[3]])
}

/// The first four bytes of the hash that names a cosigner's key in a note.
///
/// # Errors
/// [`NoteError::Suite`] when the key is not Ed25519.
pub fn cosignature_key_id(name: &str, key: &PublicKey) -> Result<[u8; 4], NoteError> {
    key_id(name, COSIGNATURE_V1, key)
}

/// The verifier key of a cosigner as other C2SP tools take it (`name+hash+base64`, algorithm 4).
///
/// # Errors
/// [`NoteError::Suite`] when the key is not Ed25519.
pub fn cosigner_verifier_key(name: &str, key: &PublicKey) -> Result<String, NoteError> {
    let id = cosignature_key_id(name, key)?;
    let material = [[COSIGNATURE_V1].as_slice(), &key.ed25519_bytes()?].concat();
    Ok(format!("{name}+{}+{}", data_encoding::HEXLOWER.encode(&id), BASE64.encode(&material)))
}

/// A verifier key as C2SP tools write it: who signs under which name, with which key, and whether with the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    /// The name.
    pub name: String,
    /// Whether it cosigns with the time (algorithm 4) rather than signs (1).
    pub is_cosigner: bool,
    /// The key.
    pub key: PublicKey,
}

impl std::str::FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let malformed = || NoteError::Malformed("a verifier key is written name+hash+key");
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(hash), Some(material)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed());
        };
        let material = BASE64.decode(material.as_bytes()).map_err(|_| malformed())?;
        let (algorithm, raw) = material.split_first().ok_or_else(malformed)?;
        let raw: &[u8; 32] = raw.try_into().map_err(|_| malformed())?;
        let key = PublicKey::ed25519(raw);
        if !matches!(*algorithm, ED25519 | COSIGNATURE_V1) {
            return Err(malformed());
        }
        // The hash in the middle is there to catch a slip of the pen.
        if data_encoding::HEXLOWER.encode(&key_id(name, *algorithm, &key)?) != hash {
            return Err(NoteError::Malformed("the verifier key has another hash than it says"));
        }
        Ok(Self { name: name.to_owned(), is_cosigner: *algorithm == COSIGNATURE_V1, key })
    }
}

/// The verifier key of a log as other C2SP tools take it (`name+hash+base64`).
///
/// # Errors
/// [`NoteError::Suite`] when the key is not Ed25519.
pub fn verifier_key(name: &str, key: &PublicKey) -> Result<String, NoteError> {
    let id = key_id(name, ED25519, key)?;
    let material = [[ED25519].as_slice(), &key.ed25519_bytes()?].concat();
    Ok(format!("{name}+{}+{}", data_encoding::HEXLOWER.encode(&id), BASE64.encode(&material)))
}
