//! Relay bundles between real terminals and real services, in this process: every file is written and read as a person would
//! carry it, and what comes of it is held against synchronisation over a line from the very same start.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

#[path = "relay/enrolment.rs"]
mod enrolment;
#[path = "relay/journeys.rs"]
mod journeys;
#[path = "relay/log_states.rs"]
mod log_states;
#[path = "relay/party.rs"]
mod party;
#[path = "relay/programs.rs"]
mod programs;
#[path = "relay/refusals.rs"]
mod refusals;
#[path = "relay/window.rs"]
mod window;
