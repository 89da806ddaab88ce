//! Who was told what, and how many bytes it took.
//!
//! **Bytes.** Counted is what leaves a terminal: bodies of photos, and envelopes of records before compression. The bound is
//! `sent − forced ≤ 1.1 × (payload + lost)`, a terminal at a time, where
//!
//! - *payload* is each photo of its sealed records once, and each envelope once;
//! - *forced* is what an exchange that a fault struck sent in vain (a broken upload counts with the bytes that stayed at the
//!   service: those are not sent again), one exchange behind a struck one, whose question was answered before the fault, the
//!   exchange that is refused because an earlier one brought a changed byte, and a record again that the terminal died over
//!   before it could note the answer;
//! - *lost* is what the service had of an unfinished photo and a fault took from it: a power cut, or a changed byte.

use std::collections::{BTreeMap, BTreeSet};

use xunjian_proof::Sha256;

/// A terminal by its number, and a photo.
pub type PhotoKey = (usize, Sha256);

#[derive(Default)]
pub struct Accounts {
    /// Short names of photos and records, the same in each process.
    pub names: BTreeMap<Sha256, String>,
    /// Records that a terminal was told to be stored.
    pub records: BTreeSet<(usize, Sha256)>,
    /// Photos that a terminal was told to be stored.
    pub photos: BTreeSet<PhotoKey>,
    /// Photos with something in flight that nobody waits for, and whether it still flies.
    haunted: BTreeMap<PhotoKey, bool>,
    /// Photos with a byte that changed on the way, as long as the service may have it.
    changed: BTreeSet<PhotoKey>,
    /// Photos that ever went up.
    uploads: BTreeSet<PhotoKey>,
    /// Records that went up in an exchange that a fault struck.
    hidden: BTreeSet<(usize, Sha256)>,
    bytes: BTreeMap<usize, Bytes>,
    answers: BTreeMap<usize, u64>,
}

/// The bytes of one terminal.
#[derive(Debug, Default, Clone, Copy)]
pub struct Bytes {
    pub sent: u64,
    pub forced: u64,
    pub lost: u64,
}

impl Accounts {
    pub fn name(&self, sha256: &Sha256) -> String {
        self.names.get(sha256).cloned().unwrap_or_else(|| "something unknown".to_owned())
    }

    /// An upload is over. `before` and `after` is what the service had, where it could be asked.
    pub fn shipped(&mut self, key: PhotoKey, left: u64, had: (Option<u64>, Option<u64>), is_struck: bool) {
        let is_haunted = self.haunted.get(&key).copied();
        if is_haunted == Some(false) {
            self.haunted.remove(&key);
        }
        // The exchange that completes a photo with a changed byte is refused, whoever of them brought that byte.
        let is_refused = matches!(had, (Some(before), Some(after)) if after < before) && self.changed.contains(&key);
        if is_refused || had.1 == Some(0) {
            self.changed.remove(&key);
        }
        let bytes = self.bytes.entry(key.0).or_default();
        bytes.sent += left;
        if is_struck || is_refused || is_haunted.is_some() {
            let gained = match had {
                (Some(before), Some(after)) => after.saturating_sub(before).min(left),
                _ => 0,
            };
            bytes.forced += left - gained;
            // What a struck exchange before this one may explain is a vain upload, not that the service has less than before.
            if let (Some(before), Some(after)) = had
                && (is_struck || is_refused || is_haunted == Some(true))
            {
                bytes.lost += before.saturating_sub(after);
            }
        }
    }

    /// A byte of it changes on its way.
    pub fn change(&mut self, key: PhotoKey) {
        self.changed.insert(key);
    }

    /// What was lost to a power cut.
    pub fn lost(&mut self, terminal: usize, bytes: u64) {
        self.bytes.entry(terminal).or_default().lost += bytes;
    }

    /// Something flies that nobody waits for.
    pub fn haunt(&mut self, key: PhotoKey) {
        self.haunted.insert(key, true);
    }

    /// It came down.
    pub fn landed(&mut self, key: PhotoKey) {
        self.haunted.insert(key, false);
    }

    /// The service is another one than those who asked knew.
    pub fn haunt_all(&mut self) {
        for key in &self.uploads {
            self.haunted.entry(*key).or_insert(false);
        }
    }

    /// A photo goes up.
    pub fn begun(&mut self, key: PhotoKey) {
        self.uploads.insert(key);
    }

    /// Every photo that ever went up.
    pub fn uploads(&self) -> Vec<PhotoKey> {
        self.uploads.iter().copied().collect()
    }

    /// Records went up. `outcome` says of each whether it was stored anew; `None` where nobody learned.
    pub fn submitted(&mut self, terminal: usize, records: &[(Sha256, u64)], outcome: Option<&[bool]>, is_struck: bool) {
        for (at, (record, size)) in records.iter().enumerate() {
            let bytes = self.bytes.entry(terminal).or_default();
            bytes.sent += size;
            let is_new = outcome.and_then(|outcome| outcome.get(at)).copied().unwrap_or(false);
            let was_hidden = self.hidden.remove(&(terminal, *record));
            if !is_new && (is_struck || was_hidden) {
                bytes.forced += size;
            }
            if is_struck {
                self.hidden.insert((terminal, *record));
            }
        }
    }

    /// A terminal died before it could note what it was told of a record.
    pub fn forgot(&mut self, terminal: usize, record: Sha256) {
        self.hidden.insert((terminal, record));
    }

    /// A terminal got an answer.
    pub fn count_answer(&mut self, terminal: usize) {
        *self.answers.entry(terminal).or_default() += 1;
    }

    /// Answers that a terminal got.
    pub fn answered(&self, terminal: usize) -> u64 {
        self.answers.get(&terminal).copied().unwrap_or(0)
    }

    /// What a terminal sent.
    pub fn bytes(&self, terminal: usize) -> Bytes {
        self.bytes.get(&terminal).copied().unwrap_or_default()
    }
}
