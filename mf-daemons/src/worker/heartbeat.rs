//! Names the attempts that this worker holds to the hub, and hears which of
//! them it must stop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mf_client::{Backoff, Error};
use mf_core::wire::{Heartbeat, HeartbeatReply, Held, LONGEST_WAIT};

use super::Worker;

/// How much longer than it was told to wait the hub may take to answer.
const SLACK: Duration = Duration::from_secs(10);
/// How long to rest after the hub has named something to stop: it names it again
/// until that has ended.
const STOPPING: Duration = Duration::from_secs(1);

/// Beats for as long as the worker lives, while it holds anything or owes the
/// hub a word.
pub async fn beat(worker: Arc<Worker>) {
    let table = &worker.held;
    let mut backoff = Backoff::default();
    loop {
        table.wait(|state| state.count > 0 || state.owed).await;
        // As long as the hub waits: between two heartbeats it would not notice
        // that the worker has died.
        let pause = LONGEST_WAIT.min(worker.registration.lease() / 3);
        let asked = Instant::now();
        table.owe(false);
        let held = table.all();
        let answer = tokio::select! {
            answer = tokio::time::timeout(pause + SLACK, ask(&worker, &held, pause)) => answer,
            // What was just said is wrong now, and somebody waits for it.
            () = table.wait(|state| state.owed) => continue,
        };
        let rest = match answer.map(|answer| worker.link.asked(asked, answer)) {
            Ok(Ok(reply)) => {
                backoff.reset();
                table.stop(&reply.stop);
                if reply.stop.is_empty() { pause } else { STOPPING }
            }
            _ => {
                table.owe(true);
                // A hub that comes back waits one lease for this word.
                backoff.wait_at_most(pause).await;
                continue;
            }
        };
        // A hub that waited has used the pause up. One that answered at once
        // is asked again when there is something else to name.
        let _ = tokio::time::timeout_at((asked + rest).into(), table.differ(&held)).await;
    }
}

async fn ask(worker: &Worker, held: &[Held], wait: Duration) -> Result<HeartbeatReply, Error> {
    // With nothing held there is nothing to stop.
    let wait = if held.is_empty() { 0 } else { wait.as_secs() };
    let request = Heartbeat { held: held.to_vec(), wait };
    worker.link.hub().post("/system/heartbeat.json", &request, None, "heartbeat").await
}
