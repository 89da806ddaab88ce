//! The service as a process: the real site behind the real routes, killed, cut off from power, and started again.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context as _, Result, ensure};
use axum::Router;
use tokio::{sync::watch, time::Duration};
use xunjian_central::{delivery, http, integrity, site::Site};
use xunjian_domain::ids::TerminalId;
use xunjian_proof::Sha256;
use xunjian_protocol::blob::BlobState;

use crate::{
    disk,
    faults::Fault,
    world::{End, World, mortal},
};

/// The machine that the service runs on.
pub struct Service {
    world: Arc<World>,
    terminals: Vec<TerminalId>,
    machine: Mutex<Machine>,
    /// Which run of the service it is; another one once it died.
    run: watch::Sender<u64>,
}

struct Machine {
    folder: PathBuf,
    number: u32,
    running: Option<Running>,
}

#[derive(Clone)]
struct Running {
    site: Arc<Site>,
    router: Router,
}

/// How it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    Kill,
    PowerCut,
}

impl Service {
    /// Starts a service on a copy of a prepared site.
    pub fn start(world: &Arc<World>, prepared: &Path, folder: &Path, terminals: Vec<TerminalId>) -> Result<Arc<Self>> {
        let first = folder.join("service-0");
        disk::copy(prepared, &first)?;
        let machine = Machine { folder: first, number: 0, running: None };
        let run = watch::channel(0).0;
        let service = Arc::new(Self { world: Arc::clone(world), terminals, machine: Mutex::new(machine), run });
        service.boot()?;
        Ok(service)
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the site and catches up, as `xunjian serve` does before it listens.
    fn boot(&self) -> Result<()> {
        loop {
            let folder = self.lock().folder.clone();
            disk::watch(&folder)?;
            let opened = mortal(|| {
                let site = Site::open(&folder)?;
                delivery::deliver_ready(&site)?;
                anyhow::Ok(site)
            });
            let site = match opened {
                End::Done(site) => Arc::new(site.context("the service starts")?),
                End::Died => {
                    self.move_on(Blow::Kill)?;
                    continue;
                }
            };
            self.keeps_its_word(&site)?;
            let router = http::router_on_one_thread(Arc::clone(&site));
            self.lock().running = Some(Running { site, router });
            return Ok(());
        }
    }

    /// The site, while it runs.
    pub fn site(&self) -> Option<Arc<Site>> {
        self.lock().running.as_ref().map(|running| Arc::clone(&running.site))
    }

    /// The routes, and which run they are of.
    pub fn answering(&self) -> Option<(Router, u64)> {
        let router = self.lock().running.as_ref().map(|running| running.router.clone())?;
        Some((router, *self.run.borrow()))
    }

    pub fn run(&self) -> u64 {
        *self.run.borrow()
    }

    /// Resolves once the service of this run is dead.
    pub async fn death_of(&self, run: u64) {
        let mut watch = self.run.subscribe();
        // The sender lives as long as the service.
        let _ = watch.wait_for(|now| *now != run).await;
    }

    /// How many bytes of a photo the service has; `None` while it is down.
    pub fn had(&self, terminal: usize, photo: &Sha256) -> Option<u64> {
        let site = self.site()?;
        let terminal = &self.terminals[terminal];
        match delivery::blob_state(&site, terminal, photo).ok()? {
            BlobState::NotNamed => Some(0),
            BlobState::Partial { offset } => Some(offset),
            BlobState::Stored => delivery::named_bytes(&site, terminal, photo).ok()?,
        }
    }

    /// It dies; somebody starts it again after a while.
    pub fn dies(self: &Arc<Self>, blow: Blow) {
        let under_way = self.world.requests();
        let before = self.all_had();
        self.lock().running = None;
        self.run.send_modify(|run| *run += 1);
        let loss = match self.move_on(blow) {
            Ok(loss) => loss,
            Err(error) => return self.world.broke(format!("the service's disk: {error:#}")),
        };
        self.world.tell(format!("the service dies ({blow:?}, {under_way} requests under way, {loss:?} lost)"));
        if loss != disk::Loss::default() {
            self.world.mattered(Fault::ServicePowerCut);
        }
        self.world.accounts(crate::accounts::Accounts::haunt_all);
        let (service, down_ms) = (Arc::clone(self), self.world.draw(|random| random.u64(..40_000)));
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(down_ms)).await;
            match service.boot() {
                Ok(()) => {
                    service.world.tell("the service is up again");
                    service.note_losses(&before);
                }
                Err(error) => service.world.broke(format!("{error:#}")),
            }
        });
    }

    /// The folder that is left, under a new name; the old one is nobody's.
    fn move_on(&self, blow: Blow) -> Result<disk::Loss> {
        let mut machine = self.lock();
        machine.running = None;
        machine.number += 1;
        let next = machine.folder.with_file_name(format!("service-{}", machine.number));
        let loss = match blow {
            Blow::Kill => {
                disk::copy(&machine.folder, &next)?;
                disk::Loss::default()
            }
            Blow::PowerCut => self.world.draw(|random| disk::copy_after_power_cut(&machine.folder, &next, random))?,
        };
        disk::forget(&machine.folder);
        std::fs::remove_dir_all(&machine.folder)?;
        machine.folder = next;
        Ok(loss)
    }

    fn all_had(&self) -> Vec<((usize, Sha256), u64)> {
        let uploads = self.world.accounts(|accounts| accounts.uploads());
        uploads.into_iter().filter_map(|key| Some((key, self.had(key.0, &key.1)?))).collect()
    }

    fn note_losses(&self, before: &[((usize, Sha256), u64)]) {
        for ((terminal, photo), had) in before {
            let has = self.had(*terminal, photo).unwrap_or(0);
            self.world.accounts(|accounts| accounts.lost(*terminal, had.saturating_sub(has)));
        }
    }

    /// What terminals were told to be stored is stored.
    fn keeps_its_word(&self, site: &Site) -> Result<()> {
        let (records, photos) = self.world.accounts(|accounts| (accounts.records.clone(), accounts.photos.clone()));
        let stored = stored_records(site)?;
        for (terminal, record) in &records {
            if !stored.contains(record) {
                self.world.broke(format!("record {} of t{terminal} was acknowledged and is gone", self.name(record)));
            }
        }
        for (terminal, photo) in &photos {
            self.is_whole(site, *terminal, photo)?;
        }
        Ok(())
    }

    /// A photo that counts as stored is there, byte for byte.
    fn is_whole(&self, site: &Site, terminal: usize, photo: &Sha256) -> Result<()> {
        let found = site.blobs.check(photo)?;
        if !matches!(found, Some((_, true))) {
            let name = self.name(photo);
            self.world.broke(format!("photo {name} of t{terminal} was acknowledged, and is {found:?} (bytes, whole)"));
        }
        Ok(())
    }

    fn name(&self, sha256: &Sha256) -> String {
        self.world.accounts(|accounts| accounts.name(sha256))
    }

    /// A terminal is told that the service has a photo.
    pub fn photo_acknowledged(&self, terminal: usize, photo: Sha256) {
        self.world.accounts(|accounts| accounts.photos.insert((terminal, photo)));
        if let Some(site) = self.site()
            && let Err(error) = self.is_whole(&site, terminal, &photo)
        {
            self.world.broke(format!("{error:#}"));
        }
    }

    /// Dies now and then, until the faults stop.
    pub async fn suffers(self: Arc<Self>) {
        while !self.world.is_calm() {
            self.world.moment(15_000).await;
            if self.site().is_none() {
                continue;
            }
            for (fault, blow) in [(Fault::ServiceKilled, Blow::Kill), (Fault::ServicePowerCut, Blow::PowerCut)] {
                if self.site().is_some() && self.world.strikes(fault) {
                    if blow == Blow::Kill && self.world.requests() > 0 {
                        self.world.mattered(fault);
                    }
                    self.dies(blow);
                }
            }
        }
    }

    /// Stops, and is opened once more to be looked at.
    pub fn last_look(&self) -> Result<(Arc<Site>, u64)> {
        let site = self.site().context("the service runs")?;
        let flushes = disk::forget(&self.lock().folder);
        Ok((site, flushes))
    }
}

/// The ids of all records.
pub fn stored_records(site: &Site) -> Result<std::collections::BTreeSet<Sha256>> {
    let rows = site.db.read(|sql| sql.query("SELECT id FROM record", &[]))?;
    let ids = rows.iter().map(|row| Ok(row.text(0)?.parse::<Sha256>()?));
    ids.collect()
}

/// The log and everything that follows from it, derived again; each record once, with one delivery.
pub fn audit(site: &Site, expected: &std::collections::BTreeSet<Sha256>) -> Result<()> {
    let found = integrity::fsck(site)?;
    ensure!(found.damages.is_empty(), "fsck finds damage: {:?}", found.damages);
    ensure!(found.gaps.is_empty(), "the chains have gaps: {:?}", found.gaps);
    let verified = integrity::verify_all(site)?;
    ensure!(verified.damages.is_empty(), "verify-all finds damage: {:?}", verified.damages);
    ensure!(verified.delivered == expected.len() as u64, "{} of {} delivered", verified.delivered, expected.len());
    ensure!(&stored_records(site)? == expected, "the service has other records than were sealed");
    let leaves = site.db.read(|sql| {
        sql.query("SELECT kind, subject, envelope FROM log_entry WHERE kind IN ('record', 'delivered')", &[])
    })?;
    let mut seen = std::collections::BTreeSet::new();
    for leaf in &leaves {
        // Read from the bytes: the columns beside them are nobody's word.
        let read = xunjian_central::leaf::Leaf::read(&xunjian_proof::dsse::Envelope::from_bytes(leaf.bytes(2)?)?)?;
        ensure!(seen.insert((read.kind(), read.subject())), "the log has a {} twice: {}", read.kind(), read.subject());
    }
    for record in expected {
        for kind in ["record", "delivered"] {
            ensure!(seen.contains(&(kind, record.to_hex())), "the log has no {kind} of {record}");
        }
    }
    ensure!(leaves.len() == 2 * expected.len(), "{} leaves for {} records", leaves.len(), expected.len());
    Ok(())
}
