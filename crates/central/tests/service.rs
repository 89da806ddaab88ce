//! The service as terminals meet it: real SQLite, real files, real HTTP on loopback, real signatures.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

#[path = "service/blobs.rs"]
mod blobs;
#[path = "service/closings.rs"]
mod closings;
#[path = "service/command_line.rs"]
mod command_line;
#[path = "service/console_beside.rs"]
mod console_beside;
#[path = "service/console_desk.rs"]
mod console_desk;
#[path = "service/console_keys.rs"]
mod console_keys;
#[path = "service/console_ledger.rs"]
mod console_ledger;
#[path = "service/console_log.rs"]
mod console_log;
#[path = "service/console_moves.rs"]
mod console_moves;
#[path = "service/console_pages.rs"]
mod console_pages;
#[path = "service/console_progress.rs"]
mod console_progress;
#[path = "service/console_records.rs"]
mod console_records;
#[path = "service/console_rounds.rs"]
mod console_rounds;
#[path = "service/console_session.rs"]
mod console_session;
#[path = "service/cosigning.rs"]
mod cosigning;
#[path = "service/damages.rs"]
mod damages;
#[path = "service/decisions.rs"]
mod decisions;
#[path = "service/enrolment.rs"]
mod enrolment;
#[path = "service/intake.rs"]
mod intake;
#[path = "service/integrity.rs"]
mod integrity;
#[path = "service/ledger.rs"]
mod ledger;
#[path = "service/ledger_changes.rs"]
mod ledger_changes;
#[path = "service/ledger_files.rs"]
mod ledger_files;
#[path = "service/monitoring.rs"]
mod monitoring;
#[path = "service/open_findings.rs"]
mod open_findings;
#[path = "service/openapi.rs"]
mod openapi;
#[path = "service/packs.rs"]
mod packs;
#[path = "service/party.rs"]
mod party;
#[path = "service/rectifications.rs"]
mod rectifications;
#[path = "service/reviews.rs"]
mod reviews;
#[path = "service/split_view.rs"]
mod split_view;
#[path = "service/tables.rs"]
mod tables;
#[path = "service/tablet.rs"]
mod tablet;
