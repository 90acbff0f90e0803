//! `GET /util/events`: what happens, as server-sent events.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use mf_core::error::{Code, Error};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::Instant;

use super::call::Call;
use super::{caller, ranges, session};
use crate::events::{Filter, Happened};
use crate::hub::Hub;
use crate::store::history;
use crate::streams::Permit;

/// How often a silent stream says that it is alive.
const ALIVE: Duration = Duration::from_secs(15);

/// The last word to somebody whose session is over.
const SIGNED_OUT: &[u8] = b"event: signed-out\ndata: {}\n\n";

/// The word to whoever wants to hear of the whole farm that the hub's disk has
/// become full, or has room again.
const FARM: &[u8] = b"event: farm\ndata: {}\n\n";

/// Resources whose changes may change who may know what; a key that expires is
/// noticed at the next sign of life.
const GIVE_RIGHTS: [&str; 4] = ["group", "project", "system", "user"];

/// One watcher.
struct Watch {
    hub: Arc<Hub>,
    /// The request, which has the key.
    parts: Parts,
    filter: Filter,
    receiver: Receiver<Arc<Happened>>,
    /// Number of the last event that was sent or passed over.
    last: i64,
    /// Whether the database may have events that the receiver has not.
    behind: bool,
    /// When the watcher must hear something, if only that the hub is there.
    silent_until: Instant,
    /// Whether the hub's disk was nearly full when the watcher last heard of it.
    scarce: bool,
    /// Whether it is somebody who is signed in to the pages.
    signed_in: bool,
    /// Whether nothing more is sent.
    is_over: bool,
    _permit: Permit,
}

/// Sends what happens until the watcher leaves or the hub stops. No number is
/// too old, since all history is kept. A number that is still to come belongs to
/// another database, for example because this one was restored from a copy: the
/// watcher is sent `reset`, and goes on from now.
///
/// # Errors
/// A parameter is wrong, or too many watch.
pub async fn events(call: Call) -> Result<Response, Error> {
    let after = match call.parts.headers.get("last-event-id") {
        None => call.values.int("after"),
        Some(value) => {
            let number = value.to_str().ok().and_then(|text| text.parse().ok());
            Some(number.filter(|number: &i64| *number >= 0).ok_or_else(|| {
                Error::new(Code::InvalidValue, "Last-Event-ID is not the number of an event")
            })?)
        }
    };
    let permit = call.hub.streams.permit(&call.caller)?;
    // Subscribed before the database is read: nothing falls in between.
    let receiver = call.hub.events.watch();
    let newest = call.hub.readers.read(history::newest)?;
    let watch = Watch {
        filter: Filter::new(&call.values, &call.caller)?,
        signed_in: session::usable(&call.parts).is_some() && call.caller.holder.is_some(),
        scarce: call.hub.files.scarce().is_some(),
        receiver,
        last: after.unwrap_or(newest).min(newest),
        behind: after.is_some_and(|after| after < newest),
        hub: call.hub,
        parts: call.parts,
        silent_until: Instant::now() + ALIVE,
        is_over: false,
        _permit: permit,
    };
    // Whoever is cut off before the first event knows where to go on from.
    let first = match after.is_some_and(|after| after > newest) {
        true => format!("event: reset\nid: {}\ndata: {{}}\n\n", watch.last),
        false => format!("id: {}\n\n", watch.last),
    };
    let first = Bytes::from(first);
    let body = stream::unfold((Some(first), watch), |(first, mut watch)| async move {
        let bytes = match first {
            Some(first) => first,
            None => watch.next().await?,
        };
        Some((Ok::<_, std::convert::Infallible>(bytes), (None, watch)))
    });
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(ranges::UNBUFFERED, HeaderValue::from_static("no"));
    Ok(response)
}

impl Watch {
    /// The next bytes to send; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        let bytes = self.wait().await.unwrap_or_else(|error| {
            tracing::info!("an event stream ends: {error}");
            self.is_over = true;
            // A browser comes back by itself, as nobody: its page has to know.
            self.signed_in.then_some(Bytes::from_static(SIGNED_OUT))
        });
        self.silent_until = Instant::now() + ALIVE;
        bytes
    }

    async fn wait(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if self.behind {
                self.ask_again()?;
                let bytes = self.replay().await?;
                if !bytes.is_empty() {
                    return Ok(Some(bytes.into()));
                }
                continue;
            }
            let hub = Arc::clone(&self.hub);
            let happened = tokio::select! {
                () = hub.stopped() => return Ok(None),
                () = tokio::time::sleep_until(self.silent_until) => {
                    self.ask_again()?;
                    return Ok(Some(Bytes::from_static(self.sign_of_life())));
                }
                happened = self.receiver.recv() => happened,
            };
            match happened {
                Ok(happened) if happened.event.id <= self.last => {}
                Ok(happened) => {
                    self.last = happened.event.id;
                    if GIVE_RIGHTS.contains(&happened.event.resource.as_str()) {
                        self.ask_again()?;
                    }
                    if self.seen(&happened)? {
                        return Ok(Some(line(&self.filter, &happened).into()));
                    }
                }
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return Ok(None),
            }
        }
    }

    /// What a watcher hears when nothing happens.
    fn sign_of_life(&mut self) -> &'static [u8] {
        let scarce = self.filter.is_of_farm() && self.hub.files.scarce().is_some();
        let changed = self.filter.is_of_farm() && scarce != self.scarce;
        self.scarce = scarce;
        if changed { FARM } else { b":\n\n" }
    }

    /// Looks up again who watches, and with which rights: a stream does not
    /// outlive its key or its session, nor its user's rights.
    fn ask_again(&mut self) -> Result<(), Error> {
        let caller = caller::of(&self.hub, &self.parts)?;
        if self.signed_in && caller.holder.is_none() {
            return Err(Error::new(Code::Unauthorized, "the session is over: sign in again"));
        }
        self.filter.watched_by(&caller);
        Ok(())
    }

    /// One piece of what the database has after the last event.
    async fn replay(&mut self) -> Result<Vec<u8>, Error> {
        let (hub, filter, last) = (Arc::clone(&self.hub), self.filter.clone(), self.last);
        let read = self.hub.readers.at_length(move || {
            let piece = hub.readers.read(|db| history::after(db, last, filter.sight))?;
            let wanted = piece.events.iter().filter(|happened| filter.wants(happened));
            Ok::<_, Error>((
                wanted.flat_map(|it| line(&filter, it)).collect(),
                piece.last,
                piece.more,
            ))
        });
        let (bytes, last, more) = read.await??;
        (self.last, self.behind) = (last, more);
        Ok(bytes)
    }

    /// Whether this watcher wants an event and may know of it now.
    fn seen(&self, happened: &Happened) -> Result<bool, Error> {
        if !self.filter.wants(happened) {
            return Ok(false);
        }
        let sight = self.filter.sight;
        self.hub.readers.read(|db| history::may_know(db, happened, sight))
    }
}

/// An event as it is sent to whoever watches with this filter.
fn line(filter: &Filter, happened: &Happened) -> Vec<u8> {
    let event = filter.shown(happened);
    let json = serde_json::to_string(&event).unwrap_or_else(|_| "{}".into());
    format!("id: {}\ndata: {json}\n\n", event.id).into_bytes()
}
