//! Chance that can be repeated: SplitMix64, good enough for picking words and no more.

/// A stream of picks that depends on the seed alone.
#[derive(Debug)]
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is above zero.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        // The remainder of a division by a u32 fits a u32.
        u32::try_from(self.next() % u64::from(end.max(1))).unwrap_or_default()
    }

    /// One of the choices.
    pub(super) fn pick<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        let at = self.below(u32::try_from(choices.len()).unwrap_or(u32::MAX));
        &choices[at as usize]
    }

    /// A serial number of a length that manufacturers use.
    pub(super) fn serial(&mut self) -> String {
        const LETTERS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
        let length = *self.pick(&[10, 12, 21]);
        (0..length).map(|_| char::from(*self.pick(LETTERS))).collect()
    }
}
