//! A terminal as a process: the real engine over a copy of a prepared folder, with a person who seals, sends and makes room
//! in any order, killed, cut off from power, and started again.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use tokio::time::Duration;
use xunjian_field::{
    DraftRef, Field, Language, LineSelector, NewPhoto, NewSeal, RecordState, SyncOptions, http::HttpClient,
};
use xunjian_proof::{Sha256, record::Capture};

use crate::{
    disk,
    faults::Fault,
    proof,
    service::{Blow, Service},
    site::{Prepared, PreparedTerminal, PreparedVisit, URL, open_terminal, passphrase, scratch_folder},
    wire::Wire,
    world::{End, World, mortal, mortal_async},
};

/// Runs of synchronisation after the faults stopped, at most.
const LAST_RUNS: u32 = 12;

/// A visit to seal, and the photos to take, each with its line.
struct Plan {
    visit: PreparedVisit,
    photos: Vec<(u32, usize)>,
}

/// A tablet and who uses it.
pub struct Tablet {
    world: Arc<World>,
    wire: Wire,
    prepared: &'static Prepared,
    pub number: usize,
    folder: PathBuf,
    starts: u32,
    field: Option<(Field, HttpClient)>,
    plans: Vec<Plan>,
    /// Sealed, as the person was told.
    pub sealed: BTreeSet<Sha256>,
    /// Records whose receipt was verified by the pinned root alone.
    proved: BTreeSet<Sha256>,
    /// What the records weigh that have to be sent: envelopes, and each photo once.
    payload: u64,
    weighed: BTreeSet<Sha256>,
    /// Flushes seen.
    pub flushes: u64,
}

impl Tablet {
    /// A tablet on a copy of a prepared folder.
    pub fn start(
        world: &Arc<World>,
        service: &Arc<Service>,
        prepared: &'static Prepared,
        number: usize,
        folder: &Path,
    ) -> Result<Self> {
        let first = folder.join(format!("terminal-{number}-0"));
        disk::copy(&prepared.terminal(number), &first)?;
        let visits = &prepared.terminals[number].visits;
        let count = 1 + world.draw(|random| random.usize(..visits.len()));
        let plans = visits[..count].iter().map(|visit| plan(world, prepared, visit)).collect();
        let wire = Wire { world: Arc::clone(world), service: Arc::clone(service), terminal: number };
        let mut tablet = Self {
            world: Arc::clone(world),
            wire,
            prepared,
            number,
            folder: first,
            starts: 1,
            field: None,
            plans,
            sealed: BTreeSet::new(),
            proved: BTreeSet::new(),
            payload: 0,
            weighed: BTreeSet::new(),
            flushes: 0,
        };
        tablet.boot()?;
        Ok(tablet)
    }

    fn of(&self) -> &'static PreparedTerminal {
        &self.prepared.terminals[self.number]
    }

    pub fn field(&self) -> Result<&Field> {
        self.field.as_ref().map(|(field, _)| field).context("the terminal runs")
    }

    /// Opens the folder, unlocks it, and looks whether everything is there that a person was told to be there.
    fn boot(&mut self) -> Result<()> {
        let field = loop {
            disk::watch(&self.folder)?;
            self.starts += 1;
            let first_id = ((self.number as u64 + 1) << 32) + (u64::from(self.starts) << 24);
            let (time, passphrase) = (self.world.time, passphrase()?);
            let opened = mortal(|| {
                let field = open_terminal(&self.folder, time, self.starts, first_id)?;
                field.unlock(self.of().person.id.as_str(), &passphrase).context("unlocking after a restart")?;
                field.wait_for_check();
                anyhow::Ok(field)
            });
            match opened {
                End::Done(field) => break field?,
                // What a crash left is put right by the same steps, and they may break off, too.
                End::Died => drop(self.move_on(Blow::Kill)?),
            }
        };
        let client = HttpClient::of(&field, URL, Language::Zh)?.carried_by(Arc::new(self.wire.clone()));
        for row in field.records()?.iter().filter(|row| row.state < RecordState::PartlySent) {
            self.world.accounts(|accounts| accounts.forgot(self.number, row.id));
        }
        self.field = Some((field, client));
        self.is_sound().with_context(|| format!("t{} after a restart", self.number))
    }

    /// Sealed records are here, photos are here or were let go with a proof, and nobody is told of tampering.
    fn is_sound(&self) -> Result<()> {
        let field = self.field()?;
        let here: BTreeSet<Sha256> = field.records()?.into_iter().map(|row| row.id).collect();
        for record in &self.sealed {
            ensure!(here.contains(record), "record {} was sealed and is gone", self.name(record));
        }
        let recovery = field.recovery();
        ensure!(recovery.missing.is_empty(), "photos are missing: {}", self.names(&recovery.missing));
        ensure!(recovery.replaced.is_empty(), "photos are damaged: {}", self.names(&recovery.replaced));
        let noticed = field.tampering()?;
        ensure!(noticed.is_empty(), "nobody tampered with it: {noticed:?}");
        self.tells_the_truth()?;
        proof::photos_are_kept(field, &self.proved, self.sealed.iter())
    }

    /// What it shows as received by the service, the service said to have received.
    fn tells_the_truth(&self) -> Result<()> {
        for item in self.field()?.outbox()? {
            let id = item.record.id;
            let is_acknowledged = self.world.accounts(|accounts| accounts.records.contains(&(self.number, id)));
            ensure!(
                is_acknowledged || item.record.state < RecordState::PartlySent,
                "record {} counts as received, and the service never said so",
                self.name(&id)
            );
            ensure!(
                item.record.quarantined.is_none(),
                "record {} was set aside: {:?}",
                self.name(&id),
                item.record.quarantined
            );
            for blob in item.blobs.iter().filter(|blob| blob.sent && item.record.state != RecordState::Delivered) {
                let is_acknowledged =
                    self.world.accounts(|accounts| accounts.photos.contains(&(self.number, blob.sha256)))
                        || self.is_delivered_elsewhere(&blob.sha256)?;
                ensure!(
                    is_acknowledged,
                    "photo {} counts as sent, and the service never said so",
                    self.name(&blob.sha256)
                );
            }
        }
        Ok(())
    }

    /// Resolves when it claims more than it was told: also for a moment in the middle of a run, because it may die there.
    async fn is_caught_lying(&self) -> anyhow::Error {
        loop {
            self.world.news.notified().await;
            // Time passes once everyone did what there was to do with the news.
            tokio::time::sleep(Duration::from_millis(1)).await;
            if let Err(error) = self.tells_the_truth() {
                return error;
            }
        }
    }

    /// A receipt of another record speaks for the photo, too.
    fn is_delivered_elsewhere(&self, photo: &Sha256) -> Result<bool> {
        let rows = self.field()?.outbox()?;
        let mut delivered = rows.iter().filter(|item| item.record.state == RecordState::Delivered);
        Ok(delivered.any(|item| item.blobs.iter().any(|blob| &blob.sha256 == photo)))
    }

    fn name(&self, sha256: &Sha256) -> String {
        self.world.accounts(|accounts| accounts.name(sha256))
    }

    fn names(&self, all: &[Sha256]) -> String {
        all.iter().map(|one| self.name(one)).collect::<Vec<_>>().join(", ")
    }

    /// It dies and is started again after a while.
    async fn dies(&mut self, blow: Blow) -> Result<()> {
        let loss = self.move_on(blow)?;
        self.world.tell(format!("t{} dies ({blow:?}, {loss:?} lost)", self.number));
        if loss != disk::Loss::default() {
            self.world.mattered(Fault::TerminalPowerCut);
        }
        self.world.moment(5000).await;
        self.boot()
    }

    /// The folder that is left, under a new name; the old one is nobody's.
    fn move_on(&mut self, blow: Blow) -> Result<disk::Loss> {
        let next = self.folder.with_file_name(format!("terminal-{}-{}", self.number, self.starts));
        let loss = match blow {
            Blow::Kill => {
                disk::copy(&self.folder, &next)?;
                disk::Loss::default()
            }
            Blow::PowerCut => self.world.draw(|random| disk::copy_after_power_cut(&self.folder, &next, random))?,
        };
        self.flushes += disk::forget(&self.folder);
        self.field = None;
        std::fs::remove_dir_all(&self.folder)?;
        self.folder = next;
        Ok(loss)
    }

    async fn dies_somehow(&mut self) -> Result<()> {
        let blow = if self.world.draw(fastrand::Rng::bool) { Blow::Kill } else { Blow::PowerCut };
        if blow == Blow::PowerCut {
            self.world.brings(Fault::TerminalPowerCut);
        }
        self.dies(blow).await
    }

    /// What a person does in a day.
    pub async fn lives(&mut self) -> Result<()> {
        let steps = 5 + self.world.draw(|random| random.u32(..9));
        for _ in 0..steps {
            self.world.moment(4000).await;
            match self.world.draw(|random| random.u32(..12)) {
                0..=3 => self.seals_next().await?,
                4..=7 => self.syncs().await?,
                8..=9 => self.makes_room().await?,
                10 => self.pulls().await?,
                _ => {}
            }
            if self.world.strikes(Fault::TerminalPowerCut) {
                self.dies(Blow::PowerCut).await?;
            }
        }
        Ok(())
    }

    /// The next visit: its photos, then its seal. What was confirmed survives whatever comes.
    async fn seals_next(&mut self) -> Result<()> {
        if self.plans.is_empty() {
            return Ok(());
        }
        let plan = self.plans.remove(0);
        let person = &self.of().person;
        let draft = DraftRef { visit: &plan.visit.id, person: &person.id };
        let mut photos = BTreeSet::new();
        for (line, picture) in &plan.photos {
            let bytes = &self.prepared.photos[*picture];
            loop {
                let field = self.field()?;
                let attached = mortal(|| {
                    let line = LineSelector::No { line: *line };
                    field.attach_photo(draft, Some(&line), new_photo(bytes))
                });
                match attached {
                    End::Done(attached) => {
                        photos.insert(attached?.evidence.sha256);
                        break;
                    }
                    End::Died => self.dies_somehow().await?,
                }
            }
        }
        let sealed = loop {
            let field = self.field()?;
            let passphrase = passphrase()?;
            match mortal(|| field.seal(draft, &passphrase, &NewSeal::default())) {
                End::Done(sealed) => break sealed?,
                End::Died => self.dies_somehow().await?,
            }
        };
        let name = format!("r{}.{}", self.number, sealed.sequence);
        self.world.tell(format!("t{} seals {name} with {} photos", self.number, photos.len()));
        self.world.accounts(|accounts| accounts.names.insert(sealed.record, name));
        self.payload += proof::envelope_bytes(self.field()?, &sealed.record)?;
        for photo in photos {
            if self.weighed.insert(photo) {
                let taken = self.prepared.photos.iter().find(|bytes| Sha256::of(bytes) == photo);
                self.payload += taken.map_or(0, |bytes| bytes.len() as u64);
            }
        }
        self.sealed.insert(sealed.record);
        // The person was told, and in this moment the power goes.
        if self.world.strikes(Fault::TerminalPowerCut) {
            self.dies(Blow::PowerCut).await?;
        }
        Ok(())
    }

    /// One run, which may be stopped, killed or cut off from power at any moment.
    async fn syncs(&mut self) -> Result<()> {
        let ends = [Fault::Cancelled, Fault::TerminalKilled, Fault::TerminalPowerCut];
        let end = ends.into_iter().find(|fault| self.world.strikes_at(*fault, 3.0));
        let magnitude = self.world.draw(|random| 1_u64 << random.u32(6..10));
        let patience_ms = match end {
            Some(_) => self.world.draw(|random| random.u64(..2 * magnitude)),
            None => self.world.draw(|random| random.u64(60_000..600_000)),
        };
        let (world, number) = (Arc::clone(&self.world), self.number);
        world.tell(format!("t{number} begins a run{}", end.map_or_else(String::new, |end| format!(" [{end:?}]"))));
        let (field, client) = self.field.as_ref().context("the terminal runs")?;
        let options = SyncOptions { is_tireless: true, ..SyncOptions::default() };
        let run = mortal_async(field.sync_now(client, &options));
        let outcome = tokio::select! {
            biased;
            outcome = run => Some(outcome),
            error = self.is_caught_lying() => return Err(error),
            () = tokio::time::sleep(Duration::from_millis(patience_ms)) => {
                if self.world.requests() > 0
                    && let Some(end) = end.filter(|end| *end != Fault::TerminalPowerCut)
                {
                    self.world.mattered(end);
                }
                None
            }
        };
        match (outcome, end) {
            (Some(End::Done(report)), _) => {
                let report = report?;
                world.tell(format!(
                    "t{number} ends a run: {} passes, {} submitted, {} photos, {} delivered, {} pending, {} errors",
                    report.passes,
                    report.submitted,
                    report.blobs_sent,
                    report.delivered,
                    report.still_pending,
                    report.errors.len()
                ));
                if report.delivered > 0 && world.draw(fastrand::Rng::bool) {
                    self.makes_room().await?;
                }
            }
            (Some(End::Died), _) => self.dies_somehow().await?,
            (None, Some(Fault::TerminalKilled)) => self.dies(Blow::Kill).await?,
            (None, Some(Fault::TerminalPowerCut)) => self.dies(Blow::PowerCut).await?,
            (None, _) => world.tell(format!("t{number}'s run is stopped")),
        }
        self.tells_the_truth()
    }

    /// Lets photos go that the service has for certain.
    async fn makes_room(&mut self) -> Result<()> {
        let most = self.world.draw(|random| if random.bool() { None } else { Some(random.u64(..20_000)) });
        self.proves_receipts()?;
        let field = self.field()?;
        match mortal(|| field.release_photos(most)) {
            End::Done(released) => {
                self.world.tell(format!("t{} lets {} photos go", self.number, released?.photos));
                proof::photos_are_kept(self.field()?, &self.proved, self.sealed.iter())
            }
            End::Died => self.dies_somehow().await,
        }
    }

    /// Verifies the receipts that came, outside the engine.
    fn proves_receipts(&mut self) -> Result<()> {
        for row in self.field()?.records()? {
            if row.state == RecordState::Delivered && !self.proved.contains(&row.id) {
                let out = scratch_folder()?;
                self.field()?.export_record(&row.id.to_hex(), out.path())?;
                proof::receipt_verifies(out.path(), &self.prepared.root).with_context(|| self.name(&row.id))?;
                self.proved.insert(row.id);
            }
        }
        Ok(())
    }

    /// Asks for new work.
    async fn pulls(&mut self) -> Result<()> {
        let (field, client) = self.field.as_ref().context("the terminal runs")?;
        let pulled = mortal_async(field.pull(client)).await;
        match pulled {
            // Nobody answered, or not in this protocol: that is said, and nothing is lost.
            End::Done(Ok(_) | Err(xunjian_field::FieldError::Api(_))) => Ok(()),
            End::Done(Err(error)) => Err(error.into()),
            End::Died => self.dies_somehow().await,
        }
    }

    /// After the faults: everything is sealed, everything arrives.
    pub async fn finishes(&mut self) -> Result<()> {
        while !self.plans.is_empty() {
            self.seals_next().await?;
        }
        for _ in 0..LAST_RUNS {
            self.syncs().await?;
            let rows = self.field()?.records()?;
            if rows.iter().all(|row| row.state == RecordState::Delivered) {
                return Ok(());
            }
            self.world.moment(10_000).await;
        }
        let rows = self.field()?.records()?;
        let open: Vec<_> = rows.iter().filter(|row| row.state != RecordState::Delivered).collect();
        bail!("t{} is not delivered in {LAST_RUNS} undisturbed runs: {open:?}", self.number)
    }

    /// Everything that must hold in the end.
    pub async fn is_complete(&mut self) -> Result<()> {
        let rows = self.field()?.records()?;
        ensure!(rows.len() == self.sealed.len(), "t{} has {} records", self.number, rows.len());
        self.proves_receipts()?;
        ensure!(self.proved.len() == rows.len(), "t{} has {} receipts", self.number, self.proved.len());
        self.stays_frugal()?;
        self.field()?.release_photos(None)?;
        self.is_sound()?;
        // What a person sees after everything: whole, also when the power goes now.
        self.world.brings(Fault::TerminalPowerCut);
        self.dies(Blow::PowerCut).await?;
        self.flushes += disk::forget(&self.folder);
        self.field = None;
        Ok(())
    }

    /// What was sent, against what had to be sent ([`crate::accounts`]).
    fn stays_frugal(&self) -> Result<()> {
        let (bytes, payload) = (self.world.accounts(|accounts| accounts.bytes(self.number)), self.payload);
        let (net, most) = (bytes.sent.saturating_sub(bytes.forced), (payload + bytes.lost) * 11 / 10);
        self.world.tell(format!("t{} sent {bytes:?} for a payload of {payload}", self.number));
        ensure!(net <= most, "t{} sent {net} bytes for a payload of {payload}: {bytes:?}", self.number);
        Ok(())
    }
}

fn new_photo(bytes: &[u8]) -> NewPhoto<'_> {
    NewPhoto { bytes, file_name: "", capture: Capture::Camera, caption: "", layer: None, after_of: None }
}

/// Which photos a visit gets: those that are due, and some more; often one that another record has, too.
fn plan(world: &World, prepared: &'static Prepared, visit: &PreparedVisit) -> Plan {
    let photos = world.draw(|random| {
        let more = random.u32(..4);
        let lines = visit.photo_lines.iter().copied().chain((0..more).map(|_| 1 + random.u32(..visit.lines)));
        let lines: Vec<u32> = lines.collect();
        lines.into_iter().map(|line| (line, random.usize(..prepared.photos.len()))).collect()
    });
    Plan { visit: visit.clone(), photos }
}

/// The number of a seed as people type it.
pub fn seed_of(text: &str) -> Result<u64> {
    text.trim().parse().map_err(|_| anyhow!("XUNJIAN_SEED is a number, not “{text}”"))
}
