//! Writing a bundle: one pass, one frame in memory.
//!
//! ```text
//! XUNJIAN-RELAY\n  version u16  header length u32  header (JSON)  encapsulated key 32 B
//! frame: last flag in the highest bit of a u32 whose rest is the length, then as many sealed bytes    … until the last
//! signature length u16  signature over SHA-256 of everything before it
//! ```
//! Numbers have their highest byte first. The header's bytes are HPKE's `info`, the flag is each frame's additional data, so that
//! neither can be exchanged without the key.

use std::io::{Read, Write};

use hpke::{
    OpModeS, Serializable as _, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::X25519HkdfSha256 as Suite, setup_sender,
};
use serde::Serialize;
use sha2::{Digest as _, Sha256 as Hasher};
use xunjian_domain::hash::Sha256;
use xunjian_proof::suite::Signer;

use super::{FRAME_BYTES, Header, Item, MAGIC, RelayError, VERSION, public_of, signed_message};

type Context = hpke::aead::AeadCtxS<ChaCha20Poly1305, HkdfSha256, Suite>;

/// A bundle that is being written.
pub struct Writer<W: Write> {
    out: Hashed<W>,
    context: Box<Context>,
    frame: Vec<u8>,
}

/// Hashes and counts what goes through.
struct Hashed<W> {
    out: W,
    hasher: Hasher,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), RelayError> {
        self.out.write_all(bytes)?;
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

impl<W: Write> Writer<W> {
    /// Begins a bundle for `recipient`, the base 64 of a public key; the header's recipient is filled in.
    ///
    /// # Errors
    /// [`RelayError::BadKey`], or what writing says.
    pub fn begin(out: W, mut header: Header, recipient: &str) -> Result<Self, RelayError> {
        let (key, fingerprint) = public_of(recipient)?;
        header.recipient = fingerprint;
        let header = serde_json::to_vec(&header).map_err(|error| RelayError::Malformed(error.to_string()))?;
        let length = u32::try_from(header.len()).map_err(|_| RelayError::Malformed("header".to_owned()))?;
        let (encapsulated, context) =
            setup_sender::<ChaCha20Poly1305, HkdfSha256, Suite>(&OpModeS::Base, &key, &header)
                .map_err(|_| RelayError::BadKey)?;
        let mut out = Hashed { out, hasher: Hasher::new(), bytes: 0 };
        out.put(MAGIC)?;
        out.put(&VERSION.to_be_bytes())?;
        out.put(&length.to_be_bytes())?;
        out.put(&header)?;
        out.put(&encapsulated.to_bytes())?;
        Ok(Self { out, context: Box::new(context), frame: Vec::with_capacity(FRAME_BYTES) })
    }

    /// Bytes the file has so far, with what waits for its frame.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.out.bytes + self.frame.len() as u64
    }

    /// What the file grows by with `plain` more bytes in an item, at most: frames add a little.
    #[must_use]
    pub fn cost(plain: u64) -> u64 {
        let plain = plain + 9;
        plain + (plain / FRAME_BYTES as u64 + 2) * 20
    }

    /// Writes an item.
    ///
    /// # Errors
    /// What writing says.
    pub fn item(&mut self, item: Item, bytes: &[u8]) -> Result<(), RelayError> {
        self.item_of(item, &[], bytes)
    }

    /// Writes an item that begins with `first`.
    ///
    /// # Errors
    /// What writing says.
    pub fn item_of(&mut self, item: Item, first: &[u8], rest: &[u8]) -> Result<(), RelayError> {
        self.push(&[item as u8])?;
        self.push(&((first.len() + rest.len()) as u64).to_be_bytes())?;
        self.push(first)?;
        self.push(rest)
    }

    /// Writes a document as an item.
    ///
    /// # Errors
    /// What writing says.
    pub fn document(&mut self, item: Item, document: &impl Serialize) -> Result<(), RelayError> {
        let bytes = serde_json::to_vec(document).map_err(|error| RelayError::Malformed(error.to_string()))?;
        self.item(item, &bytes)
    }

    /// Writes an item of `length` bytes from a reader.
    ///
    /// # Errors
    /// [`RelayError::Io`] when the reader has fewer, or writing fails.
    pub fn stream(&mut self, item: Item, length: u64, from: &mut impl Read) -> Result<(), RelayError> {
        self.push(&[item as u8])?;
        self.push(&length.to_be_bytes())?;
        let mut left = length;
        let mut buffer = vec![0; FRAME_BYTES];
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            from.read_exact(&mut buffer[..most])?;
            self.push(&buffer[..most])?;
            left -= most as u64;
        }
        Ok(())
    }

    fn push(&mut self, mut bytes: &[u8]) -> Result<(), RelayError> {
        while !bytes.is_empty() {
            // A full frame goes once more is known to follow: the last one is marked.
            if self.frame.len() == FRAME_BYTES {
                self.send(false)?;
            }
            let taken = bytes.len().min(FRAME_BYTES - self.frame.len());
            self.frame.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    fn send(&mut self, is_last: bool) -> Result<(), RelayError> {
        let sealed = self
            .context
            .seal(&self.frame, &[u8::from(is_last)])
            .map_err(|_| RelayError::Malformed("too many frames".to_owned()))?;
        let length = u32::try_from(sealed.len()).map_err(|_| RelayError::Malformed("frame".to_owned()))?;
        self.out.put(&(length | u32::from(is_last) << 31).to_be_bytes())?;
        self.out.put(&sealed)?;
        self.frame.clear();
        Ok(())
    }

    /// Ends the bundle with the signature of the sender that its header names, and hands the output back.
    ///
    /// # Errors
    /// [`RelayError::CannotSign`], or what writing says.
    pub fn finish(mut self, signer: &dyn Signer) -> Result<W, RelayError> {
        self.send(true)?;
        let content = Sha256(self.out.hasher.clone().finalize().into());
        let cannot = |error: &dyn std::fmt::Display| RelayError::CannotSign(error.to_string());
        let signature = signer.sign(&signed_message(&content)).map_err(|error| cannot(&error))?;
        let length = u16::try_from(signature.len()).map_err(|error| cannot(&error))?;
        self.out.out.write_all(&length.to_be_bytes())?;
        self.out.out.write_all(&signature)?;
        self.out.out.flush()?;
        Ok(self.out.out)
    }
}
