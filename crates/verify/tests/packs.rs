//! Evidence packs: whole ones pass, spoiled ones never, by `xunjian-verify` and by the `verify.py` that lies in each of them.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

#[path = "packs/alone.rs"]
mod alone;
#[path = "packs/archive.rs"]
mod archive;
#[path = "packs/flips.rs"]
mod flips;
#[path = "packs/large.rs"]
mod large;
#[path = "packs/mutations.rs"]
mod mutations;
#[path = "packs/parts.rs"]
mod parts;
#[path = "packs/rules.rs"]
mod rules;
