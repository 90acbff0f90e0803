//! Ends the attempts of silent workers, as soon as their leases are over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mf_core::error::Error;
use tokio::time::sleep_until;

use crate::hub::Hub;
use crate::store::{Tx, attempt};

/// Who does it, as history tells.
const ACTOR: &str = "hub";
/// How long after a failure it is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Ends them for as long as the hub lives. Nothing wakes it while nobody
/// builds.
pub async fn keep(hub: Arc<Hub>) {
    let bell = hub.dispatch.lease_bell();
    loop {
        let next = match now(&hub).await {
            Ok(next) => next.map(Into::into),
            Err(error) => {
                tracing::warn!("attempts of silent workers cannot be ended: {error}");
                Some(tokio::time::Instant::now() + AGAIN)
            }
        };
        tokio::select! {
            () = async { sleep_until(next.unwrap_or_else(far)).await } => {}
            () = bell.notified() => {}
            () = hub.stopped() => return,
        }
    }
}

/// Ends those that are over now, and says when to look again.
async fn now(hub: &Hub) -> Result<Option<Instant>, Error> {
    let (look, lease) = (hub.dispatch.look(), hub.dispatch.lease());
    for (held, silence) in look.over {
        let dispatch = Arc::clone(&hub.dispatch);
        let work = move |tx: &Tx<'_>| {
            // Looked at once more where the attempt's own writes come in a row
            // with this: what the hub has just taken for it keeps it alive.
            if !dispatch.is_over(held) {
                return Ok(false);
            }
            attempt::expire(tx, held, silence, lease)
        };
        hub.writer.run(ACTOR, work).await?;
    }
    Ok(look.next)
}

/// Later than anything.
fn far() -> tokio::time::Instant {
    tokio::time::Instant::now() + Duration::from_secs(365 * 24 * 60 * 60)
}
