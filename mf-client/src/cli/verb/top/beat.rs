//! What makes the picture be redrawn: time, news, signals.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Interval, MissedTickBehavior};

use super::News;

/// How often the picture is drawn anew, and the hub asked at most.
const SECOND: Duration = Duration::from_secs(1);

/// One reason to draw.
pub enum Beat {
    /// Something was heard.
    News(News),
    /// A second is over.
    Second,
    /// The terminal has another size.
    Resized,
    /// The program is to end.
    Stopped,
}

/// All of them, listened for from the beginning: a signal that came between
/// two would be lost.
pub struct Beats {
    heard: Receiver<News>,
    second: Interval,
    resized: Signal,
    stopped: [Signal; 3],
}

impl Beats {
    /// Listens.
    ///
    /// # Errors
    /// The process can have no more descriptors.
    pub fn new(heard: Receiver<News>) -> io::Result<Self> {
        let mut second = tokio::time::interval(SECOND);
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stopped = [
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ];
        Ok(Self { heard, second, resized: signal(SignalKind::window_change())?, stopped })
    }

    /// Waits for the next.
    pub async fn next(&mut self) -> Beat {
        let [interrupt, terminate, hangup] = &mut self.stopped;
        tokio::select! {
            Some(news) = self.heard.recv() => Beat::News(news),
            _ = self.second.tick() => Beat::Second,
            _ = self.resized.recv() => Beat::Resized,
            _ = interrupt.recv() => Beat::Stopped,
            _ = terminate.recv() => Beat::Stopped,
            _ = hangup.recv() => Beat::Stopped,
        }
    }
}
