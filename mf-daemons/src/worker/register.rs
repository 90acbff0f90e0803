//! Tells the hub who this worker is and what it offers, at its start and
//! whenever its plugins change.

use std::time::Duration;

use mf_client::{Backoff, Error};
use mf_core::wire::{Offer, Register, Registered};
use tokio::sync::Mutex;

use super::Worker;
use crate::program::Misconfigured;

/// How often the plugins are looked at: a `stat` for each file.
const LOOK: Duration = Duration::from_secs(5);

/// What the hub knows of this worker.
#[derive(Debug, Default)]
pub struct Registration(Mutex<Told>);

#[derive(Debug, Default)]
struct Told {
    offers: Option<Vec<Offer>>,
    lease: Duration,
}

/// Registers for the first time, however long the hub takes to be there; the
/// label of this system.
///
/// # Errors
/// The hub does not know the key.
pub async fn first(worker: &Worker) -> anyhow::Result<String> {
    let mut backoff = Backoff::default();
    loop {
        match worker.link.heard(refresh(worker).await) {
            Ok(Some(registered)) => {
                tell(worker, &registered);
                return Ok(registered.label);
            }
            Ok(None) => {}
            Err(error) if matches!(error.status(), Some(401 | 403)) => {
                let file = worker.config.key_file.display();
                return Err(Misconfigured(format!("key file {file}: {error}")).into());
            }
            Err(_) => {}
        }
        backoff.wait().await;
    }
}

/// Looks at the plugins again and again.
pub async fn keep(worker: std::sync::Arc<Worker>) {
    loop {
        tokio::time::sleep(LOOK).await;
        if let Ok(Some(registered)) = worker.link.heard(refresh(&worker).await) {
            tell(&worker, &registered);
        }
    }
}

/// Looks at the plugins, and registers if they are others than the hub knows.
///
/// # Errors
/// The hub refuses, or cannot be reached.
pub async fn refresh(worker: &Worker) -> Result<Option<Registered>, Error> {
    let mut told = worker.registration.0.lock().await;
    worker.plugins.scan(&worker.link).await?;
    let offers = worker.plugins.offers();
    if told.offers.as_ref() == Some(&offers) {
        return Ok(None);
    }
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let register = Register {
        cpus: i64::try_from(cpus).unwrap_or(i64::MAX),
        archs: worker.config.archs.clone(),
        handlers: offers.clone(),
        held: worker.held.all(),
    };
    let hub = worker.link.hub();
    let registered: Registered =
        hub.post("/system/register.json", &register, None, "system").await?;
    worker.held.stop(&registered.stop);
    told.offers = Some(offers);
    told.lease = Duration::from_secs(registered.lease_seconds.max(1));
    Ok(Some(registered))
}

/// How long an attempt lives without a heartbeat.
pub async fn lease(worker: &Worker) -> Duration {
    worker.registration.0.lock().await.lease
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
