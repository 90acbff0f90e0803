//! One connection: TLS where the hub has a certificate, then HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use mf_core::error::{Code, Error};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::patient::Patient;
use super::peer::Peer;
use super::request;
use super::{envelope, error};
use crate::hub::Hub;

/// Largest head of a request: the longest search and a key are far below.
const HEAD_LIMIT: usize = 64 << 10;
/// How much longer than a request an answer may rest when its reader does,
/// such as somebody at a pager.
const READERS_REST: u32 = 10;
/// First byte of every connection of TLS.
const HANDSHAKE: u8 = 0x16;
/// How long, and how much, somebody who is sent away may still talk: what is
/// unread when a connection is closed would take the answer with it.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 64 << 10;

/// What all connections share.
pub struct Shared {
    /// The hub.
    pub hub: Arc<Hub>,
    /// What it answers.
    pub router: Router,
    /// How TLS is accepted, where there is a certificate.
    pub tls: Option<TlsAcceptor>,
}

impl Shared {
    fn patience(&self) -> Duration {
        Duration::from_secs(self.hub.config.request_seconds)
    }

    /// Serves one connection to its end.
    pub async fn serve(self: Arc<Self>, stream: TcpStream, watcher: Watcher) {
        // Small answers must not wait for more to come.
        let _ = stream.set_nodelay(true);
        // Without an address the connection is gone already.
        let Ok(peer) = stream.peer_addr().map(|address| Peer(address.ip())) else { return };
        let Some(tls) = &self.tls else {
            return Arc::clone(&self).speak(stream, peer, watcher).await;
        };
        let accepted = tokio::select! {
            () = self.hub.stopped() => return,
            accepted = timeout(self.patience(), handshake(tls, stream)) => accepted,
        };
        match accepted {
            Ok(Ok(Some(stream))) => Arc::clone(&self).speak(stream, peer, watcher).await,
            Ok(Ok(None)) => {}
            Ok(Err(error)) => tracing::debug!("no TLS came about: {error}"),
            Err(_) => tracing::debug!("no TLS came about in time"),
        }
    }

    async fn speak<S>(self: Arc<Self>, stream: S, peer: Peer, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let patience = self.patience();
        let stream = TokioIo::new(Patient::new(stream, patience * READERS_REST));
        let service = service_fn(move |mut asked: Request<Incoming>| {
            asked.extensions_mut().insert(peer);
            let answer = request::answer(self.router.clone(), asked, patience);
            async move { Ok::<_, std::convert::Infallible>(answer.await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // Also how long an idle connection is kept.
            .header_read_timeout(patience)
            .max_header_size(HEAD_LIMIT)
            .serve_connection(stream, service);
        // A connection that breaks is its client's business.
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!("a connection ended: {error}");
        }
    }
}

/// TLS; `None` when plain http came, which is told so in its own words.
async fn handshake(
    tls: &TlsAcceptor,
    stream: TcpStream,
) -> std::io::Result<Option<tokio_rustls::server::TlsStream<TcpStream>>> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE {
        let told = "this is https; the url begins with https://";
        turn_away(stream, &Error::new(Code::Malformed, told)).await;
        return Ok(None);
    }
    tls.accept(stream).await.map(Some)
}

/// Answers with an error whatever is asked, and hangs up.
pub async fn turn_away(mut stream: TcpStream, why: &Error) {
    let status = error::status(why.code);
    let retry = if why.code.retryable() { "retry-after: 1\r\n" } else { "" };
    let body = envelope::refused(why);
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         {retry}connection: close\r\n\r\n{body}",
        body.len()
    );
    let talk = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(LINGER_BYTES), &mut tokio::io::sink()).await
    };
    // Who does not listen is sent away all the same.
    let _ = timeout(LINGER, talk).await;
}
