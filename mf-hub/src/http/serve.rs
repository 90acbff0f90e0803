//! Accepting connections, within bounds of number, until told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use super::connection::{Shared, turn_away};
use super::room::Room;
use crate::hub::Hub;

/// How long answers under way may take once the hub stops.
const STOP_TIME: Duration = Duration::from_secs(8);
/// How long to wait when the system has no descriptor for a connection.
const SHORT_OF: Duration = Duration::from_secs(1);
/// Most who are told at the same time that there is no room; others are just
/// cut off.
const TURNED_AWAY: usize = 64;

/// Serves until the hub is told to stop; then answers what is under way.
pub async fn serve(hub: Arc<Hub>, listener: TcpListener, router: Router, tls: Option<TlsAcceptor>) {
    let graceful = GracefulShutdown::new();
    let room = Room::new(hub.config.connections, hub.config.connections_per_address);
    let door = Arc::new(Semaphore::new(TURNED_AWAY));
    let shared = Arc::new(Shared { hub, router, tls });
    loop {
        let accepted = tokio::select! {
            () = shared.hub.stopped() => break,
            accepted = accept(&listener) => accepted,
        };
        let Some((stream, from)) = accepted else { continue };
        match room.take(from.ip()) {
            Ok(seat) => {
                let (shared, watcher) = (Arc::clone(&shared), graceful.watcher());
                tokio::spawn(async move {
                    shared.serve(stream, watcher).await;
                    drop(seat);
                });
            }
            // In TLS there are no words yet in which it could be told.
            Err(_) if shared.tls.is_some() => {}
            Err(why) => {
                if let Ok(permit) = Arc::clone(&door).try_acquire_owned() {
                    tokio::spawn(async move {
                        turn_away(stream, &why).await;
                        drop(permit);
                    });
                }
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(STOP_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still under way and are cut off");
    }
}

async fn accept(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok(accepted) => Some(accepted),
        Err(error) => {
            tracing::warn!("a connection could not be accepted: {error}");
            tokio::time::sleep(SHORT_OF).await;
            None
        }
    }
}
