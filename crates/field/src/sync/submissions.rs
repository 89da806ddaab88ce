//! Which records go up next: batches in the order of the chain, and each alone where a batch as a whole cannot be taken.

use std::collections::VecDeque;

use xunjian_domain::hash::Sha256;
use xunjian_protocol::path::{MAX_BATCH, MAX_BATCH_BYTES};

/// A record and its envelope.
pub(super) type Queued = (Sha256, String);

/// The records of a pass.
#[derive(Debug)]
pub(super) struct Submissions {
    batches: VecDeque<Vec<Queued>>,
    is_sending: bool,
    /// Whether one stays in the queue: those behind it then name a predecessor that the service lacks, and mend with it.
    pub is_one_waiting: bool,
}

impl Submissions {
    /// In this order.
    pub fn new(queue: Vec<Queued>) -> Self {
        Self { batches: batches(queue).into(), is_sending: false, is_one_waiting: false }
    }

    /// The batch to send now. One at a time, because each record names the one before it.
    pub fn next(&mut self) -> Option<Vec<Queued>> {
        if self.is_sending {
            return None;
        }
        let batch = self.batches.pop_front()?;
        self.is_sending = true;
        Some(batch)
    }

    /// A batch has its answers.
    pub fn answered(&mut self) {
        self.is_sending = false;
    }

    /// The service cannot take the batch as it is: each record goes alone, so that the bad one is found. False where it is
    /// one alone.
    pub fn take_apart(&mut self, batch: &mut Vec<Queued>) -> bool {
        self.is_sending = false;
        if batch.len() < 2 {
            return false;
        }
        for one in batch.drain(..).rev() {
            self.batches.push_front(vec![one]);
        }
        true
    }
}

/// At most [`MAX_BATCH`] envelopes and about [`MAX_BATCH_BYTES`] a call, oldest first.
fn batches(queue: Vec<Queued>) -> Vec<Vec<Queued>> {
    let mut batches: Vec<Vec<Queued>> = Vec::new();
    let mut bytes = 0;
    for (id, envelope) in queue {
        // In the JSON message every quote of the envelope is escaped.
        let size = envelope.len() + envelope.matches(['"', '\\']).count() + 3;
        let is_full =
            batches.last().is_none_or(|batch| batch.len() >= MAX_BATCH || bytes + size > MAX_BATCH_BYTES - 64);
        if is_full {
            batches.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(batch) = batches.last_mut() {
            batch.push((id, envelope));
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u8, bytes: usize) -> Queued {
        (Sha256::of(&[number]), "e".repeat(bytes))
    }

    #[test]
    fn one_batch_at_a_time_and_a_bad_one_record_by_record_in_order() {
        let mut records = Submissions::new((0..150).map(|number| record(number, 10)).collect());
        let mut first = records.next().unwrap();
        assert_eq!((first.len(), records.next()), (MAX_BATCH, None));
        assert!(records.take_apart(&mut first));
        for number in 0..100 {
            let mut alone = records.next().unwrap();
            assert_eq!(alone, [record(number, 10)]);
            assert!(!records.take_apart(&mut alone));
        }
        assert_eq!(records.next().unwrap().len(), 50);
        records.answered();
        assert_eq!(records.next(), None);
    }

    #[test]
    fn a_call_stays_below_the_limit_in_bytes() {
        let records = Submissions::new((0..10).map(|number| record(number, 1_000_000)).collect());
        assert_eq!(records.batches.iter().map(Vec::len).collect::<Vec<_>>(), [8, 2]);
    }
}
