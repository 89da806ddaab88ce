//! Ledgers in the files people keep them in: workbooks, CSV of every office program, exports of NetBox.
//!
//! Pure functions over bytes: no clock, no SQL, no network. The service reads with them what somebody uploads, and stores
//! what comes out; the terminal never sees a file.

pub mod import;
