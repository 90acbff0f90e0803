//! Streams that go on for as long as somebody watches: events, growing logs.

use std::sync::Arc;

use mf_core::error::{Code, Error};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many may watch.
#[derive(Debug)]
pub struct Streams {
    most: usize,
    left: Arc<Semaphore>,
}

/// The right to watch, until it is dropped.
pub type Permit = OwnedSemaphorePermit;

impl Streams {
    /// So many at a time.
    pub fn new(most: usize) -> Self {
        Self { most, left: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))) }
    }

    /// The right to watch.
    ///
    /// # Errors
    /// [`Code::TooMany`].
    pub fn permit(&self) -> Result<Permit, Error> {
        Arc::clone(&self.left).try_acquire_owned().map_err(|_| {
            Error::new(Code::TooMany, format!("{} watch already; try again later", self.most))
        })
    }
}
