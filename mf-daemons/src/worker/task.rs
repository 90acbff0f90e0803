//! One attempt from its claim to its completion.

use std::sync::Arc;
use std::time::Duration;

use mf_core::task::Lease;
use mf_core::wire::{Claim, Held, Outcome};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Worker;
use super::claim::Claimed;
use super::deliver::{Delivery, Left, complete, sending};
use super::dir::TaskDir;
use super::end::End;
use super::fresh::Fresh;
use super::halt::{Halt, Reason};
use super::log::{TaskLog, failed};
use super::outbox::{Item, Sealed, SpoolWriter};
use super::stage::Stage;
use super::usage;
use super::work::Attempt;

/// Works on a claimed task and says how it went.
pub async fn run(worker: Arc<Worker>, claimed: Claimed) {
    let halt = Halt::new();
    let held = held(&claimed.claim);
    // The same claim twice is an answer that was lost on its way.
    let Some(entry) = worker.held.insert(held, &halt) else { return };
    let lease = lease(&claimed.claim);
    match worker.outbox.begin(held) {
        Ok(parcel) => {
            let (lease, halt, parcel) = (&lease, &halt, &parcel);
            let delivery = Delivery { worker: &worker, lease, halt, parcel };
            if attempt(&delivery, &claimed).await {
                delivery.remove().await;
            }
        }
        Err(error) => {
            let why = format!("this system cannot keep what it builds: {error}");
            tell(&worker, &lease, &halt, End::Failure(why)).await;
        }
    }
    drop(entry);
}

/// Gives a claimed task back without having begun.
pub async fn hand_back(worker: Arc<Worker>, claim: Claim) {
    tell(&worker, &lease(&claim), &Halt::new(), End::HandedBack).await;
}

async fn tell(worker: &Worker, lease: &Lease, halt: &Halt, end: End) {
    if let Some(said) = End::complete(Err(end), "") {
        complete(worker, lease, halt, &said).await;
    }
}

/// Builds in a directory of its own, of which nothing is left afterwards, and
/// delivers what came of it. Whether the parcel is of no more use.
async fn attempt(delivery: &Delivery<'_>, claimed: &Claimed) -> bool {
    let Delivery { worker, lease, halt, parcel } = *delivery;
    let started = parcel.log().and_then(|(writer, spool)| {
        Ok((TaskLog::start(writer, worker.masked.clone(), halt.clone())?, spool))
    });
    let (log, spool) = match started {
        Ok(started) => started,
        Err(error) => {
            let why = format!("this system cannot keep a log: {error}");
            tell(worker, lease, halt, End::Failure(why)).await;
            return true;
        }
    };
    let sending = sending(worker, lease, halt, spool);
    let system = worker.registration.system();
    log.say(&format!(
        "task {}, attempt {}, on system {system}",
        claimed.claim.job.task, lease.attempt
    ));
    let first = &claimed.claim.stage;
    let stage = Stage::new(worker.link.clone(), lease.clone(), halt.clone(), first);
    let built = build(delivery, claimed, &log, &stage).await;
    let writer = close(log, halt, &built.result).await;
    let Built { result, items, removing } = built;
    let isolation = stage.isolated();
    let ended = {
        let (result, items, isolation) = (result.clone(), items.clone(), isolation.clone());
        move || sealed(delivery, result, items, &isolation)
    };
    if !items.is_empty() {
        stage.enter("upload");
    }
    let delivering = async {
        let content = delivery.content(Left { result, items, writer, sending }).await;
        stage.end().await;
        if let Some(removing) = removing {
            // It has logged what it could not remove; so does a panic.
            let _ = removing.await;
        }
        delivery.end(content, &isolation).await
    };
    delivery.beside(ended, delivering).await
}

/// What a build came to, and the removal of its directory.
struct Built {
    result: Result<(), End>,
    items: Vec<Item>,
    removing: Option<JoinHandle<()>>,
}

async fn build(delivery: &Delivery<'_>, claimed: &Claimed, log: &TaskLog, stage: &Stage) -> Built {
    let Delivery { worker, lease, halt, parcel } = *delivery;
    let dir = match TaskDir::create(&worker.data.tasks(), held(&claimed.claim)) {
        Ok(dir) => dir,
        Err(error) => {
            let why = format!("the work directory cannot be made: {error}");
            return Built { result: Err(End::Failure(why)), items: Vec::new(), removing: None };
        }
    };
    let mut attempt = Attempt {
        worker,
        job: &claimed.claim.job,
        lease,
        halt,
        log,
        stage,
        dir: &dir,
        parcel,
        items: Vec::new(),
        deadline: Instant::now() + Duration::from_secs(worker.config.task_seconds),
        fresh: Fresh::claimed(claimed.asked),
    };
    let result = tokio::select! {
        result = attempt.work() => result,
        never = usage::watch(dir.root(), worker.config.task_megabytes, halt) => match never {},
    };
    let items = attempt.items;
    Built { result, items, removing: Some(tokio::task::spawn_blocking(move || remove(&dir))) }
}

/// Ends a log with why it failed, if it did.
async fn close(log: TaskLog, halt: &Halt, result: &Result<(), End>) -> Option<SpoolWriter> {
    if let Some(Reason::Failed(why)) = halt.reason() {
        // It may be the log that failed, and it may end in the middle of a line.
        let mut writer = log.close().await;
        if let Some(writer) = &mut writer {
            // A disk that does not take a line more: the task says it too.
            let _ = writer.last_words(&format!("\n{}", failed(&why)));
        }
        return writer;
    }
    if let Some(why) = result.as_ref().err().and_then(End::failure) {
        log.say(&format!("failed: {why}"));
    }
    log.close().await
}

/// How the attempt ended, if the hub is to hear of it whatever becomes of this
/// process.
fn sealed(
    delivery: &Delivery<'_>,
    result: Result<(), End>,
    items: Vec<Item>,
    isolation: &str,
) -> Option<Sealed> {
    let complete = End::complete(delivery.after(result), isolation)?;
    matches!(complete.outcome, Outcome::Success | Outcome::Failure)
        .then(|| Sealed::new(delivery.lease, complete, items))
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
