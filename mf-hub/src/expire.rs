//! Ends the attempts of silent workers, as soon as their leases are over.

use std::sync::Arc;
use std::time::Duration;

use mf_core::error::Error;
use tokio::time::sleep_until;

use crate::hub::Hub;
use crate::store::actor::Actor;
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
        let next = match now(&hub, ACTOR).await {
            Ok((_, next)) => next.map(Into::into),
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

/// Ends those that are over now: the ids of their tasks, and when to look
/// again.
///
/// # Errors
/// The database would not.
pub async fn now(
    hub: &Hub,
    actor: impl Into<Actor>,
) -> Result<(Vec<i64>, Option<std::time::Instant>), Error> {
    let (look, lease) = (hub.dispatch.look(), hub.dispatch.lease());
    let (actor, mut expired) = (actor.into(), Vec::new());
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
        if hub.writer.run(actor.clone(), work).await? {
            expired.push(held.task);
        }
    }
    Ok((expired, look.next))
}

/// Later than anything.
fn far() -> tokio::time::Instant {
    tokio::time::Instant::now() + Duration::from_secs(365 * 24 * 60 * 60)
}
