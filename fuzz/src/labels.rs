//! libFuzzer at the entrance of [`outside::labels`].
#![no_main]

use outside::{Entrance as _, labels::Labels};

thread_local!(static ENTRANCE: Labels = Labels::open());

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ENTRANCE.with(|entrance| entrance.take(bytes)));
