//! What every request has: an id, and a body that must keep arriving.

use std::fmt::Write;
use std::pin::Pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request};
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};
use tower_service::Service;

/// The header that names a request, in both directions.
pub const ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id that is taken over from a client: a UUID and a word before it.
const ID_LIMIT: usize = 64;

tokio::task_local! {
    static CURRENT: HeaderValue;
}

/// The id of the request that is being answered here; `-` where none is.
pub fn id() -> String {
    let id = CURRENT.try_with(|id| id.to_str().unwrap_or_default().to_owned());
    id.unwrap_or_else(|_| "-".into())
}

/// Work of the request that is being answered here, for another thread: what
/// it says there names the request too.
pub fn carried<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let id = CURRENT.try_with(HeaderValue::clone).ok();
    move || match id {
        Some(id) => CURRENT.sync_scope(id, work),
        None => work(),
    }
}

/// Answers one request, whose body may pause for `patience`.
pub async fn answer(mut router: Router, asked: Request<Incoming>, patience: Duration) -> Response {
    let id = taken_over(asked.headers()).unwrap_or_else(new_id);
    let asked = asked.map(|body| {
        if body.is_end_stream() { Body::empty() } else { Body::new(Steady::new(body, patience)) }
    });
    let told = tracing::enabled!(tracing::Level::DEBUG)
        .then(|| format!("{} {}", asked.method(), asked.uri().path()));
    let Ok(mut response) = CURRENT.scope(id.clone(), router.call(asked)).await;
    if let Some(told) = told {
        tracing::debug!("{id:?} {told}: {}", response.status());
    }
    response.headers_mut().insert(ID, id);
    response
}

/// The client's own id, if it can stand in a line of a log.
fn taken_over(headers: &HeaderMap) -> Option<HeaderValue> {
    let id = headers.get(ID)?;
    let clean = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let bytes = id.as_bytes();
    let fits = !bytes.is_empty() && bytes.len() <= ID_LIMIT && bytes.iter().all(clean);
    fits.then(|| id.clone())
}

/// An id of our own: a number for this run of the hub, and a count of requests.
fn new_id() -> HeaderValue {
    static START: LazyLock<u32> = LazyLock::new(rand::random);
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let mut id = String::with_capacity(20);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    // Writing to a String cannot fail.
    let _ = write!(id, "{:08x}-{number}", *START);
    // Hexadecimal digits, a dash and digits can stand in any header.
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("-"))
}

/// A body that breaks off when it pauses for too long.
struct Steady {
    body: Incoming,
    patience: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Steady {
    fn new(body: Incoming, patience: Duration) -> Self {
        Self { body, patience, waiting: None }
    }
}

impl HttpBody for Steady {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.waiting = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(patience)));
        match waiting.as_mut().poll(cx) {
            Poll::Ready(()) => {
                let told = format!("nothing came for {} seconds", patience.as_secs());
                Poll::Ready(Some(Err(told.into())))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_over_if_it_is_clean_and_else_is_new() {
        let given = |id: &str| {
            let headers = HeaderMap::from_iter([(ID, HeaderValue::from_str(id).unwrap())]);
            taken_over(&headers).is_some()
        };
        assert!(given("ci.run-7_b"));
        for dirty in ["", "a b", "a\"b", "\u{e9}", &"x".repeat(65)] {
            assert!(!given(dirty), "{dirty}");
        }
        assert_ne!(new_id(), new_id());
    }
}
