//! What the shell keeps while its window is open: the data folder, who is unlocked, and the run of synchronisation under way.
//!
//! The folder is opened by the first command that needs it, and tried again by the next one where that failed (another
//! program may have let go of it), so that the window always opens and can say what is wrong. A person stays unlocked until
//! `lock`, the end of the program, or some minutes without a touch: the page locks itself then, and where it does not
//! ([`Session::lock_when_left`] looks after it), the shell does. No passphrase is kept; the engine keeps the database key
//! while somebody is unlocked, and wipes it at locking.

use std::{
    path::PathBuf,
    sync::{
        Mutex, OnceLock, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use tauri::{AppHandle, Manager as _, ipc::Channel};
use tokio::sync::Notify;
use xunjian_field::{
    DraftRef, Field, FieldError, IpcError, Language, Person, PersonId, SessionView, SyncBell, SyncNews, SyncStop,
    SyncTurns, VisitId, VisitView,
    clock::{Clock as _, SystemClock},
    scan::CascadeDecoder,
};

/// How much later than the page the shell locks a window that was left alone.
const GRACE_MS: i64 = 20_000;

/// The state behind every command.
pub struct Session {
    folder: PathBuf,
    field: OnceLock<Field>,
    opening: Mutex<()>,
    unlocked: RwLock<Option<Person>>,
    /// When the window was last touched, by the clock that counts through sleep.
    touched_ms: AtomicI64,
    clock: SystemClock,
    run: Mutex<Option<SyncStop>>,
    /// Wakes the synchronisation in the background.
    pub bell: SyncBell,
    /// The page that hears of it.
    listener: Mutex<Option<Channel<SyncNews>>>,
    /// What a page that comes later has to hear first: a run is under way, or what waits is held back.
    latest: Mutex<Vec<SyncNews>>,
    is_unlocked: Notify,
    /// One for all camera frames: it takes turns among its ways to look at them.
    pub decoder: CascadeDecoder,
}

impl Session {
    /// Over a folder that need not be there yet.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            field: OnceLock::new(),
            opening: Mutex::default(),
            unlocked: RwLock::default(),
            touched_ms: AtomicI64::new(0),
            clock: SystemClock::new(),
            run: Mutex::default(),
            bell: SyncBell::default(),
            listener: Mutex::default(),
            latest: Mutex::default(),
            is_unlocked: Notify::new(),
            decoder: CascadeDecoder::default(),
        }
    }

    /// The terminal.
    pub fn field(&self) -> Result<&Field, IpcError> {
        if let Some(field) = self.field.get() {
            return Ok(field);
        }
        let _turn = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(field) = self.field.get() {
            return Ok(field);
        }
        let opened = Field::open(&self.folder)?;
        Ok(self.field.get_or_init(|| opened))
    }

    /// Who is unlocked.
    pub fn person(&self) -> Result<Person, IpcError> {
        let unlocked = self.unlocked.read().unwrap_or_else(PoisonError::into_inner);
        unlocked.clone().ok_or_else(|| FieldError::Locked.into())
    }

    /// What the first screen shows.
    pub fn view(&self) -> Result<SessionView, IpcError> {
        let unlocked: Option<PersonId> = self.person().ok().map(|person| person.id);
        Ok(self.field()?.session(unlocked.as_ref())?)
    }

    /// Somebody begins to work.
    pub fn set_unlocked(&self, person: Person) -> Result<SessionView, IpcError> {
        self.touch();
        *self.unlocked.write().unwrap_or_else(PoisonError::into_inner) = Some(person);
        self.is_unlocked.notify_one();
        self.view()
    }

    /// Nobody works any more: the run under way stops, the engine closes its data and wipes its keys.
    pub fn lock(&self) -> Result<SessionView, IpcError> {
        *self.unlocked.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.stop_run();
        self.field()?.lock();
        self.view()
    }

    /// The window was touched.
    pub fn touch(&self) {
        self.touched_ms.store(self.clock.read().monotonic_ms, Ordering::Relaxed);
    }

    /// Locks what was left alone for longer than it is set to; a little later than the page would have done it.
    pub fn lock_when_left(&self) {
        let Ok(view) = self.person().and_then(|_| self.view()) else { return };
        let left_ms = self.clock.read().monotonic_ms - self.touched_ms.load(Ordering::Relaxed);
        if left_ms > i64::from(view.auto_lock_minutes) * 60_000 + GRACE_MS {
            // Who was unlocked is forgotten in any case; the next page is the lock screen.
            let _ = self.lock();
        }
    }

    /// A use case on the unlocked person's draft of a visit.
    pub fn on_draft<T>(
        &self,
        visit: &VisitId,
        act: impl FnOnce(&Field, DraftRef<'_>) -> Result<T, FieldError>,
    ) -> Result<T, IpcError> {
        let person = self.person()?;
        Ok(act(self.field()?, DraftRef { visit, person: &person.id })?)
    }

    /// As [`Self::on_draft`], for what changes the visit as a whole: answers with it.
    pub fn changed<T>(
        &self,
        visit: &VisitId,
        act: impl FnOnce(&Field, DraftRef<'_>) -> Result<T, FieldError>,
    ) -> Result<VisitView, IpcError> {
        self.on_draft(visit, act)?;
        Ok(self.field()?.show_visit(visit, &self.person()?)?)
    }

    /// Notes that a run of synchronisation begins; only one may be under way.
    pub fn begin_run(&self, stop: SyncStop) -> Result<RunTurn<'_>, IpcError> {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        if run.is_some() {
            return Err(FieldError::SyncRunning.into());
        }
        *run = Some(stop);
        Ok(RunTurn(self))
    }

    /// The run under way does not sit out its pause.
    pub fn retry_run(&self) {
        if let Some(run) = &*self.run.lock().unwrap_or_else(PoisonError::into_inner) {
            run.retry();
        }
    }

    /// From now on this page hears of the synchronisation in the background.
    pub fn listen(&self, channel: Channel<SyncNews>) {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.iter().for_each(|news| drop(channel.send(news.clone())));
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(channel);
    }

    fn tell(&self, news: SyncNews) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        match &news {
            SyncNews::Begun | SyncNews::HeldBack { .. } => *latest = vec![news.clone()],
            SyncNews::Progress { .. } => latest.truncate(1),
            SyncNews::Ended { .. } | SyncNews::Failed => latest.clear(),
        }
        if let (SyncNews::Progress { .. }, [SyncNews::Begun]) = (&news, latest.as_slice()) {
            latest.push(news.clone());
        }
        if let Some(listener) = &*self.listener.lock().unwrap_or_else(PoisonError::into_inner) {
            // A page that is gone hears nothing; the run goes on.
            let _ = listener.send(news);
        }
    }

    /// Stops the run under way, if there is one.
    pub fn stop_run(&self) {
        if let Some(stop) = &*self.run.lock().unwrap_or_else(PoisonError::into_inner) {
            stop.stop();
        }
    }
}

/// Synchronises in the background whenever somebody is unlocked, for as long as the program runs.
pub async fn keep_synchronised(app: AppHandle) {
    let session = app.state::<Session>();
    loop {
        session.is_unlocked.notified().await;
        let teller = app.clone();
        if let Ok(field) = session.field() {
            let tell = move |news| teller.state::<Session>().tell(news);
            field.keep_synchronised(&session.bell, &*session, tell, Language::Zh).await;
        }
    }
}

impl SyncTurns for Session {
    type Turn<'a> = RunTurn<'a>;

    fn begin(&self, stop: SyncStop) -> Option<RunTurn<'_>> {
        self.begin_run(stop).ok()
    }
}

/// Held while a run is under way, also when its command is dropped.
pub struct RunTurn<'a>(&'a Session);

impl Drop for RunTurn<'_> {
    fn drop(&mut self) {
        *self.0.run.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
