//! Delivers what an earlier worker on this host had and could not deliver.

use std::sync::Arc;

use mf_core::task::Lease;
use mf_core::wire::Held;

use super::Worker;
use super::deliver::{Delivery, Left, sending};
use super::end::End;
use super::halt::Halt;
use super::held::Entry;
use super::outbox::{Parcel, Sealed};

/// Takes over every attempt that has a whole result here: held from now on,
/// as the hub is told, and on its way.
///
/// # Errors
/// The outbox cannot be read.
pub fn resume(worker: &Arc<Worker>) -> std::io::Result<()> {
    for (parcel, sealed) in worker.outbox.left()? {
        let Ok(lease) = sealed.lease() else {
            tracing::warn!("a record in the outbox has no lease; it is removed");
            parcel.remove();
            continue;
        };
        let halt = Halt::new();
        let held = Held { task: lease.task, attempt: lease.attempt };
        let Some(entry) = worker.held.insert(held, &halt) else { continue };
        tracing::info!(
            "task {}, attempt {}: delivering what an earlier worker built",
            lease.task,
            lease.attempt
        );
        tokio::spawn(deliver(worker.clone(), parcel, sealed, lease, halt, entry));
    }
    Ok(())
}

async fn deliver(
    worker: Arc<Worker>,
    parcel: Parcel,
    sealed: Sealed,
    lease: Lease,
    halt: Halt,
    entry: Entry,
) {
    let delivery = Delivery { worker: &worker, lease: &lease, halt: &halt, parcel: &parcel };
    let delivering = async {
        let content = match parcel.log() {
            Ok((writer, spool)) => {
                let sending = sending(&worker, &lease, &halt, spool);
                let result = End::result(&sealed.complete);
                let items = sealed.items.clone();
                delivery.content(Left { result, items, writer: Some(writer), sending }).await
            }
            Err(error) => Err(End::Failure(format!("its log is lost on this host: {error}"))),
        };
        delivery.end(content, &sealed.complete.isolation).await
    };
    if delivering.await {
        delivery.remove().await;
    }
    drop(entry);
}
