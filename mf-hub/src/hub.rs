//! What all requests share: the store, the index in memory, files and
//! configuration.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mf_core::config::HubConfig;
use tokio::sync::watch;

use crate::dispatch::Dispatch;
use crate::errand::Leases;
use crate::events::Events;
use crate::expire;
use crate::files::Files;
use crate::http::peer::Proxies;
use crate::http::throttle::Throttle;
use crate::retention;
use crate::store::key::Uses;
use crate::store::open::{self, Lock, OpenError};
use crate::store::password::Passwords;
use crate::store::readers::Readers;
use crate::store::writer::Writer;
use crate::store::{bootstrap, ready, repository, task};
use crate::streams::Streams;

/// The running hub: everything that a request may use.
pub struct Hub {
    /// As it was configured.
    pub config: HubConfig,
    /// Changes the database.
    pub writer: Writer,
    /// Reads the database.
    pub readers: Readers,
    /// What happens.
    pub events: Arc<Events>,
    /// Who watches what happens.
    pub streams: Streams,
    /// Who builds what: memory that follows the database.
    pub dispatch: Arc<Dispatch>,
    /// Which hooks do which errands.
    pub errands: Arc<Leases>,
    /// Logs and files of tasks.
    pub files: Files,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Who tried wrong keys too often.
    pub throttle: Throttle,
    /// Which keys were used lately.
    pub uses: Uses,
    /// Who may say for whom it asks.
    pub proxies: Proxies,
    sweeping: Mutex<()>,
    /// A sweep is wanted, and has not begun.
    sweep_waits: AtomicBool,
    stopping: watch::Sender<bool>,
    _lock: Lock,
}

/// Why a hub does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration makes no sense.
    #[error("{0}")]
    Config(String),
    /// The data directory cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be read.
    #[error("the database cannot be read: {0}")]
    Read(#[from] r2d2::Error),
    /// The operating system refused something.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Something in the database is not as it should be.
    #[error("{0}")]
    Store(#[from] mf_core::error::Error),
}

impl Hub {
    /// Opens the data directory, makes what the first start needs, and
    /// rebuilds what lives in memory.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: HubConfig) -> Result<Arc<Self>, StartError> {
        let proxies = Proxies::read(&config.trusted_proxies).map_err(StartError::Config)?;
        let dir = config.data_dir.clone();
        let (lock, connection) = open::open(&dir)?;
        let readers = Readers::open(&dir)?;
        let events = Arc::new(Events::new());
        let lease = Duration::from_secs(config.lease_seconds);
        let dispatch = Dispatch::new(lease);
        let writer = Writer::start(connection, Arc::clone(&events), Arc::clone(&dispatch))?;
        let files = Files::open(&dir)?;
        let (stopping, _) = watch::channel(false);
        let hub = Arc::new(Self {
            streams: Streams::new(config.streams),
            config,
            writer,
            readers,
            events,
            errands: Arc::new(Leases::new(lease)),
            dispatch,
            files,
            passwords: Passwords::default(),
            throttle: Throttle::default(),
            uses: Uses::default(),
            proxies,
            sweeping: Mutex::default(),
            sweep_waits: AtomicBool::new(false),
            stopping,
            _lock: lock,
        });
        bootstrap::run(&hub).await?;
        // Nobody is served yet, so that nothing can have moved in between.
        hub.dispatch.reload(hub.readers.read(ready::snapshot)?);
        hub.sweep_soon();
        tokio::spawn(expire::keep(Arc::clone(&hub)));
        tokio::spawn(retention::keep(Arc::clone(&hub)));
        Ok(hub)
    }

    /// Removes files of builds that were deleted, and those that no repository
    /// has any more, while the hub is at work.
    pub fn sweep_soon(self: &Arc<Self>) {
        // A sweep that has not begun will see what was deleted before now: a
        // thousand deletions cost a few sweeps, and one thread that waits.
        if self.sweep_waits.swap(true, Ordering::SeqCst) {
            return;
        }
        let hub = Arc::clone(self);
        tokio::task::spawn_blocking(move || hub.sweep());
    }

    fn sweep(&self) {
        // One at a time; what is deleted from here on is seen by the next.
        let _alone = self.sweeping.lock().unwrap_or_else(PoisonError::into_inner);
        self.sweep_waits.store(false, Ordering::SeqCst);
        let swept = self.readers.read(task::all).map_err(std::io::Error::other);
        match swept.and_then(|(newest, known)| self.files.sweep(newest, &known)) {
            Ok(0) => {}
            Ok(swept) => tracing::info!("the files of {swept} deleted tasks are removed"),
            Err(error) => tracing::warn!("files of deleted tasks stay: {error}"),
        }
        let known = |tag| {
            let known = self.readers.read(|db| repository::known(db, tag));
            known.map_err(std::io::Error::other)
        };
        match self.files.sweep_repositories(known) {
            Ok(0) => {}
            Ok(swept) => tracing::info!("{swept} files that no repository has are removed"),
            Err(error) => tracing::warn!("files of old repositories stay: {error}"),
        }
    }

    /// Tells everything that waits, long polls and streams, to answer now.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until the hub is told to stop.
    pub async fn stopped(&self) {
        // The sender lives as long as `self`, so that this only ends by `stop`.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }
}
