//! Which photo goes up next: decisions about many uploads at once, without network, clock or disk.
//!
//! [`Uploads::next`] says what to do now, and each outcome is told back; the caller does the rest. A photo is asked for
//! before it is sent, and asked for again whenever its upload broke, so that it goes on where the service has it and no byte
//! is sent twice. What breaks on its own is tried some times and then left for the next pass: one photo that a proxy does
//! not let through must not hold up a thousand others.

use std::collections::{HashMap, HashSet, VecDeque};

use xunjian_domain::hash::Sha256;
use xunjian_proof::statement::BlobRef;
use xunjian_protocol::blob::BlobState;

/// Names in one question.
const ASK_AT_ONCE: usize = 500;
/// Photos known to be wanted, below which more are asked for.
const KNOWN_AHEAD: usize = 32;
/// How often one photo is taken up again within a pass.
const TRIES: u32 = 4;
/// Photos in memory at a time; a single larger one goes alone.
const MOST_BYTES: u64 = 48 << 20;
/// Uploads side by side at the beginning of a run.
const FIRST_LANES: usize = 4;

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Ask what the service has of these.
    Ask(Vec<BlobRef>),
    /// Send the rest of one.
    Send(Upload),
}

/// One photo on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upload {
    pub blob: BlobRef,
    /// Bytes that the service has.
    pub offset: u64,
    /// Bytes that it had when it was first asked in this pass.
    pub found: Option<u64>,
    tries: u32,
    /// When it was begun, in breaks.
    breaks: u32,
}

impl Upload {
    /// Bytes still to go.
    pub fn rest(&self) -> u64 {
        self.blob.bytes - self.offset
    }
}

/// What became of one photo for this pass.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The service has it.
    Stored(BlobRef),
    /// It is tried again by itself.
    Again,
    /// The service says that no record names it.
    NotNamed(Sha256),
    /// It was tried often enough for this pass.
    LeftForLater(Sha256),
}

/// How many uploads run side by side: one more for each that gets through, half as many once some broke together.
///
/// A thin line is swamped by a dozen connections (each is then starved until it counts as dead), a lossy one carries little
/// on each; the number that fits is found the way TCP finds its window.
#[derive(Debug)]
struct Lanes {
    open: usize,
    most: usize,
    breaks: u32,
}

/// The photos of a pass.
#[derive(Debug)]
pub(super) struct Uploads {
    unasked: VecDeque<Upload>,
    ready: VecDeque<Upload>,
    under_way: HashMap<Sha256, Upload>,
    bytes_under_way: u64,
    is_asking: bool,
    seen: HashSet<Sha256>,
    lanes: Lanes,
    /// Uploads that broke since the last one that got through.
    broken_in_a_row: usize,
}

impl Uploads {
    /// At most `most` uploads side by side.
    pub fn new(most: usize) -> Self {
        let most = most.max(1);
        Self {
            unasked: VecDeque::new(),
            ready: VecDeque::new(),
            under_way: HashMap::new(),
            bytes_under_way: 0,
            is_asking: false,
            seen: HashSet::new(),
            lanes: Lanes { open: FIRST_LANES.min(most), most, breaks: 0 },
            broken_in_a_row: 0,
        }
    }

    /// Photos to send; those taken in before, under another record, are passed over.
    pub fn add(&mut self, blobs: impl IntoIterator<Item = BlobRef>) {
        for blob in blobs {
            if self.seen.insert(blob.sha256) {
                self.unasked.push_back(Upload { blob, offset: 0, found: None, tries: 0, breaks: 0 });
            }
        }
    }

    /// What to do now, beside what is being done; `None` until something of that has an outcome.
    pub fn next(&mut self) -> Option<Next> {
        if !self.is_asking && !self.unasked.is_empty() && self.ready.len() < KNOWN_AHEAD {
            self.is_asking = true;
            let some = self.unasked.iter().take(ASK_AT_ONCE).map(|upload| upload.blob.clone()).collect();
            return Some(Next::Ask(some));
        }
        let first = self.ready.front()?;
        let fits = self.bytes_under_way + first.rest() <= MOST_BYTES || self.under_way.is_empty();
        if self.under_way.len() >= self.lanes.open || !fits {
            return None;
        }
        let upload = Upload { breaks: self.lanes.breaks, ..self.ready.pop_front()? };
        self.bytes_under_way += upload.rest();
        self.under_way.insert(upload.blob.sha256, upload.clone());
        Some(Next::Send(upload))
    }

    /// The answer to a question, a state for each photo asked for; their fates, where they have one.
    pub fn known(&mut self, states: impl IntoIterator<Item = BlobState>) -> Vec<Fate> {
        self.is_asking = false;
        let mut fates = Vec::new();
        for state in states {
            let Some(upload) = self.unasked.pop_front() else { break };
            match self.place(upload, &state) {
                Fate::Again => {}
                fate => fates.push(fate),
            }
        }
        fates
    }

    /// Nobody answered a question; it may be asked again.
    pub fn not_known(&mut self) {
        self.is_asking = false;
    }

    /// The answer to an upload.
    pub fn sent(&mut self, sha256: Sha256, state: &BlobState) -> Fate {
        let Some(upload) = self.landed(sha256) else { return Fate::Again };
        self.broken_in_a_row = 0;
        self.lanes.open = (self.lanes.open + 1).min(self.lanes.most);
        match state {
            // It took some and ended properly: that is no break, but not for ever.
            BlobState::Partial { .. } if upload.tries + 1 >= TRIES => Fate::LeftForLater(sha256),
            _ => self.place(Upload { tries: upload.tries + 1, ..upload }, state),
        }
    }

    /// An upload broke: it is asked for again, or left for the next pass.
    pub fn broke(&mut self, sha256: Sha256) -> Fate {
        let Some(upload) = self.landed(sha256) else { return Fate::Again };
        self.broken_in_a_row += 1;
        // Those that were under way together break together, and count once.
        if upload.breaks == self.lanes.breaks {
            self.lanes.open = (self.lanes.open / 2).max(1);
            self.lanes.breaks += 1;
        }
        if upload.tries + 1 >= TRIES {
            return Fate::LeftForLater(sha256);
        }
        self.unasked.push_back(Upload { tries: upload.tries + 1, ..upload });
        Fate::Again
    }

    /// An upload cannot be mended by trying again.
    pub fn failed(&mut self, sha256: Sha256) {
        self.landed(sha256);
    }

    /// So many broke and none got through that the line is gone, not a photo.
    pub fn is_line_gone(&self) -> bool {
        self.broken_in_a_row > 2 * self.lanes.most
    }

    fn landed(&mut self, sha256: Sha256) -> Option<Upload> {
        let upload = self.under_way.remove(&sha256)?;
        self.bytes_under_way -= upload.rest();
        Some(upload)
    }

    fn place(&mut self, upload: Upload, state: &BlobState) -> Fate {
        match state {
            BlobState::Stored => Fate::Stored(upload.blob),
            BlobState::NotNamed => Fate::NotNamed(upload.blob.sha256),
            BlobState::Partial { offset } => {
                let offset = (*offset).min(upload.blob.bytes);
                self.ready.push_back(Upload { offset, found: upload.found.or(Some(offset)), ..upload });
                Fate::Again
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(number: u64) -> BlobRef {
        BlobRef { sha256: Sha256::of(&number.to_be_bytes()), bytes: 1000 }
    }

    fn known(uploads: &mut Uploads, offset: u64) {
        let Some(Next::Ask(asked)) = uploads.next() else { panic!("asked first") };
        assert!(uploads.known(asked.iter().map(|_| BlobState::Partial { offset })).is_empty());
    }

    fn begin(uploads: &mut Uploads) -> Vec<Upload> {
        let mut begun = Vec::new();
        while let Some(Next::Send(upload)) = uploads.next() {
            begun.push(upload);
        }
        begun
    }

    #[test]
    fn nothing_is_sent_before_it_was_asked_for_and_each_once() {
        let mut uploads = Uploads::new(12);
        uploads.add([blob(1), blob(2), blob(1)]);
        let Some(Next::Ask(asked)) = uploads.next() else { panic!() };
        assert_eq!(asked, [blob(1), blob(2)]);
        assert_eq!(uploads.next(), None, "until the answer is there");
        let fates = uploads.known([BlobState::Stored, BlobState::Partial { offset: 300 }]);
        assert_eq!(fates, [Fate::Stored(blob(1))]);
        let begun = begin(&mut uploads);
        assert_eq!((begun.len(), begun[0].offset, begun[0].rest()), (1, 300, 700));
        assert_eq!(uploads.sent(blob(2).sha256, &BlobState::Stored), Fate::Stored(blob(2)));
        assert_eq!(uploads.next(), None, "all done");
    }

    #[test]
    fn lanes_grow_one_by_one_and_are_halved_once_when_all_break_together() {
        let mut uploads = Uploads::new(12);
        uploads.add((0..100).map(blob));
        known(&mut uploads, 0);
        let mut under_way = begin(&mut uploads);
        assert_eq!(under_way.len(), FIRST_LANES);
        for _ in 0..8 {
            let done = under_way.remove(0);
            uploads.sent(done.blob.sha256, &BlobState::Stored);
            under_way.extend(begin(&mut uploads));
        }
        assert_eq!(under_way.len(), 12);
        for upload in &under_way {
            assert_eq!(uploads.broke(upload.blob.sha256), Fate::Again);
        }
        assert!(!uploads.is_line_gone());
        assert_eq!(begin(&mut uploads).len(), 6);
    }

    #[test]
    fn one_that_never_gets_through_is_left_while_the_others_go_on() {
        let mut uploads = Uploads::new(3);
        uploads.add((0..20).map(blob));
        let bad = blob(0).sha256;
        let (mut stored, mut left) = (0, 0);
        for _ in 0..200 {
            match uploads.next() {
                Some(Next::Ask(asked)) => {
                    let _ = uploads.known(asked.iter().map(|_| BlobState::Partial { offset: 0 }));
                }
                Some(Next::Send(upload)) if upload.blob.sha256 == bad => {
                    left += u32::from(uploads.broke(bad) == Fate::LeftForLater(bad));
                }
                Some(Next::Send(upload)) => {
                    stored +=
                        u32::from(uploads.sent(upload.blob.sha256, &BlobState::Stored) == Fate::Stored(upload.blob));
                }
                None => break,
            }
        }
        assert_eq!((stored, left), (19, 1));
        assert_eq!(uploads.next(), None);
    }

    #[test]
    fn a_line_that_is_gone_is_told_from_a_photo_that_does_not_pass() {
        let mut uploads = Uploads::new(2);
        uploads.add((0..40).map(blob));
        known(&mut uploads, 0);
        for _ in 0..4 {
            assert!(!uploads.is_line_gone());
            for upload in begin(&mut uploads) {
                let _ = uploads.broke(upload.blob.sha256);
            }
        }
        assert!(uploads.is_line_gone());
    }

    #[test]
    fn large_photos_do_not_pile_up_in_memory() {
        let mut uploads = Uploads::new(12);
        uploads.add((0..12).map(|number| BlobRef { bytes: 30 << 20, ..blob(number) }));
        known(&mut uploads, 0);
        assert_eq!(begin(&mut uploads).len(), 1);
    }
}
