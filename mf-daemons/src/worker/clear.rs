//! Listens for `mf plugin clear`, which gives crashed plugins another try.

use std::collections::BTreeSet;
use std::sync::Arc;

use mf_client::{Backoff, Error, Events, Next};
use mf_core::resource::UTIL;
use tokio::sync::watch::Receiver;

use super::{Worker, register};

/// Listens to what happens on the farm while there are plugins that are not
/// used because they crashed; a worker that has none asks for nothing.
pub async fn hear(worker: Arc<Worker>) {
    let mut distrusted = worker.plugins.distrusted();
    let mut backoff = Backoff::default();
    // The sender lives as long as the worker.
    while distrusted.wait_for(|all| !all.is_empty()).await.is_ok() {
        match listen(&worker, &mut distrusted).await {
            Ok(()) => backoff.reset(),
            // The claims tell of a hub that is away.
            Err(_) => backoff.wait().await,
        }
    }
}

/// Listens until none is left.
async fn listen(worker: &Worker, distrusted: &mut Receiver<BTreeSet<String>>) -> Result<(), Error> {
    let filter = [("resource", UTIL.name)];
    let mut events = Events::open(worker.link.hub(), &filter).await?;
    // What was cleared before this listened is heard here.
    let still = register::told(worker).await?;
    let missed: BTreeSet<_> = distrusted.borrow().difference(&still).cloned().collect();
    if !missed.is_empty() {
        register::again(worker, missed).await;
    }
    while !distrusted.borrow_and_update().is_empty() {
        let next = tokio::select! {
            next = events.next() => next?,
            _ = distrusted.changed() => continue,
        };
        let all = distrusted.borrow().clone();
        let cleared = match next {
            Next::Event(event) => cleared(&event.changes).filter(|it| all.contains(it)).collect(),
            // Whatever has happened: who still crashes is told again.
            Next::Resumed => all,
        };
        if !cleared.is_empty() {
            register::again(worker, cleared).await;
        }
    }
    Ok(())
}

/// The hashes that an event says are cleared.
fn cleared(changes: &serde_json::Map<String, serde_json::Value>) -> impl Iterator<Item = String> {
    let all = changes.get("cleared").and_then(serde_json::Value::as_array);
    all.into_iter().flatten().filter_map(|digest| digest.as_str().map(str::to_owned))
}
