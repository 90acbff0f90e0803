//! Sends a log to the hub while it is written: the spool at an offset, so
//! that nothing is lost or doubled when the hub goes away.

use std::time::Duration;

use bytes::Bytes;
use mf_client::APPEND_LIMIT;
use mf_core::error::Code;
use mf_core::task::Lease;

use super::halt::{Halt, Reason};
use super::link::{Link, Undelivered};
use super::spool::SpoolReader;

/// Name of a task's own log.
const NAME: &str = "build.log";
/// What is less than this waits a moment for company, in bytes.
const FEW: u64 = 64 * 1024;
/// How long it waits: unnoticed by who watches, and enough to keep a build
/// that writes line by line from asking the hub a thousand times a second.
const MOMENT: Duration = Duration::from_millis(15);

/// Sends a log until all of it is at the hub.
///
/// # Errors
/// The attempt is no longer the worker's, or the hub does not take it; the
/// attempt has been halted by then.
pub async fn send(
    link: &Link,
    lease: &Lease,
    halt: &Halt,
    mut spool: SpoolReader,
) -> Result<(), Undelivered> {
    let mut sent = 0;
    loop {
        let far = spool.wait(|length| length > sent).await;
        if far.length == sent {
            return Ok(());
        }
        let bytes = spool.read(sent, APPEND_LIMIT).map_err(|error| {
            let why = format!("the log cannot be read again on this host: {error}");
            halt.set(Reason::Failed(why.clone()));
            Undelivered::Refused(why)
        })?;
        let length = bytes.len() as u64;
        sent = match append(link, lease, halt, sent, bytes).await? {
            Place::Here => sent + length,
            Place::Before(there) => there,
        };
        if length < FEW {
            let company = spool.wait(|length| length >= sent + FEW);
            // Whichever comes first.
            let _ = tokio::time::timeout(MOMENT, company).await;
        }
    }
}

/// Where the hub's log has come to.
enum Place {
    /// What was sent is in it.
    Here,
    /// The hub has lost bytes that it had before: it is only this long.
    Before(u64),
}

async fn append(
    link: &Link,
    lease: &Lease,
    halt: &Halt,
    offset: u64,
    bytes: Bytes,
) -> Result<Place, Undelivered> {
    let hub = link.hub();
    let put = |offset, bytes| async move {
        match hub.append(lease, NAME, offset, bytes).await {
            Err(error) if error.is(Code::WrongOffset) => Ok(None),
            other => other.map(Some),
        }
    };
    let answer: Result<Option<u64>, Undelivered> =
        link.deliver(halt, || put(offset, bytes.clone())).await;
    let answer = match answer {
        Ok(None) => {
            // No bytes, at the beginning: only asks how long the log is.
            let there = link.deliver(halt, || put(0, Bytes::new())).await?;
            there.filter(|there| *there < offset).map(Place::Before).ok_or_else(|| {
                Undelivered::Refused(format!("the hub has no place for byte {offset} of the log"))
            })
        }
        Ok(Some(_)) => Ok(Place::Here),
        Err(why) => Err(why),
    };
    if let Err(Undelivered::Refused(why)) = &answer {
        halt.set(Reason::Failed(format!("the hub does not take the log: {why}")));
    }
    answer
}
