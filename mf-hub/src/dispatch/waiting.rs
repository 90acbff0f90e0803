//! Workers that wait for a task: one letter box each, so that a new task
//! wakes the one that should have it and nobody else.

use std::cmp::Reverse;

use tokio::sync::oneshot;

use super::Offer;

/// One request of a worker that waits.
#[derive(Debug)]
pub struct Waiter {
    /// The worker's system.
    pub system: i64,
    /// What it calls the request.
    pub nonce: String,
    answer: oneshot::Sender<Offer>,
}

/// Everybody who waits, the longest waiting first.
#[derive(Debug, Default)]
pub struct Waiting {
    queue: Vec<Waiter>,
}

impl Waiting {
    /// Lets a worker wait. An earlier request of the same nonce, whose
    /// connection must have broken, waits no more.
    pub fn join(&mut self, system: i64, nonce: &str) -> oneshot::Receiver<Offer> {
        self.queue.retain(|w| !(w.answer.is_closed() || w.system == system && w.nonce == nonce));
        let (answer, receiver) = oneshot::channel();
        self.queue.push(Waiter { system, nonce: nonce.to_owned(), answer });
        receiver
    }

    /// Takes out the best waiter: the most `free` capacity, then the longest
    /// waiting. `free` is `None` for systems that cannot take the task; a
    /// worker that has hung up is passed over.
    pub fn best(&mut self, free: impl Fn(i64) -> Option<i64>) -> Option<Waiter> {
        let best = self
            .queue
            .iter()
            .enumerate()
            .filter(|(_, waiter)| !waiter.answer.is_closed())
            .filter_map(|(index, waiter)| Some((free(waiter.system)?, Reverse(index))))
            .max()?;
        Some(self.queue.remove(best.1.0))
    }

    /// Whether a system waits.
    pub fn has(&self, system: i64) -> bool {
        self.queue.iter().any(|w| w.system == system && !w.answer.is_closed())
    }

    /// Systems that wait, the longest waiting first, each as often as it waits.
    pub fn systems(&self) -> Vec<i64> {
        self.queue.iter().filter(|w| !w.answer.is_closed()).map(|w| w.system).collect()
    }
}

impl Waiter {
    /// Hands the offer over. When the worker has hung up the offer is dropped,
    /// which gives its task to somebody else.
    pub fn give(self, offer: Offer) {
        let _ = self.answer.send(offer);
    }
}
