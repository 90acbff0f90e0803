//! `GET /task/LABEL/log/NAME`: a log as it is, or as it grows.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use mf_core::error::{Code, Error};
use mf_core::task::ATTEMPT_HEADER;
use mf_core::wire::Held;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::call::Call;
use super::file::{attempt, missing};
use super::{caller, ranges};
use crate::dispatch::Pulse;
use crate::files::{BLOCK, Reading};
use crate::hub::Hub;
use crate::store::{file, task};
use crate::streams::Permit;

/// A log's bytes: those that there are, or with `follow` until its attempt
/// has ended. Followed before the attempt has begun, it is waited for.
///
/// # Errors
/// There is no such log, and there will be none; the range is none of it.
pub async fn log(call: Call) -> Result<Response, Error> {
    let offset = call.values.int("offset").and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    if call.values.flag("follow") {
        return follow(call, offset);
    }
    let of = attempt(&call)?;
    let found = call.hub.readers.read(|db| file::find(db, of, file::LOG, &call.part))?;
    let found = found.ok_or_else(|| missing("log", &call.part))?;
    match call.hub.files.read(of, &found.stored)? {
        Some(reading) => ranges::text(reading, &call.parts.headers, offset),
        // It has a name, and its first bytes are on their way.
        None => Ok(plain(Body::empty())),
    }
}

fn plain(body: Body) -> Response {
    let mut response = Response::new(body);
    let value = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    ranges::harmless(&mut response);
    response
}

/// How often it is asked again who follows, and whether they still may.
const ASK_AGAIN: Duration = Duration::from_secs(15);

/// Somebody who follows a log.
struct Follower {
    hub: Arc<Hub>,
    /// The request, which has the key.
    parts: Parts,
    ask_again: Instant,
    of: Held,
    name: String,
    offset: u64,
    /// Rings when the task moves or its logs grow.
    bell: watch::Receiver<Pulse>,
    /// The task's moves when `over` was last looked up.
    moves: Option<u64>,
    /// Whether nothing more will be written.
    over: bool,
    reading: Option<Reading>,
    _permit: Permit,
}

fn follow(call: Call, offset: u64) -> Result<Response, Error> {
    let id = call.id()?;
    let permit = call.hub.streams.permit(&call.caller)?;
    // Before the rows are read, so that no move falls in between.
    let bell = call.hub.dispatch.watch(id);
    let of = match call.values.int("attempt") {
        Some(attempt) => Held { task: id, attempt },
        None => {
            let last = call.hub.readers.read(|db| task::last(db, id))?;
            let next = i64::from(last.waits);
            Held { attempt: last.held.attempt + next, ..last.held }
        }
    };
    let number = HeaderValue::from(of.attempt);
    let mut follower = Follower {
        hub: call.hub,
        parts: call.parts,
        ask_again: Instant::now() + ASK_AGAIN,
        of,
        name: call.part,
        offset,
        bell,
        moves: None,
        over: false,
        reading: None,
        _permit: permit,
    };
    follower.look()?;
    if follower.over && follower.reading.is_none() && !follower.is_named()? {
        return Err(missing("log", &follower.name));
    }
    let body = stream::unfold(Some(follower), |follower| async move {
        let mut follower = follower?;
        match follower.next().await {
            Ok(Some(block)) => Some((Ok(block), Some(follower))),
            Ok(None) => None,
            // Too late for a status: the stream breaks off, and is seen to.
            Err(error) => Some((Err(error), None)),
        }
    });
    let mut response = plain(Body::from_stream(body));
    response.headers_mut().insert(HeaderName::from_static(ATTEMPT_HEADER), number);
    response.headers_mut().insert(ranges::UNBUFFERED, HeaderValue::from_static("no"));
    Ok(response)
}

fn stopping() -> Error {
    Error::new(Code::Busy, "the hub is stopping; follow the log again when it is back")
}

impl Follower {
    /// The next bytes; `None` when the attempt has ended and all were sent. A
    /// hub that stops breaks off, so that nobody takes that for the end.
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            self.still_may()?;
            // Whether it is over is looked up before the last bytes are read:
            // what was written before the end is never missed.
            self.look()?;
            if let Some(reading) = &self.reading {
                let block = reading.block(self.offset, BLOCK as u64).await?;
                if !block.is_empty() {
                    self.offset += block.len() as u64;
                    return Ok(Some(block));
                }
            }
            if self.over {
                return Ok(None);
            }
            tokio::select! {
                rung = self.bell.changed() => rung.map_err(|_| stopping())?,
                () = self.hub.stopped() => return Err(stopping()),
                () = sleep_until(self.ask_again) => {}
            }
        }
    }

    /// A stream does not outlive its key, nor the rights of the key's holder.
    fn still_may(&mut self) -> Result<(), Error> {
        if Instant::now() < self.ask_again {
            return Ok(());
        }
        self.ask_again = Instant::now() + ASK_AGAIN;
        let sight = caller::of(&self.hub, &self.parts)?.sight();
        let task = self.of.task;
        match self.hub.readers.read(|db| task::may_know(db, task, sight))? {
            true => Ok(()),
            false => Err(missing("log", &self.name)),
        }
    }

    /// Looks up what can have changed since the bell rang.
    fn look(&mut self) -> Result<(), Error> {
        let pulse = *self.bell.borrow_and_update();
        if self.moves != Some(pulse.moves) {
            self.over = self.hub.readers.read(|db| task::is_over(db, self.of))?;
            self.moves = Some(pulse.moves);
        }
        if self.reading.is_none() {
            let (of, name) = (self.of, &self.name);
            let found = self.hub.readers.read(|db| file::find(db, of, file::LOG, name))?;
            if let Some(found) = found {
                self.reading = self.hub.files.read(of, &found.stored)?;
            }
        }
        Ok(())
    }

    fn is_named(&self) -> Result<bool, Error> {
        let found = self.hub.readers.read(|db| file::find(db, self.of, file::LOG, &self.name))?;
        Ok(found.is_some())
    }
}
