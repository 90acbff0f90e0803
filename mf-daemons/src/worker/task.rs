//! One attempt from its claim to its completion.

use std::sync::Arc;
use std::time::Duration;

use mf_core::task::Lease;
use mf_core::wire::{Claim, Complete, Held};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Worker;
use super::dir::TaskDir;
use super::end::End;
use super::halt::{Halt, Reason};
use super::link::Undelivered;
use super::log::TaskLog;
use super::outbox;
use super::stage::Stage;
use super::work::Attempt;

/// Works on a claimed task and says how it went.
pub async fn run(worker: Arc<Worker>, claim: Claim) {
    let halt = Halt::new();
    // The same claim twice is an answer that was lost on its way.
    let Some(held) = worker.held.insert(held(&claim), &halt) else { return };
    let lease = lease(&claim);
    let result = attempt(&worker, &claim, &lease, &halt).await;
    if let Some(complete) = End::complete(result) {
        tell(&worker, &lease, &halt, &complete).await;
    }
    drop(held);
}

/// Gives a claimed task back without having begun.
pub async fn hand_back(worker: Arc<Worker>, claim: Claim) {
    if let Some(complete) = End::complete(Err(End::HandedBack)) {
        tell(&worker, &lease(&claim), &Halt::new(), &complete).await;
    }
}

async fn tell(worker: &Worker, lease: &Lease, halt: &Halt, complete: &Complete) {
    let hub = worker.link.hub();
    let path = "/task/complete.json";
    let call = || hub.post::<serde_json::Value>(path, complete, Some(lease), "");
    if let Err(Undelivered::Refused(why)) = worker.link.deliver(halt, call).await {
        tracing::warn!("task {}: the hub does not take its end: {why}", lease.task);
    }
}

/// Works in a directory of its own, of which nothing is left afterwards.
async fn attempt(worker: &Worker, claim: &Claim, lease: &Lease, halt: &Halt) -> Result<(), End> {
    let secrets = worker.masked.clone();
    let (log, spool) = TaskLog::start(&worker.data.spool(), secrets, halt.clone())
        .map_err(|e| End::Failure(format!("this system cannot keep a log: {e}")))?;
    let sending: JoinHandle<_> = tokio::spawn({
        let (link, lease, halt) = (worker.link.clone(), lease.clone(), halt.clone());
        async move { outbox::send(&link, &lease, &halt, spool).await }
    });
    let system = worker.registration.system();
    log.say(&format!("task {}, attempt {}, on system {system}", claim.job.task, claim.attempt));
    let stage = Stage::new(worker.link.clone(), lease.clone(), halt.clone());
    let made = TaskDir::create(&worker.data.tasks(), held(claim));
    let result = match &made {
        Ok(dir) => {
            let job = &claim.job;
            let deadline = Instant::now() + Duration::from_secs(worker.config.task_seconds);
            let (log, stage) = (&log, &stage);
            Attempt { worker, job, lease, halt, log, stage, dir, deadline }.work().await
        }
        Err(error) => Err(End::Failure(format!("the work directory cannot be made: {error}"))),
    };
    let removing = made.ok().map(|dir| tokio::task::spawn_blocking(move || remove(&dir)));
    if let Err(End::Failure(why)) = &result {
        log.say(&format!("failed: {why}"));
    }
    log.close().await;
    let sent = sending.await;
    stage.end().await;
    if let Some(removing) = removing {
        // It has told what it could not remove; a panic is told by itself.
        let _ = removing.await;
    }
    match halt.reason() {
        // What is built is built, even when the worker goes away meanwhile;
        // without its log it is no success, and the log says why.
        None | Some(Reason::HandBack) if matches!(sent, Ok(Ok(()))) => result,
        None => result.and(Err(End::Unwanted)),
        Some(reason) => result.and(Err(reason.into())),
    }
}

fn remove(dir: &TaskDir) {
    if let Err(error) = dir.remove() {
        tracing::warn!("{} cannot be removed: {error}", dir.root().display());
    }
}

fn held(claim: &Claim) -> Held {
    Held { task: claim.task_id, attempt: claim.attempt }
}

fn lease(claim: &Claim) -> Lease {
    Lease { task: claim.task_id, attempt: claim.attempt, token: claim.token.clone() }
}
