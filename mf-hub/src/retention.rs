//! Removes what has expired: scratch builds, and earlier states of tags'
//! repositories that nobody reads any more.

use std::sync::Arc;
use std::time::Duration;

use mf_core::error::Error;
use tokio::time::sleep;

use crate::hub::Hub;
use crate::store::{Tx, repository, scratch};

/// Who does it, as history tells.
const ACTOR: &str = "hub";
/// Longest time between two looks, in seconds.
const LONGEST: u64 = 600;

/// Removes them for as long as the hub lives.
pub async fn keep(hub: Arc<Hub>) {
    let config = &hub.config;
    let pause = config.scratch_seconds.min(config.repository_seconds).clamp(1, LONGEST);
    loop {
        if let Err(error) = now(&hub).await {
            tracing::warn!("what has had its time stays: {error}");
        }
        tokio::select! {
            () = sleep(Duration::from_secs(pause)) => {}
            () = hub.stopped() => return,
        }
    }
}

async fn now(hub: &Arc<Hub>) -> Result<(), Error> {
    let seconds = |of: u64| i64::try_from(of).unwrap_or(i64::MAX / 2);
    let kept = seconds(hub.config.repository_seconds);
    let mut gone = hub.writer.run(ACTOR, move |tx: &Tx<'_>| repository::sweep(tx, kept)).await?;
    let kept = seconds(hub.config.scratch_seconds);
    loop {
        // A few at a time, so that nobody waits for long.
        let swept = hub.writer.run(ACTOR, move |tx: &Tx<'_>| scratch::sweep(tx, kept)).await?;
        if swept == 0 {
            break;
        }
        gone += swept;
    }
    if gone > 0 {
        hub.sweep_soon();
    }
    Ok(())
}
