//! A network between a worker and its hub that does what networks do: it
//! keeps bytes back in one direction or both, takes no new connections, cuts
//! them off, or ends one direction of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How the network is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// What the worker says is kept back.
    pub up_held: bool,
    /// What the hub says is kept back.
    pub down_held: bool,
    /// New connections are cut off at once.
    pub refused: bool,
    /// How often all connections were cut off.
    cuts: u64,
    /// How often the worker's direction of all connections was ended.
    half_cuts: u64,
}

/// The network of one worker. Dropped, nothing goes through it any more.
pub struct Proxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    /// How many bytes came through.
    passed: Arc<std::sync::atomic::AtomicU64>,
}

impl Proxy {
    /// A fine network to the hub at `hub`.
    pub async fn start(hub: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (weather, passed) = (watch::Sender::new(Weather::default()), Arc::default());
        let proxy = Self { address, weather, passed };
        let (weather, passed) = (proxy.weather.subscribe(), proxy.passed.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let through = Through { weather: weather.clone(), passed: passed.clone() };
                tokio::spawn(through.serve(stream, hub));
            }
        });
        proxy
    }

    /// Where the worker finds the hub.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes the weather.
    pub fn set(&self, change: impl FnOnce(&mut Weather)) {
        self.weather.send_modify(change);
    }

    /// Cuts all connections off, as by a reset.
    pub fn cut(&self) {
        self.set(|weather| weather.cuts += 1);
    }

    /// Ends the worker's direction of all connections; the hub's stays.
    pub fn half_cut(&self) {
        self.set(|weather| weather.half_cuts += 1);
    }

    /// Fine again: what was kept back goes on.
    pub fn clear(&self) {
        self.set(|weather| {
            (weather.up_held, weather.down_held, weather.refused) = (false, false, false);
        });
    }

    /// How many bytes came through so far.
    pub fn passed(&self) -> u64 {
        self.passed.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// One connection.
#[derive(Clone)]
struct Through {
    weather: watch::Receiver<Weather>,
    passed: Arc<std::sync::atomic::AtomicU64>,
}

impl Through {
    async fn serve(mut self, worker: TcpStream, hub: SocketAddr) {
        // Closed without a word to the other side's good end: a reset.
        let _ = set_socket_linger(&worker, Some(Duration::ZERO));
        let cuts = self.weather.borrow_and_update().cuts;
        if self.weather.borrow().refused {
            return;
        }
        let Ok(hub) = TcpStream::connect(hub).await else { return };
        let _ = set_socket_linger(&hub, Some(Duration::ZERO));
        let ((from_worker, to_worker), (from_hub, to_hub)) =
            (worker.into_split(), hub.into_split());
        let up = self.clone().pump(from_worker, to_hub, true);
        let down = self.clone().pump(from_hub, to_worker, false);
        let cut = self.weather.wait_for(|now| now.cuts != cuts);
        tokio::select! {
            ((), ()) = async { tokio::join!(up, down) } => {}
            _ = cut => {}
        }
    }

    /// Hands on until the end of one direction.
    async fn pump(mut self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, up: bool) {
        let half_cuts = self.weather.borrow().half_cuts;
        let held = |now: &Weather| if up { now.up_held } else { now.down_held };
        let mut ended = self.weather.clone();
        let pumping = async {
            let mut block = vec![0; 64 * 1024];
            while let Ok(length @ 1..) = from.read(&mut block).await {
                // It may wait here for long: the rest waits in the sockets.
                if self.weather.wait_for(|now| !held(now)).await.is_err()
                    || to.write_all(&block[..length]).await.is_err()
                {
                    return;
                }
                self.passed.fetch_add(length as u64, std::sync::atomic::Ordering::Relaxed);
            }
        };
        tokio::select! {
            () = pumping => {}
            _ = ended.wait_for(|now| up && now.half_cuts != half_cuts) => {}
        }
        let _ = to.shutdown().await;
    }
}
