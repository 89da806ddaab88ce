//! Ledgers in the files people keep them in: workbooks, CSV of every office program, exports of NetBox.
//!
//! Pure functions over bytes and values: no clock, no SQL, no network. The service reads with them what somebody uploads,
//! stores what comes out, tells two versions apart, and writes a version out again; the terminal never sees a file.

pub mod changes;
pub mod diff;
pub mod export;
pub mod import;
pub mod listing;
pub mod monitoring;
mod quote;
