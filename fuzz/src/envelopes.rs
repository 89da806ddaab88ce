//! libFuzzer at the entrance of [`outside::envelopes`].
#![no_main]

use outside::{Entrance as _, envelopes::Envelopes};

thread_local!(static ENTRANCE: Envelopes = Envelopes::open());

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ENTRANCE.with(|entrance| entrance.take(bytes)));
