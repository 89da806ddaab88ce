//! The words of DB4401/T 294.3—2024 as types, and its rules as pure functions.
//!
//! Everything here takes values and returns values: no clock, no randomness, no files, no SQL, no HTTP. The crate
//! deliberately knows nothing of signatures or storage; `xunjian-proof` gives its values exact bytes.
//! One word per thing: `docs/VOCABULARY.md`.

pub mod calendar;
pub mod completion;
pub mod coverage;
pub mod decimal;
pub mod hash;
pub mod ids;
pub mod indicator;
pub mod label_code;
pub mod label_sheet;
pub mod ledger;
pub mod monitoring;
pub mod outcome;
pub mod party;
pub mod plan;
pub mod preset;
pub mod reading;
pub mod reconciliation;
pub mod rectification;
pub mod report;
pub mod round;
pub mod subject;
pub mod template;
pub mod text;
pub mod time;
pub mod value;
pub mod visit;
