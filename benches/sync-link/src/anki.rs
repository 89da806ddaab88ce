//! Anki: its own client and its own server, from PyPI. Its media sync sends photos in batches over one connection.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::{
    measured::{Measured, World},
    programs::{mortal, text},
    side::SERVICE,
    site::Prepared,
    webdav::{sizes, wait_for},
};

const PORT: u16 = 27_701;
const CLIENT: &str = include_str!("../peers/anki_client.py");

/// The Python that Anki was installed for by `scripts/setup.sh peers`.
#[derive(Debug, Clone)]
pub struct Anki {
    python: PathBuf,
}

/// A run of Anki.
pub struct AnkiRun {
    /// Time and traffic; the time is that of the media alone.
    pub measured: Measured,
    /// Login and upload of the collection, before the media.
    pub collection: Duration,
}

impl Anki {
    /// The one in this folder.
    ///
    /// # Errors
    /// When it is not there.
    pub fn of(peers: &Path) -> anyhow::Result<Self> {
        // Not made canonical: the link is what makes it the Python of its own environment.
        let python = std::path::absolute(peers.join("anki/bin/python"))?;
        ensure!(python.is_file(), "{} is not there: scripts/setup.sh peers", python.display());
        Ok(Self { python })
    }

    /// Its version.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn version(&self) -> anyhow::Result<String> {
        text(Command::new(&self.python).args(["-c", "import anki.buildinfo as b; print('anki', b.version)"]))
    }

    /// Fills a collection with the photos of `prepared`, a note for each record, and sends both.
    ///
    /// # Errors
    /// When a program cannot be run, or photos are missing at the other end although the client was content.
    pub fn run(
        &self,
        world: &World,
        prepared: &Prepared,
        loss_percent: f64,
        patience: Duration,
    ) -> anyhow::Result<AnkiRun> {
        let folder = world.empty_run_folder()?;
        std::fs::create_dir(folder.join("server"))?;
        std::fs::create_dir(folder.join("client"))?;
        let script = folder.join("anki_client.py");
        std::fs::write(&script, CLIENT)?;
        let collection = folder.join("client/collection.anki2");
        let notes = prepared.load.records.to_string();
        text(Command::new(&self.python).arg(&script).arg("fill").arg(&collection).arg(prepared.photos()).arg(notes))?;

        let mut server = mortal(&self.python);
        server.args(["-m", "anki.syncserver"]).env("SYNC_USER1", "bench:bench");
        server.env("SYNC_BASE", folder.join("server")).env("SYNC_HOST", SERVICE.to_string());
        server.env("SYNC_PORT", PORT.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut serving = world.service.spawn(server)?;
        wait_for(world, PORT, &mut serving)?;

        let mut sync = mortal(&self.python);
        sync.arg(&script).arg("sync").arg(&collection).arg(format!("http://{SERVICE}:{PORT}/"));
        let timer = world.begin(world.conditions("anki", loss_percent));
        let log = folder.join("anki.log");
        let ended = world.run_client(sync, &log, timer.begun() + patience)?;
        let whole = timer.read(world, ended.code == Some(0));
        drop(serving);
        if !whole.is_complete {
            let said = std::fs::read_to_string(&log)?;
            ensure!(ended.code.is_none(), "Anki's client failed: {said}");
            return Ok(AnkiRun { measured: whole, collection: Duration::ZERO });
        }
        let (sent, there) = (sizes(&prepared.photos())?, sizes(&folder.join("server/bench/media"))?);
        ensure!(sent == there, "Anki left {there:?} of {sent:?}");
        let said: Value = serde_json::from_str(&ended.output)?;
        let seconds = |name: &str| said[name].as_f64().with_context(|| format!("{name} in {said}"));
        let (took, collection) =
            (Duration::from_secs_f64(seconds("media")?), Duration::from_secs_f64(seconds("collection")?));
        world.empty_run_folder()?;
        Ok(AnkiRun { measured: Measured { took, ..whole }, collection })
    }
}
