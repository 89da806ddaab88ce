//! What several test suites share: messy ledgers, photographed labels, and sealed records without a terminal. Only ever a
//! dev-dependency, and the maker of the demo data.

pub mod messy_ledger;
pub mod odd_workbook;
pub mod photograph;
pub mod sealed;
