//! Delivers what an attempt leaves: its files, the rest of its log, and how it
//! ended. The same for an attempt that has just ended here and for one that an
//! earlier worker could not deliver.

use std::time::Duration;

use mf_core::task::Lease;
use mf_core::wire::Complete;
use tokio::task::JoinHandle;

use super::Worker;
use super::end::End;
use super::halt::{Halt, Reason};
use super::link::Undelivered;
use super::log::failed;
use super::outbox::{Item, Parcel, Sealed, SpoolReader, SpoolWriter, send};
use super::upload::upload;

/// A result that the hub has not accepted after this long is recorded on disk,
/// so that it survives this process and a crash of the host. Accepted sooner,
/// it costs no sync.
const SOON: Duration = Duration::from_millis(250);

/// A log on its way.
pub type Sending = JoinHandle<Result<(), Undelivered>>;

/// What is delivered.
pub struct Delivery<'a> {
    /// Whose it is.
    pub worker: &'a Worker,
    /// What the hub knows the attempt by.
    pub lease: &'a Lease,
    /// Its end before its time.
    pub halt: &'a Halt,
    /// Where it is kept.
    pub parcel: &'a Parcel,
}

/// What the attempt leaves.
pub struct Left {
    /// How it ended, as far as its host is concerned.
    pub result: Result<(), End>,
    /// Its files.
    pub items: Vec<Item>,
    /// The end of its log that is written.
    pub writer: Option<SpoolWriter>,
    /// Its log on its way.
    pub sending: Sending,
}

/// Begins to send a log.
pub fn sending(worker: &Worker, lease: &Lease, halt: &Halt, spool: SpoolReader) -> Sending {
    let (link, lease, halt) = (worker.link.clone(), lease.clone(), halt.clone());
    tokio::spawn(async move { send::send(&link, &lease, &halt, spool).await })
}

impl Delivery<'_> {
    /// Delivers files and log, and tells how the attempt ended then.
    pub async fn content(&self, left: Left) -> Result<(), End> {
        let Left { mut result, items, mut writer, sending } = left;
        if let Err(end) = self.upload(&items).await {
            if let (End::Failure(why), Some(writer)) = (&end, &mut writer) {
                // A disk that does not take a line more: the task says it too.
                let _ = writer.last_words(&failed(why));
            }
            // An attempt that has failed ends by that.
            result = result.and(Err(end));
        }
        drop(writer);
        let sent = sending.await;
        let result = self.after(result);
        // Without its log it is no success, and the log says why.
        if matches!(sent, Ok(Ok(()))) { result } else { result.and(Err(End::Unwanted)) }
    }

    async fn upload(&self, items: &[Item]) -> Result<(), End> {
        for item in items {
            match self.halt.reason().map(End::from) {
                None | Some(End::HandedBack) => {}
                Some(end) => return Err(end),
            }
            let stored = upload(&self.worker.link, self.lease, self.halt, self.parcel, item).await;
            stored.map_err(|end| match end {
                End::Failure(why) => End::Failure(format!("{} cannot be stored: {why}", item.path)),
                other => other,
            })?;
        }
        Ok(())
    }

    /// What a result is worth after what has been said of the attempt: what is
    /// built is built, even when the worker goes away meanwhile.
    pub fn after<T>(&self, result: Result<T, End>) -> Result<T, End> {
        match self.halt.reason() {
            None | Some(Reason::HandBack) => result,
            Some(reason) => result.and(Err(reason.into())),
        }
    }

    /// Says how the attempt ended. Whether nothing more is to be said of it:
    /// else the next worker says it.
    pub async fn end(&self, content: Result<(), End>, isolation: &str) -> bool {
        let told = match End::complete(content, isolation) {
            Some(said) => complete(self.worker, self.lease, self.halt, &said).await,
            None => false,
        };
        told || self.halt.reason() == Some(Reason::Stale)
    }

    /// Delivers, and keeps on this host's disk what the hub does not take
    /// soon: `ended` says how, if the hub is to hear of it whatever becomes of
    /// this process. Whether the parcel is of no more use then.
    ///
    /// A worker that is killed before that has the attempt built again, like
    /// one that is killed just before a build ends.
    pub async fn beside(
        &self,
        ended: impl FnOnce() -> Option<Sealed>,
        delivered: impl Future<Output = bool>,
    ) -> bool {
        let mut delivered = std::pin::pin!(delivered);
        let soon = tokio::time::timeout(SOON, &mut delivered).await.ok();
        if soon == Some(true) {
            return true;
        }
        let keeping = ended().map(|sealed| {
            let parcel = self.parcel.clone();
            tokio::task::spawn_blocking(move || parcel.seal(&sealed))
        });
        let delivered = match soon {
            Some(delivered) => delivered,
            None => delivered.await,
        };
        let kept = match keeping {
            // It has logged why it is not kept; so does a panic.
            Some(keeping) => keeping.await.unwrap_or(false),
            None => false,
        };
        delivered || !kept
    }

    /// Removes what is delivered.
    pub async fn remove(&self) {
        let parcel = self.parcel.clone();
        // It has logged what it could not remove; so does a panic.
        let _ = tokio::task::spawn_blocking(move || parcel.remove()).await;
    }
}

/// Tells the hub how an attempt ended; whether it has heard it.
pub async fn complete(worker: &Worker, lease: &Lease, halt: &Halt, said: &Complete) -> bool {
    let hub = worker.link.hub();
    let path = "/task/complete.json";
    let call = || hub.post::<serde_json::Value>(path, said, Some(lease), "");
    match worker.link.deliver(halt, call).await {
        Ok(_) => true,
        Err(Undelivered::Refused(why)) => {
            tracing::warn!("task {}: the hub does not take its end: {why}", lease.task);
            true
        }
        Err(Undelivered::Unwanted) => false,
    }
}
