//! The central service: keeps the ledger, opens rounds, takes records and photos in without losing or doubling a byte,
//! and proves with receipts from its transparency log that it did.
//!
//! Use cases are plain functions over [`site::Site`]; [`http`] and [`cli`] are thin shells around them. The service never
//! uses the terminal's engine and never trusts a terminal: whatever comes in is verified before it is stored.

pub mod aside;
pub mod blobs;
pub mod calendar;
pub mod cli;
pub mod clock;
pub mod closing;
pub mod console;
pub mod cosign;
pub mod coverage;
pub mod db;
pub mod decide;
pub mod delivery;
pub mod drawing;
pub mod enrol;
pub mod error;
pub mod extras;
pub mod greeting;
pub mod http;
pub mod intake;
pub mod integrity;
pub mod keys;
pub mod labels;
pub mod leaf;
pub mod ledger;
pub mod log;
pub mod monitoring;
pub mod pack;
pub mod package;
pub mod recovery;
pub mod rectification;
pub mod relay;
pub mod report;
pub mod review;
pub mod round;
pub mod session;
pub mod site;

#[cfg(feature = "typescript")]
pub use console::typescript;
pub use error::Error;
