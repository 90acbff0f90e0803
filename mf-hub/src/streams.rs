//! Streams that go on for as long as somebody watches: events, growing logs.

use std::sync::Arc;

use mf_core::error::{Code, Error};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::store::roles::Caller;

/// How many may watch. Those without a key leave half of the places to others:
/// who wants to keep the regulator from hearing anything needs a key for it.
#[derive(Debug)]
pub struct Streams {
    most: usize,
    left: Arc<Semaphore>,
    left_to_strangers: Arc<Semaphore>,
}

/// The right to watch, until it is dropped.
#[derive(Debug)]
pub struct Permit {
    _place: OwnedSemaphorePermit,
    _strangers: Option<OwnedSemaphorePermit>,
}

impl Streams {
    /// So many at a time.
    pub fn new(most: usize) -> Self {
        let places = |most: usize| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Self { most, left: places(most), left_to_strangers: places(most.div_ceil(2)) }
    }

    /// The right to watch.
    ///
    /// # Errors
    /// [`Code::TooMany`].
    pub fn permit(&self, caller: &Caller) -> Result<Permit, Error> {
        let take = |places: &Arc<Semaphore>, told: String| {
            let place = Arc::clone(places).try_acquire_owned();
            place.map_err(|_| Error::new(Code::TooMany, told))
        };
        let strangers = match caller.holder {
            Some(_) => None,
            None => {
                let told = "many watch without a key; try again later, or with a key";
                Some(take(&self.left_to_strangers, told.into())?)
            }
        };
        let told = format!("{} watch already; try again later", self.most);
        Ok(Permit { _place: take(&self.left, told)?, _strangers: strangers })
    }
}

#[cfg(test)]
mod tests {
    use mf_core::error::Code;

    use super::*;
    use crate::store::key::Holder;

    #[test]
    fn who_has_a_key_finds_a_place_however_many_strangers_watch() {
        let streams = Streams::new(3);
        let stranger = Caller::nobody(false);
        let known = Caller { holder: Some(Holder::Regulator), ..Caller::nobody(false) };
        let _two = [streams.permit(&stranger).unwrap(), streams.permit(&stranger).unwrap()];
        assert_eq!(streams.permit(&stranger).unwrap_err().code, Code::TooMany);
        let third = streams.permit(&known).unwrap();
        assert_eq!(streams.permit(&known).unwrap_err().code, Code::TooMany);
        drop(third);
        streams.permit(&known).unwrap();
    }
}
