//! Tells the hub who this worker is and what it offers, at its start and
//! whenever its plugins change.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mf_client::{Backoff, Error};
use mf_core::wire::{Crash, Offer, Register, Registered};

use super::Worker;
use crate::plugin::Watch;
use crate::program::Misconfigured;
use crate::registered;

/// How often the plugins are looked at if nothing is noticed: a `stat` for each file.
const LOOK: Duration = Duration::from_secs(30);

/// What the hub knows of this worker, and has said of it.
#[derive(Debug, Default)]
pub struct Registration {
    /// What it was told last; held while it is told, one at a time.
    told: tokio::sync::Mutex<Option<Told>>,
    answer: Mutex<Registered>,
}

/// What is told of plugins.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    offers: Vec<Offer>,
    crashed: Vec<Crash>,
}

impl Registration {
    /// How long an attempt lives without a heartbeat.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.answer().lease_seconds.max(1))
    }

    /// Label of this system.
    pub fn system(&self) -> String {
        self.answer().label.clone()
    }

    fn answer(&self) -> MutexGuard<'_, Registered> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Registers for the first time, however long the hub takes to be there; the
/// label of this system.
///
/// # Errors
/// The hub does not know the key.
pub async fn first(worker: &Worker) -> anyhow::Result<String> {
    let mut backoff = Backoff::default();
    loop {
        let begun = Instant::now();
        let answer = refresh(worker).await;
        if let Err(error) = &answer
            && matches!(error.status(), Some(401 | 403))
        {
            let file = worker.config.key_file.display();
            return Err(Misconfigured(format!("key file {file}: {error}")).into());
        }
        if let Ok(Some(registered)) = worker.link.asked(begun, answer) {
            tell(worker, &registered);
            return Ok(registered.label);
        }
        backoff.wait().await;
    }
}

/// Looks at the plugins again and again.
pub async fn keep(worker: Arc<Worker>, watch: Watch) {
    loop {
        // The watch may miss something, and this worker has old plugins to
        // forget.
        let _ = tokio::time::timeout(LOOK, watch.changed()).await;
        let begun = Instant::now();
        let answer = refresh(&worker).await;
        if matches!(answer, Ok(None)) {
            // The hub was not asked, and has not answered.
            continue;
        }
        if let Ok(Some(registered)) = worker.link.asked(begun, answer) {
            tell(&worker, &registered);
        }
    }
}

/// Gives cleared plugins another try, and tells the hub how that went.
pub async fn again(worker: &Worker, cleared: BTreeSet<String>) {
    worker.plugins.forgive(cleared).await;
    *worker.registration.told.lock().await = None;
    let begun = Instant::now();
    let answer = refresh(worker).await;
    if let Ok(Some(registered)) = worker.link.asked(begun, answer) {
        tell(worker, &registered);
    }
}

/// Hashes of the plugins of which the hub knows a crash or a quarantine, once it
/// has all reports of this worker.
///
/// # Errors
/// The hub refuses, or cannot be reached.
pub async fn told(worker: &Worker) -> Result<BTreeSet<String>, Error> {
    // Whoever registers just now holds this until the hub has answered.
    let _told = worker.registration.told.lock().await;
    registered::crashed(worker.link.hub()).await
}

/// Looks at the plugins, and registers if they are others than the hub knows.
///
/// # Errors
/// The hub refuses, or cannot be reached.
pub async fn refresh(worker: &Worker) -> Result<Option<Registered>, Error> {
    let mut told = worker.registration.told.lock().await;
    if told.is_none() {
        // What crashed on another host is not tried on this one. Later the
        // hub gives no task for it.
        worker.plugins.quarantine(registered::quarantined(worker.link.hub()).await?).await;
    }
    worker.plugins.scan(&worker.link, !worker.held.all().is_empty()).await?;
    let news = Told { offers: worker.plugins.offers(), crashed: worker.plugins.crashed() };
    if told.as_ref() == Some(&news) {
        return Ok(None);
    }
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let register = Register {
        cpus: i64::try_from(cpus).unwrap_or(i64::MAX),
        archs: worker.config.archs.clone(),
        handlers: news.offers.clone(),
        held: worker.held.all(),
        crashed: news.crashed.clone(),
    };
    let hub = worker.link.hub();
    let registered: Registered =
        hub.post("/system/register.json", &register, None, "system").await?;
    worker.held.stop(&registered.stop);
    *worker.registration.answer() = registered.clone();
    *told = Some(news);
    Ok(Some(registered))
}

fn tell(worker: &Worker, registered: &Registered) {
    let mut handlers: Vec<String> =
        worker.plugins.offers().into_iter().map(|offer| offer.label).collect();
    handlers.dedup();
    let list = |all: &[String]| if all.is_empty() { "none".to_owned() } else { all.join(", ") };
    tracing::info!(
        "system {}: handlers {}; archs {}",
        registered.label,
        list(&handlers),
        list(&worker.config.archs)
    );
}
