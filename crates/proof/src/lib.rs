//! Exact bytes, signatures, the transparency log and its receipts.
//!
//! Everything here takes values and returns values: no clock, no randomness, no files, no network. What gets hashed or
//! signed is frozen: `tests/vectors/` holds signed documents that must verify for ever. `docs/EVIDENCE.md` shows how to
//! check the same bytes with `openssl`, `sha256sum`, `jq` and `base64`.

pub mod chain;
pub mod closing;
pub mod cosigner;
pub mod coverage;
pub mod decision;
pub mod difference;
pub mod dsse;
pub mod jcs;
pub mod keyring;
pub mod label;
pub mod ledger_change;
pub mod merkle;
pub mod note;
pub mod pack;
pub mod receipt;
pub mod record;
pub mod rectification;
pub mod review;
pub mod risk;
pub mod statement;
pub mod suite;
pub mod verification;
pub mod witness;

pub use xunjian_domain::{hash::Sha256, time::TimestampMs};
