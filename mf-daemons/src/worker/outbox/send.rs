//! Sends a log to the hub while it is written: the spool at an offset, so
//! that nothing is lost or doubled when the hub goes away.

use std::time::Duration;

use bytes::Bytes;
use mf_client::APPEND_LIMIT;
use mf_core::error::Code;
use mf_core::task::Lease;
use mf_core::wire::BUILD_LOG;

use super::SpoolReader;
use crate::worker::halt::{Halt, Reason};
use crate::worker::link::{Link, Undelivered};

/// A piece smaller than this waits a moment for more, in bytes.
const FEW: u64 = 64 * 1024;
/// How long it waits: too short to be noticed by people, and long enough that a
/// build that writes line by line does not send a thousand requests a second.
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
    spool: SpoolReader,
) -> Result<(), Undelivered> {
    let ended = drain(spool, |offset, bytes| append(link, lease, halt, offset, bytes)).await;
    if let Err(Undelivered::Refused(why)) = &ended {
        halt.set(Reason::Failed(format!("the log cannot be delivered: {why}")));
    }
    ended
}

/// Appends the spool, from its beginning to its end.
async fn drain<F>(
    mut spool: SpoolReader,
    mut append: impl FnMut(u64, Bytes) -> F,
) -> Result<(), Undelivered>
where
    F: Future<Output = Result<Place, Undelivered>>,
{
    let mut sent = 0;
    loop {
        let far = spool.wait(|length| length > sent).await;
        if far.length == sent {
            return Ok(());
        }
        let bytes = spool.read(sent, APPEND_LIMIT).map_err(|error| {
            Undelivered::Refused(format!("it cannot be read again on this host: {error}"))
        })?;
        let length = bytes.len() as u64;
        let now = match append(sent, bytes).await? {
            Place::Here => sent + length,
            Place::Before(there) => there,
        };
        spool.sent(sent, now);
        sent = now;
        if length < FEW {
            let company = spool.wait(|length| length >= sent + FEW);
            // Whichever comes first.
            let _ = tokio::time::timeout(MOMENT, company).await;
        }
    }
}

/// Where the hub's log has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    let put = |offset, bytes| async move {
        match link.hub().append(lease, BUILD_LOG, offset, bytes).await {
            Ok(length) => Ok(Answer::Length(length)),
            Err(error) if error.is(Code::WrongOffset) => Ok(Answer::Elsewhere),
            // The end of a build does not wait for somebody to make room.
            Err(error) if error.is(Code::DiskFull) && halt.reason().is_some() => Ok(Answer::Full),
            Err(error) => Err(error),
        }
    };
    match link.deliver(halt, || put(offset, bytes.clone())).await? {
        Answer::Length(_) => return Ok(Place::Here),
        Answer::Full => return Err(full()),
        Answer::Elsewhere => {}
    }
    // No bytes, at the beginning: this only asks how long the log is.
    match link.deliver(halt, || put(0, Bytes::new())).await? {
        Answer::Length(there) if there < offset => Ok(Place::Before(there)),
        Answer::Full => Err(full()),
        _ => Err(Undelivered::Refused(format!("the hub has no place for byte {offset}"))),
    }
}

/// What the hub says to a piece of a log.
enum Answer {
    /// It is in it; the log's length now.
    Length(u64),
    /// It belongs elsewhere.
    Elsewhere,
    /// There is no room for it.
    Full,
}

fn full() -> Undelivered {
    Undelivered::Refused("the hub's disk is full".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::outbox::spool::tests::new;
    use std::cell::RefCell;

    #[tokio::test(start_paused = true)]
    async fn what_a_hub_loses_is_sent_again_and_nothing_is_doubled() {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, reader) = new(dir.path());
        writer.write(b"first ").unwrap();
        let (log, writer, calls) =
            (RefCell::new(Vec::new()), RefCell::new(Some(writer)), RefCell::new(0));
        let append = |offset: u64, bytes: Bytes| {
            let mut log = log.borrow_mut();
            *calls.borrow_mut() += 1;
            let place = match *calls.borrow() {
                1 => {
                    log.extend_from_slice(&bytes);
                    // The build goes on, and ends, while the hub is asked.
                    let mut writer = writer.borrow_mut().take().unwrap();
                    writer.write(b"second").unwrap();
                    Place::Here
                }
                // A crash: the hub has less than it said.
                2 => {
                    log.truncate(3);
                    Place::Before(3)
                }
                _ => {
                    assert_eq!(offset, log.len() as u64);
                    log.extend_from_slice(&bytes);
                    Place::Here
                }
            };
            std::future::ready(Ok(place))
        };
        drain(reader, append).await.unwrap();
        assert_eq!(log.into_inner(), b"first second");
        assert_eq!(calls.into_inner(), 3);
    }

    #[tokio::test]
    async fn a_log_is_sent_in_pieces_that_the_hub_takes() {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, reader) = new(dir.path());
        writer.write(&vec![b'x'; 2 * APPEND_LIMIT + 1]).unwrap();
        drop(writer);
        let sizes = RefCell::new(Vec::new());
        let append = |_, bytes: Bytes| {
            sizes.borrow_mut().push(bytes.len());
            std::future::ready(Ok(Place::Here))
        };
        drain(reader, append).await.unwrap();
        assert_eq!(sizes.into_inner(), [APPEND_LIMIT, APPEND_LIMIT, 1]);
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, reader) = new(dir.path());
        writer.write(b"x").unwrap();
        let refuse = |_, _| std::future::ready(Err(Undelivered::Unwanted));
        assert_eq!(drain(reader, refuse).await, Err(Undelivered::Unwanted));
    }
}
