//! The console: what people see and do in the browser. One file a feature, each beginning with its messages, which are those
//! of `ui/src/console/contract.ts`; `http/console/` puts them on the network.
//!
//! Lists and sums come from the read model ([`read_model`]), which is derived and proves nothing. Whoever looks at one record
//! gets it checked anew from stored bytes ([`record`]). The console never signs for a person and never holds a root key.

pub mod account;
pub mod beside;
pub mod counted;
pub mod findings;
pub mod keys;
pub mod labels;
pub mod ledger;
pub mod ledger_changes;
pub mod log;
pub mod monitoring;
pub mod moves;
pub mod names;
pub mod overview;
pub mod page;
pub mod people;
pub mod photo;
pub mod read_model;
pub mod record;
pub mod records;
pub mod rectifications;
pub mod round_form;
pub mod rounds;
pub mod session;
pub mod steps;
pub mod terminals;
#[cfg(feature = "typescript")]
pub mod typescript;
pub mod verification;
pub mod visits;
