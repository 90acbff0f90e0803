//! Serving connections, within bounds of time and number, until told to stop.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::hub::Hub;

/// Longest that the head of a request may take; also how long an idle
/// connection is kept.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// Most connections at a time; who comes then waits in the system's queue.
const CONNECTIONS: usize = 8_192;
/// How long answers under way may take once the hub stops.
const STOP_TIME: Duration = Duration::from_secs(8);
/// How long to wait when the system has no descriptor for a connection.
const SHORT_OF: Duration = Duration::from_secs(1);

/// Serves until the hub is told to stop; then answers what is under way.
pub async fn serve(hub: Arc<Hub>, listener: TcpListener, router: Router) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = hub.stopped() => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let Some((stream, permit)) = accepted else { continue };
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A connection that breaks is its client's business.
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended: {error}");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(STOP_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still under way and are cut off");
    }
}

type Accepted = Option<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)>;

async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> Accepted {
    // The semaphore is never closed.
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Small answers must not wait for more to come.
            let _ = stream.set_nodelay(true);
            Some((stream, permit))
        }
        Err(error) => {
            tracing::warn!("a connection could not be accepted: {error}");
            tokio::time::sleep(SHORT_OF).await;
            None
        }
    }
}
