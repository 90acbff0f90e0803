//! Claims tasks: one long poll is always waiting, whatever is being built; when
//! tasks come fast, a few claims are under way at once, for each waits for the
//! hub's disk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mf_client::{Backoff, Error};
use mf_core::time::since_boot;
use mf_core::wire::{Claim, ClaimRequest};
use rand::distr::{Alphanumeric, SampleString};
use tokio::task::JoinSet;

use super::{Worker, task};
use crate::program::Stop;

/// How long one poll waits, in seconds; the hub may answer earlier.
const WAIT: u64 = 50;
/// How much longer than that an answer may take before the connection is
/// taken for dead.
const SLACK: Duration = Duration::from_secs(20);
/// An empty answer that came sooner than this is none that waited: the hub
/// is stopping.
const TOO_SOON: Duration = Duration::from_secs(1);
/// A task that came sooner than this may well have others behind it.
const SOON: Duration = Duration::from_millis(20);
/// How many claims may then be under way beside the one that waits.
const BESIDE: usize = 3;
/// How long the last poll may take when the worker stops.
const LAST: Duration = Duration::from_secs(2);
/// Most attempts that one worker holds. The system's capacity on the hub is
/// the limit that is meant to be reached; this one only keeps a slip there
/// from taking the host down.
const HELD_LIMIT: usize = 1000;

/// A task that was claimed.
pub struct Claimed {
    /// What the hub gave.
    pub claim: Claim,
    /// When it was asked for it, since this host was started: the attempt was
    /// this worker's after that.
    pub asked: Duration,
}

/// Claims and starts tasks until the worker is told to stop.
pub async fn claim(worker: Arc<Worker>, stop: Stop) {
    let mut beside = JoinSet::new();
    let mut asked = Instant::now();
    while one(&worker, &stop, WAIT).await {
        while beside.try_join_next().is_some() {}
        if asked.elapsed() < SOON && beside.len() < BESIDE {
            let (worker, stop) = (worker.clone(), stop.clone());
            beside.spawn(async move { while one(&worker, &stop, 0).await {} });
        }
        asked = Instant::now();
    }
    // No attempt is added once this has returned.
    while beside.join_next().await.is_some() {}
}

/// Claims one task and starts it. Whether another is to be asked for: there
/// was none in so many seconds, or the worker is told to stop.
async fn one(worker: &Arc<Worker>, stop: &Stop, wait: u64) -> bool {
    tokio::select! {
        () = worker.held.wait(|state| state.count < HELD_LIMIT) => {}
        () = stop.wait() => return false,
    }
    let nonce = Alphanumeric.sample_string(&mut rand::rng(), 22);
    tokio::select! {
        claimed = next(worker, &nonce, wait) => {
            let Some(claimed) = claimed else { return false };
            drop(tokio::spawn(task::run(worker.clone(), claimed)));
            true
        }
        () = stop.wait() => {
            give_back(worker, &nonce).await;
            false
        }
    }
}

/// Waits for a task, however long that takes; `None` only for whoever does not
/// want to `wait`, when none is ready.
async fn next(worker: &Worker, nonce: &str, wait: u64) -> Option<Claimed> {
    let mut backoff = Backoff::default();
    loop {
        let (asked, since_boot) = (Instant::now(), since_boot());
        let limit = Duration::from_secs(wait) + SLACK;
        let answer = tokio::time::timeout(limit, ask(worker, nonce, wait)).await;
        match answer.map(|answer| worker.link.asked(asked, answer)) {
            Ok(Ok(Some(claim))) => return Some(Claimed { claim, asked: since_boot }),
            Ok(Ok(None)) if wait == 0 => return None,
            Ok(Ok(None)) if asked.elapsed() > TOO_SOON => backoff.reset(),
            // The hub may have given a task whose answer was lost: it is asked
            // for again before its lease is over.
            _ => backoff.wait_at_most(worker.registration.lease() / 3).await,
        }
    }
}

/// A poll was cut off by the end of the worker: the hub may have given it a
/// task that nobody here has seen. Asked with the same nonce it says so.
async fn give_back(worker: &Arc<Worker>, nonce: &str) {
    if let Ok(Ok(Some(claim))) = tokio::time::timeout(LAST, ask(worker, nonce, 0)).await {
        let _ = tokio::time::timeout(LAST, task::hand_back(worker.clone(), claim)).await;
    }
}

async fn ask(worker: &Worker, nonce: &str, wait: u64) -> Result<Option<Claim>, Error> {
    let request = ClaimRequest { nonce: nonce.to_owned(), wait };
    worker.link.hub().post("/system/claim.json", &request, None, "claim").await
}
