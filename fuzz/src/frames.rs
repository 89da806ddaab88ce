//! libFuzzer at the entrance of [`outside::frames`].
#![no_main]

use outside::{Entrance as _, frames::Frames};

libfuzzer_sys::fuzz_target!(
    // rxing panics on some frames, and the product fences each attempt by `catch_unwind`: a panic inside that fence is no
    // finding. One that leaves the entrance still ends the run.
    init: std::panic::set_hook(Box::new(|_| {})),
    |bytes: &[u8]| {
        let outcome = std::panic::catch_unwind(|| Frames.take(bytes));
        if let Err(panic) = outcome {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words");
            eprintln!("{said}");
            std::process::abort();
        }
    }
);
