//! libFuzzer at the entrance of [`outside::packages`].
#![no_main]

use outside::{Entrance as _, packages::Packages};

thread_local!(static ENTRANCE: Packages = Packages::open());

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ENTRANCE.with(|entrance| entrance.take(bytes)));
