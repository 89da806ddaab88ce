//! Reading a bundle, in two passes over the file and with one frame in memory.
//!
//! [`verify`] reads all of it and checks the sender's signature, so that nothing of a bundle is used before all of it is known to
//! be what was signed. [`Contents`] then opens it. It insists on the same header and the same encapsulated key: only the signer and
//! the recipient have the key that follows from those, so a file that is exchanged between the passes opens nothing.

use std::io::{ErrorKind, Read};

use hpke::{
    Deserializable as _, OpModeR, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::X25519HkdfSha256 as Suite,
    setup_receiver,
};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256 as Hasher};
use xunjian_domain::hash::Sha256;

use super::{
    FRAME_BYTES, Header, Item, MAGIC, MAX_HEADER_BYTES, RelayError, RelayKey, TAG_BYTES, VERSION, signed_message,
};

type Context = hpke::aead::AeadCtxR<ChaCha20Poly1305, HkdfSha256, Suite>;

/// Longest signature of any suite.
const MAX_SIGNATURE: usize = 512;
const ENCAPSULATED: usize = 32;

/// A bundle whose signature is right. Whether its sender is anyone is for the caller to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What everybody may read.
    pub header: Header,
    /// SHA-256 of everything before the signature.
    pub content: Sha256,
    /// Bytes of the file.
    pub bytes: u64,
    opening: Vec<u8>,
}

/// What stands before the frames.
struct Opening {
    header: Header,
    header_bytes: Vec<u8>,
    encapsulated: Vec<u8>,
    all: Vec<u8>,
}

/// Reads a whole bundle and checks that its header's sender signed all of it.
///
/// # Errors
/// [`RelayError`]: what the file is instead.
pub fn verify(mut from: impl Read) -> Result<Verified, RelayError> {
    let opening = open(&mut from)?;
    let mut hasher = Hasher::new_with_prefix(&opening.all);
    let mut bytes = opening.all.len() as u64;
    let mut frame = Vec::new();
    loop {
        let (is_last, length) = frame_into(&mut from, &mut frame)?;
        hasher.update(length);
        hasher.update(&frame);
        bytes += 4 + frame.len() as u64;
        if is_last {
            break;
        }
    }
    let mut length = [0; 2];
    fill(&mut from, &mut length)?;
    let length = usize::from(u16::from_be_bytes(length));
    if length == 0 || length > MAX_SIGNATURE {
        return Err(RelayError::Tampered("the signature"));
    }
    let mut signature = vec![0; length];
    fill(&mut from, &mut signature)?;
    if from.read(&mut [0])? != 0 {
        return Err(RelayError::Tampered("there is something behind its end"));
    }
    let content = Sha256(hasher.finalize().into());
    let sender = &opening.header.sender;
    sender.verify(&signed_message(&content), &signature).map_err(|_| RelayError::Tampered("the signature"))?;
    let bytes = bytes + 2 + length as u64;
    Ok(Verified { header: opening.header, content, bytes, opening: opening.all })
}

fn open(from: &mut impl Read) -> Result<Opening, RelayError> {
    let mut all = vec![0; MAGIC.len() + 6];
    match from.read_exact(&mut all) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Err(RelayError::NotABundle),
        other => other?,
    }
    let Some((version, length)) = all.strip_prefix(MAGIC).and_then(|rest| rest.split_first_chunk::<2>()) else {
        return Err(RelayError::NotABundle);
    };
    let version = u16::from_be_bytes(*version);
    if version > VERSION {
        return Err(RelayError::NewerVersion(version));
    }
    let length = length.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes)) as usize;
    if version == 0 || length > MAX_HEADER_BYTES {
        return Err(RelayError::Tampered("the header"));
    }
    let mut header_bytes = vec![0; length];
    fill(from, &mut header_bytes)?;
    let header: Header = serde_json::from_slice(&header_bytes).map_err(|_| RelayError::Tampered("the header"))?;
    let mut encapsulated = vec![0; ENCAPSULATED];
    fill(from, &mut encapsulated)?;
    all.extend(&header_bytes);
    all.extend(&encapsulated);
    Ok(Opening { header, header_bytes, encapsulated, all })
}

/// Reads one frame: whether it is the last, and the bytes that said so.
fn frame_into(from: &mut impl Read, frame: &mut Vec<u8>) -> Result<(bool, [u8; 4]), RelayError> {
    let mut word = [0; 4];
    fill(from, &mut word)?;
    let number = u32::from_be_bytes(word);
    let (is_last, length) = (number >> 31 == 1, (number & 0x7fff_ffff) as usize);
    let is_possible = if is_last {
        (TAG_BYTES..=FRAME_BYTES + TAG_BYTES).contains(&length)
    } else {
        length == FRAME_BYTES + TAG_BYTES
    };
    if !is_possible {
        return Err(RelayError::Tampered("a frame"));
    }
    frame.resize(length, 0);
    fill(from, frame)?;
    Ok((is_last, word))
}

fn fill(from: &mut impl Read, buffer: &mut [u8]) -> Result<(), RelayError> {
    match from.read_exact(buffer) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(RelayError::Truncated),
        other => Ok(other?),
    }
}

/// The items of a verified bundle.
pub struct Contents<R: Read> {
    from: R,
    context: Box<Context>,
    plain: Vec<u8>,
    at: usize,
    sealed: Vec<u8>,
    is_last: bool,
    /// Bytes of the item that were not read yet.
    left: u64,
}

impl<R: Read> Contents<R> {
    /// Opens a bundle that was verified, from its beginning again.
    ///
    /// # Errors
    /// [`RelayError::WrongRecipient`] when it is sealed for another key; [`RelayError::Tampered`] when the file is not the one that
    /// was verified.
    pub fn open(mut from: R, verified: &Verified, key: &RelayKey) -> Result<Self, RelayError> {
        if verified.header.recipient != key.fingerprint() {
            return Err(RelayError::WrongRecipient);
        }
        let opening = open(&mut from)?;
        if opening.all != verified.opening {
            return Err(RelayError::Tampered("the file changed while it was read"));
        }
        let changed = RelayError::Tampered("the sealed key");
        let encapsulated = <Suite as hpke::Kem>::EncappedKey::from_bytes(&opening.encapsulated);
        let Ok(encapsulated) = encapsulated else { return Err(changed) };
        let context = setup_receiver::<ChaCha20Poly1305, HkdfSha256, Suite>(
            &OpModeR::Base,
            key.secret(),
            &encapsulated,
            &opening.header_bytes,
        );
        let Ok(context) = context else { return Err(changed) };
        let context = Box::new(context);
        Ok(Self { from, context, plain: Vec::new(), at: 0, sealed: Vec::new(), is_last: false, left: 0 })
    }

    /// The next item and its length; what was not read of the one before is passed over. `None` at the end.
    ///
    /// # Errors
    /// [`RelayError::Malformed`] for an item that this version does not know.
    pub fn next_item(&mut self) -> Result<Option<(Item, u64)>, RelayError> {
        while self.left > 0 {
            let passed = self.left.min(self.ahead()? as u64);
            self.take(usize::try_from(passed).unwrap_or(0));
        }
        if self.ahead_or_end()? == 0 {
            return Ok(None);
        }
        let mut head = [0; 9];
        self.left = 9;
        self.read_exact_plain(&mut head)?;
        let item = Item::of(head[0]).ok_or_else(|| RelayError::Malformed(format!("item {}", head[0])))?;
        let length = head[1..].first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        self.left = length;
        Ok(Some((item, length)))
    }

    /// The first bytes of the item.
    ///
    /// # Errors
    /// [`RelayError::Malformed`] when it has fewer.
    pub fn first<const N: usize>(&mut self) -> Result<[u8; N], RelayError> {
        let mut bytes = [0; N];
        if self.left < N as u64 {
            return Err(RelayError::Malformed(format!("an item of {} bytes", self.left)));
        }
        self.read_exact_plain(&mut bytes)?;
        Ok(bytes)
    }

    /// The rest of the item, at most `most` bytes.
    ///
    /// # Errors
    /// [`RelayError::Malformed`] when it is longer.
    pub fn bytes(&mut self, most: u64) -> Result<Vec<u8>, RelayError> {
        if self.left > most {
            return Err(RelayError::Malformed(format!("an item of {} bytes", self.left)));
        }
        let mut bytes = vec![0; usize::try_from(self.left).unwrap_or(usize::MAX)];
        self.read_exact_plain(&mut bytes)?;
        Ok(bytes)
    }

    /// The rest of the item as a document.
    ///
    /// # Errors
    /// [`RelayError::Malformed`].
    pub fn document<T: DeserializeOwned>(&mut self, most: u64) -> Result<T, RelayError> {
        let bytes = self.bytes(most)?;
        serde_json::from_slice(&bytes).map_err(|error| RelayError::Malformed(error.to_string()))
    }

    /// The next bytes of the item, at most a frame; empty at its end.
    ///
    /// # Errors
    /// [`RelayError`] of the file.
    pub fn some(&mut self) -> Result<Vec<u8>, RelayError> {
        if self.left == 0 {
            return Ok(Vec::new());
        }
        let taken = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.ahead()?);
        let bytes = self.plain[self.at..self.at + taken].to_vec();
        self.take(taken);
        Ok(bytes)
    }

    fn read_exact_plain(&mut self, buffer: &mut [u8]) -> Result<(), RelayError> {
        let mut done = 0;
        while done < buffer.len() {
            let taken = (buffer.len() - done).min(self.ahead()?);
            buffer[done..done + taken].copy_from_slice(&self.plain[self.at..self.at + taken]);
            self.take(taken);
            done += taken;
        }
        Ok(())
    }

    fn take(&mut self, count: usize) {
        self.at += count;
        self.left = self.left.saturating_sub(count as u64);
    }

    /// Bytes that are open and not read; at least one.
    fn ahead(&mut self) -> Result<usize, RelayError> {
        match self.ahead_or_end()? {
            0 => Err(RelayError::Malformed("an item without its end".to_owned())),
            ahead => Ok(ahead),
        }
    }

    fn ahead_or_end(&mut self) -> Result<usize, RelayError> {
        while self.at == self.plain.len() && !self.is_last {
            (self.is_last, _) = frame_into(&mut self.from, &mut self.sealed)?;
            let opened = self.context.open(&self.sealed, &[u8::from(self.is_last)]);
            self.plain = opened.map_err(|_| RelayError::Tampered("a frame"))?;
            self.at = 0;
        }
        Ok(self.plain.len() - self.at)
    }
}
