//! 上传限速: a limit on the bytes a second that all uploads together hand to the network.

use std::{
    num::NonZeroU64,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// Hands out turns; by itself it limits nothing.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    bytes_a_second: Option<NonZeroU64>,
    /// When the next piece may go.
    free_at: Mutex<Option<Instant>>,
}

impl Throttle {
    pub fn new(bytes_a_second: Option<NonZeroU64>) -> Self {
        Self { bytes_a_second, free_at: Mutex::default() }
    }

    /// Bytes to hand over at a time, at most `usual`: a quarter of a second's worth where there is a limit.
    pub fn piece(&self, usual: usize) -> usize {
        let Some(limit) = self.bytes_a_second else { return usual };
        usize::try_from(limit.get() / 4).unwrap_or(usual).clamp(1, usual)
    }

    /// Waits until `bytes` more may go.
    pub async fn turn(&self, bytes: usize) {
        let Some(limit) = self.bytes_a_second else { return };
        let takes = Duration::from_nanos(1_000_000_000_u64.saturating_mul(bytes as u64) / limit.get());
        let mine = {
            let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let mine = free_at.map_or(now, |free_at| free_at.max(now));
            *free_at = Some(mine + takes);
            mine
        };
        sleep_until(mine).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_uploads_share_one_limit() {
        let throttle = Arc::new(Throttle::new(NonZeroU64::new(100_000)));
        let begun = Instant::now();
        let turns = (0..12).map(|_| {
            let throttle = Arc::clone(&throttle);
            tokio::spawn(async move {
                for _ in 0..10 {
                    throttle.turn(throttle.piece(64 << 10)).await;
                }
            })
        });
        for turn in turns.collect::<Vec<_>>() {
            turn.await.unwrap();
        }
        // 120 pieces of 25,000 bytes; the last one need not be waited for.
        let took = begun.elapsed().as_secs_f64();
        assert!((29.0..=30.1).contains(&took), "{took} s");
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_nobody_waits() {
        let (throttle, begun) = (Throttle::default(), Instant::now());
        throttle.turn(1 << 30).await;
        assert_eq!((begun.elapsed(), throttle.piece(64 << 10)), (Duration::ZERO, 64 << 10));
    }
}
