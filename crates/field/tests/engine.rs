//! The engine's stories: real keys, a real log, real receipts, and a service in memory that can be told to misbehave.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "engine/service.rs"]
mod service;
#[path = "engine/site.rs"]
mod site;
#[path = "engine/terminal.rs"]
mod terminal;

#[path = "engine/a2_inputs.rs"]
mod a2_inputs;
#[path = "engine/at_rest.rs"]
mod at_rest;
#[path = "engine/clock.rs"]
mod clock;
#[path = "engine/draft.rs"]
mod draft;
#[path = "engine/evidence.rs"]
mod evidence;
#[path = "engine/findings.rs"]
mod findings;
#[path = "engine/keys.rs"]
mod keys;
#[path = "engine/labels.rs"]
mod labels;
#[path = "engine/packages.rs"]
mod packages;
#[path = "engine/racks.rs"]
mod racks;
#[path = "engine/receipts.rs"]
mod receipts;
#[path = "engine/reconciling.rs"]
mod reconciling;
#[path = "engine/recovery.rs"]
mod recovery;
#[path = "engine/release.rs"]
mod release;
#[path = "engine/reuse.rs"]
mod reuse;
#[path = "engine/run.rs"]
mod run;
#[path = "engine/salvage.rs"]
mod salvage;
#[path = "engine/seal.rs"]
mod seal;
#[path = "engine/searching.rs"]
mod searching;
#[path = "engine/session.rs"]
mod session;
#[path = "engine/soundness.rs"]
mod soundness;
#[path = "engine/sync.rs"]
mod sync;
#[path = "engine/tampering.rs"]
mod tampering;
#[path = "engine/today.rs"]
mod today;
#[path = "engine/unlock.rs"]
mod unlock;
#[path = "engine/visits.rs"]
mod visits;
