//! (stub)
pub mod ledger_import;
