//! libFuzzer at the entrance of [`outside::pictures`].
#![no_main]

use outside::{Entrance as _, pictures::Pictures};

thread_local!(static ENTRANCE: Pictures = Pictures::open());

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ENTRANCE.with(|entrance| entrance.take(bytes)));
