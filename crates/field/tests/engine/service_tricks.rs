//! What the service in memory is told to do wrong, and what happens to its log.

use super::*;

impl Service {
    pub fn will(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// The record at this place of a terminal's chain is refused with `code`.
    pub fn refuse(&self, sequence: u64, code: ProblemCode) {
        self.lock().refusals.insert(sequence, code);
    }

    pub fn refuse_nothing(&self) {
        self.lock().refusals.clear();
    }

    /// A decision lets a record in that was refused.
    pub fn lets_in(&self, envelope: &str) {
        self.lock().refusals.clear();
        let answer = self.take_record(envelope);
        assert!(matches!(answer, RecordAnswer::Stored { .. }), "{answer:?}");
    }

    /// Leaves appear that no terminal sent: other people's work.
    pub fn grow_log(&self) {
        self.lock().log.append(b"somebody else's statement".to_vec());
    }

    /// The log is set back: only its first leaves are left.
    pub fn cut_log(&self, leaves: usize) {
        let mut state = self.lock();
        for leaf in std::mem::take(&mut state.log).leaves.into_iter().take(leaves) {
            state.log.append(leaf);
        }
        state.etag += 1;
    }

    /// It says that it speaks these versions only.
    pub fn speaks(&self, versions: &[u32]) {
        self.lock().versions = Some(versions.to_vec());
    }

    /// Receipts are handed out as `spoil` leaves them; honestly again without it.
    pub fn hands_out(&self, spoil: Option<Spoil>) {
        self.lock().spoil = spoil;
    }

    /// What it would hand out for a record: the statement and the receipt.
    pub fn receipt_of(&self, record: Sha256) -> (String, String) {
        match self.delivery(record) {
            DeliveryState::Delivered { delivered, receipt } => (delivered, receipt),
            other => panic!("{record} is not delivered: {other:?}"),
        }
    }

    /// From now on somebody answers whose log has only its first leaves; what it would be otherwise.
    pub fn swaps_log(&self, leaves: usize) -> Vec<Vec<u8>> {
        let whole = self.lock().log.leaves.clone();
        self.cut_log(leaves);
        whole
    }

    /// The log as it was.
    pub fn puts_log_back(&self, leaves: Vec<Vec<u8>>) {
        let mut state = self.lock();
        state.log = Log::default();
        for leaf in leaves {
            state.log.append(leaf);
        }
    }

    /// It is restored from a copy that is older by `leaves` leaves, had this many records, and had no photo yet.
    pub fn is_restored(&self, leaves: usize, records: usize) {
        let left = self.lock().log.leaves.len() - leaves;
        self.cut_log(left);
        let mut state = self.lock();
        state.blobs.clear();
        state.receipts.clear();
        // What is declared delivered from now on is declared at another time.
        state.seconds += 86_400;
        let gone: Vec<_> = state.chain.iter().skip(records).map(|(place, id)| (place.clone(), *id)).collect();
        for (place, id) in gone {
            state.chain.remove(&place);
            state.envelopes.remove(&id);
        }
    }

    /// History is rewritten: every leaf from `at` on is another.
    pub fn rewrite_log(&self, at: usize) {
        let mut state = self.lock();
        let mut leaves = std::mem::take(&mut state.log).leaves;
        leaves[at] = b"rewritten".to_vec();
        for leaf in leaves {
            state.log.append(leaf);
        }
    }

    /// From now on photos take a moment.
    pub fn takes_its_time(&self) {
        self.lock().is_slow = true;
    }

    /// Most photos that were under way at a time.
    pub fn most_at_once(&self) -> usize {
        self.lock().most_at_once
    }

    /// The connection breaks whenever this photo is sent.
    pub fn never_lets_through(&self, photo: Sha256) {
        self.lock().stuck = Some(photo);
    }

    pub fn lets_all_through(&self) {
        self.lock().stuck = None;
    }
}
