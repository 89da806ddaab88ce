//! What several test suites share: messy ledgers. Only ever a dev-dependency, and the maker of the demo data.

pub mod messy_ledger;
pub mod odd_workbook;
