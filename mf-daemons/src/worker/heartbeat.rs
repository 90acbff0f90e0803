//! Names the attempts that this worker holds to the hub, and hears which of
//! them it must stop.

use std::sync::Arc;
use std::time::Duration;

use mf_client::Backoff;
use mf_core::wire::{Heartbeat, HeartbeatReply};

use super::Worker;

/// How much longer than it was told to wait the hub may take to answer.
const SLACK: Duration = Duration::from_secs(10);
/// What is being stopped is not asked after again for so long.
const STOPPING: Duration = Duration::from_secs(1);

/// Beats for as long as the worker lives, while it holds anything.
pub async fn beat(worker: Arc<Worker>) {
    let mut backoff = Backoff::default();
    loop {
        worker.held.wait(|count| *count > 0).await;
        let held = worker.held.all();
        let pause = worker.registration.lease() / 3;
        let request = Heartbeat { held: held.clone(), wait: pause.as_secs() };
        let answer = worker.link.hub().post::<HeartbeatReply>(
            "/system/heartbeat.json",
            &request,
            None,
            "heartbeat",
        );
        let asked = tokio::time::Instant::now();
        let answer = tokio::time::timeout(pause + SLACK, answer).await;
        let rest = match answer.map(|answer| worker.link.asked(answer)) {
            Ok(Ok(reply)) => {
                backoff.reset();
                worker.held.stop(&reply.stop);
                if reply.stop.is_empty() { pause } else { STOPPING }
            }
            _ => {
                backoff.wait().await;
                continue;
            }
        };
        // A hub that waited has used the pause up. One that answered at once
        // is asked again when there is something else to name.
        let changed = worker.held.differ(&held);
        let _ = tokio::time::timeout_at(asked + rest, changed).await;
    }
}
