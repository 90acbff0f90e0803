//! Claims tasks: one long poll is always waiting, whatever is being built.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mf_client::{Backoff, Error};
use mf_core::time::since_boot;
use mf_core::wire::{Claim, ClaimRequest};
use rand::distr::{Alphanumeric, SampleString};

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
    loop {
        tokio::select! {
            () = worker.held.wait(|state| state.count < HELD_LIMIT) => {}
            () = stop.wait() => return,
        }
        let nonce = Alphanumeric.sample_string(&mut rand::rng(), 22);
        tokio::select! {
            claimed = next(&worker, &nonce) => {
                drop(tokio::spawn(task::run(worker.clone(), claimed)));
            }
            () = stop.wait() => {
                give_back(&worker, &nonce).await;
                return;
            }
        }
    }
}

/// Waits for a task, however long that takes.
async fn next(worker: &Worker, nonce: &str) -> Claimed {
    let mut backoff = Backoff::default();
    loop {
        let (asked, since_boot) = (Instant::now(), since_boot());
        let limit = Duration::from_secs(WAIT) + SLACK;
        let answer = tokio::time::timeout(limit, ask(worker, nonce, WAIT)).await;
        match answer.map(|answer| worker.link.asked(asked, answer)) {
            Ok(Ok(Some(claim))) => return Claimed { claim, asked: since_boot },
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
