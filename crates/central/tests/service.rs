//! The service as terminals meet it: real SQLite, real files, real HTTP on loopback, real signatures.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

#[path = "service/blobs.rs"]
mod blobs;
#[path = "service/enrolment.rs"]
mod enrolment;
#[path = "service/intake.rs"]
mod intake;
#[path = "service/integrity.rs"]
mod integrity;
#[path = "service/ledger.rs"]
mod ledger;
#[path = "service/openapi.rs"]
mod openapi;
#[path = "service/party.rs"]
mod party;
