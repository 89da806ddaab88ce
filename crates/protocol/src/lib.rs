//! All that terminal and service must agree on: messages, problem numbers, versions, and [`SyncApi`], the one trait that
//! the HTTP client and every other transport implement.
//!
//! No transport lives here. The URL of a method derives from its constant in [`path`]; what is signed lives in
//! `xunjian-proof` and travels inside these messages as exact text. `docs/PROTOCOL.md` tells the same for people.

pub mod blob;
pub mod enrol;
pub mod hello;
pub mod log;
pub mod package;
pub mod path;
pub mod problem;
pub mod record;
pub mod recovery;
pub mod relay;
pub mod review;
pub mod session;

mod api;

pub use api::{ApiError, SyncApi};
