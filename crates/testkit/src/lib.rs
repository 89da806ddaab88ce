//! What several test suites share: messy ledgers, photographed labels, sealed records without a terminal, and exports. Only ever a
//! dev-dependency, and the maker of the demo data.

pub mod decision_vector;
pub mod export;
pub mod full_racks;
pub mod label_frames;
pub mod log_states;
pub mod messy_ledger;
pub mod odd_workbook;
pub mod packs;
pub mod photograph;
pub mod rectification_vector;
pub mod sealed;
