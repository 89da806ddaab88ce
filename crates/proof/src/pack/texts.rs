//! The files of a pack that are alike in all of them, and part of this software. A verifier holds those of a pack against its
//! own: a pack's `verify.py` is not believed because it lies in the pack.

use super::name;

/// Counts up whenever one of the texts or the pages changes. A verifier of another version says that it did not compare them.
pub const VERSION: u32 = 1;

/// The verifier for people who have Python and openssl and nothing of ours.
pub const VERIFY_PY: &str = include_str!("../../pack/verify.py");

/// Every fixed file by name.
pub const ALL: [(&str, &str); 3] = [
    (name::VERIFY_PY, VERIFY_PY),
    (name::README_ZH, include_str!("../../pack/readme.zh.md")),
    (name::README_EN, include_str!("../../pack/readme.en.md")),
];
