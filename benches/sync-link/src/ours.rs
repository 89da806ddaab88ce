//! The product over the line: `xunjian-field sync` until every receipt is in.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::{
    link::Conditions,
    measured::{Measured, World},
    programs::{Programs, json},
    side::SERVICE,
    site::{Prepared, Service},
};

/// What a run of ours came to.
pub struct OurRun {
    /// Time and traffic.
    pub measured: Measured,
    /// How often the command had to be given. Once, if it finds its way through a cut by itself.
    pub commands: u32,
    /// Bytes of photos it handed to the network, as it counts itself.
    pub photo_bytes_sent: u64,
    /// Receipts that were verified.
    pub receipts: u64,
}

/// Copies what was prepared, starts the service, and synchronises under these conditions.
///
/// # Errors
/// When a program cannot be run, or the service's own check of everything it stored finds damage.
pub fn run(
    world: &World,
    programs: &Programs,
    prepared: &Prepared,
    conditions: Conditions,
    patience: Duration,
) -> anyhow::Result<OurRun> {
    let folder = world.empty_run_folder()?;
    let (site, terminal) = prepared.copy_to(folder)?;
    let service = Service::start(world, programs, &site, &format!("{SERVICE}:0"))?;
    let log = folder.join("sync.log");
    let timer = world.begin(conditions);
    let (mut commands, mut photo_bytes_sent, mut receipts) = (0, 0, 0);
    let is_complete = loop {
        let mut sync = programs.field(&terminal);
        sync.args(["--service", &service.url, "--json", "sync"]);
        commands += 1;
        let ended = world.run_client(sync, &log, timer.begun() + patience)?;
        if ended.code.is_none() {
            break false;
        }
        let said: Value = serde_json::from_str(&ended.output)
            .with_context(|| format!("sync ended with {:?}; see {}", ended.code, log.display()))?;
        photo_bytes_sent += said["blob_bytes_sent"].as_u64().unwrap_or(0);
        receipts += said["delivered"].as_u64().unwrap_or(0);
        if said["still_pending"] == 0 && said["quarantined"] == 0 {
            break true;
        }
        ensure!(ended.code == Some(3), "sync ended with {:?}: {said}", ended.code);
        // A person, or the app's own timer, tries again.
        std::thread::sleep(Duration::from_secs(1));
    };
    let measured = timer.read(world, is_complete);
    drop(service);
    if is_complete {
        let checked = json(programs.central(&site).arg("verify-all"))?;
        let expected = (u64::from(prepared.load.records), u64::from(prepared.load.photos));
        let found = (checked["delivered"].as_u64(), checked["blobs"].as_u64());
        ensure!(found == (Some(expected.0), Some(expected.1)), "the service has {found:?} of {expected:?}");
        ensure!(checked["damages"].as_array().is_some_and(Vec::is_empty), "damage: {checked}");
        ensure!(receipts == expected.0, "{receipts} of {} receipts were verified", expected.0);
    }
    world.empty_run_folder()?;
    Ok(OurRun { measured, commands, photo_bytes_sent, receipts })
}
