//! Requests by HTTP, with a key.

use std::fs::File;
use std::io::Seek;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use reqwest::Url;

use crate::error::reasons;
use crate::handler::{Answering, Body, Request, RequestHandler, Response};
use crate::{Error, Key, Trust};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// A peer that is gone without a word is noticed after this and three more.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// How long a hub may say nothing: it syncs a large file before it answers.
const SILENCE: Duration = Duration::from_secs(300);
/// Most connections that wait for a next request: each keeps its buffers.
const IDLE: usize = 16;

/// Sends requests to a hub by HTTP or HTTPS, as whoever the key belongs to.
///
/// Nothing is sent but to the URL given: no redirect is followed and no proxy
/// is used, for a key must not go anywhere else.
pub struct HttpHandler {
    http: reqwest::Client,
    base: Url,
    key: Option<Key>,
}

impl HttpHandler {
    /// For the hub at `url`; nothing is sent yet.
    ///
    /// # Errors
    /// The URL is none that a hub can have, the key would leave this host in
    /// clear, or the authorities cannot be read: see [`Trust`].
    pub fn new(url: &str, key: Option<Key>, trust: &Trust) -> Result<Self, Error> {
        let wrong = |why: &str| Error::Invalid(format!("the hub's url {url:?} {why}"));
        let base = Url::parse(url).map_err(|e| wrong(&format!("is no URL: {e}")))?;
        match base.scheme() {
            "http" | "https" => {}
            _ => return Err(wrong("must begin with https:// or http://")),
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(wrong("must not hold a name or password; a key goes in mf.conf"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(wrong("must end with its path"));
        }
        if key.is_some() {
            trust.check(&base)?;
        }
        let http = client(trust.tls(&base)?)?;
        Ok(Self { http, base, key })
    }

    async fn answer(&self, request: Request) -> Result<Response, Error> {
        let url = format!("{}{}", self.url(), request.path);
        let url = Url::parse(&url)
            .map_err(|e| Error::Invalid(format!("{url:?} is no URL of a hub: {e}")))?;
        let mut builder = self.http.request(request.method, url).headers(request.headers);
        if let Some(key) = &self.key {
            builder = builder.bearer_auth(key.expose());
        }
        let mut sent = None;
        builder = match request.body {
            Body::Empty => builder,
            Body::Bytes(bytes) => builder.body(bytes),
            Body::File(file) => {
                sent = file.try_clone().ok();
                builder.body(tokio::fs::File::from_std(file))
            }
        };
        if let Some(limit) = request.timeout {
            builder = builder.timeout(limit);
        }
        let url = self.url().to_owned();
        let Some(response) = patiently(builder.send(), sent).await else {
            let why = format!("it said nothing for {} seconds", SILENCE.as_secs());
            return Err(Error::Unreachable { url, why, sent: true });
        };
        let response = response.map_err(|e| cut(&url, &e))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes_stream();
        let body = body.map(move |chunk: Result<Bytes, _>| chunk.map_err(|e| cut(&url, &e)));
        Ok(Response { status, headers, body: Box::pin(body) })
    }
}

impl RequestHandler for HttpHandler {
    fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    fn send(&self, request: Request) -> Answering<'_> {
        Box::pin(self.answer(request))
    }
}

impl std::fmt::Debug for HttpHandler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpHandler({})", self.url())
    }
}

/// What connects to a hub, and to nothing else.
///
/// # Errors
/// The process has no room for it.
pub(crate) fn client(tls: rustls::ClientConfig) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .pool_max_idle_per_host(IDLE)
        .tcp_nodelay(true)
        .tcp_keepalive(KEEPALIVE)
        .tcp_keepalive_interval(KEEPALIVE)
        .tcp_keepalive_retries(3)
        .connect_timeout(CONNECT)
        .user_agent(concat!("monkeyfarm/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|e| Error::Invalid(format!("no HTTP client can be made: {e}")))
}

/// Waits for the head of an answer, and no longer than [`SILENCE`] once all of
/// the file that is sent has been read.
///
/// A connection that ends tells its requests, with two exceptions: the hub's
/// process may be stopped, and not ended; and a request may be handed to a
/// connection in the very moment when that breaks. hyper has emptied the queue of
/// requests by then, and the queue lives as long as somebody waits for an answer.
async fn patiently<T>(answer: impl Future<Output = T>, sent: Option<File>) -> Option<T> {
    let place = || sent.as_ref().and_then(|mut file| file.stream_position().ok());
    let mut answer = pin!(answer);
    loop {
        let before = place();
        match tokio::time::timeout(SILENCE, &mut answer).await {
            Ok(answer) => return Some(answer),
            Err(_) if place() == before => return None,
            Err(_) => {}
        }
    }
}

/// A connection that could not be made, or broke.
pub(crate) fn cut(url: &str, error: &reqwest::Error) -> Error {
    Error::Unreachable { url: url.to_owned(), why: reasons(error), sent: !error.is_connect() }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::io::{Read, Write};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_given_up_but_not_while_a_file_goes_out() {
        let begun = tokio::time::Instant::now();
        assert_eq!(patiently(pending::<()>(), None).await, None);
        assert_eq!(begun.elapsed(), SILENCE);

        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 10]).unwrap();
        file.rewind().unwrap();
        let sent = file.try_clone().unwrap();
        let slowly = async move {
            for _ in 0..10 {
                tokio::time::sleep(SILENCE * 2 / 3).await;
                file.read_exact(&mut [0]).unwrap();
            }
        };
        let begun = tokio::time::Instant::now();
        assert_eq!(patiently(slowly, Some(sent.try_clone().unwrap())).await, Some(()));
        assert!(begun.elapsed() > SILENCE * 6);
        // What has been sent, and is never answered.
        assert_eq!(patiently(pending::<()>(), Some(sent)).await, None);
    }
}
