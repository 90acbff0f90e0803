//! How the work on an attempt ends.

use mf_core::wire::{Complete, Crash, Outcome};

use super::halt::Reason;
use super::link::Undelivered;

/// Why the work on an attempt ended without success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It cannot be built as it is: a sentence.
    Failure(String),
    /// A plugin did not survive it.
    Crashed(Box<Crash>),
    /// The hub had it stopped.
    Stopped,
    /// The worker goes away.
    HandedBack,
    /// Nobody waits for it any more.
    Unwanted,
}

impl End {
    /// What the hub is told, if it wants to hear of it: with what kept the
    /// handlers from the rest of this host.
    pub fn complete(result: Result<(), Self>, isolation: &str) -> Option<Complete> {
        let mut crash = None;
        let (outcome, message) = match result {
            Ok(()) => (Outcome::Success, String::new()),
            Err(End::Failure(why)) => (Outcome::Failure, why),
            Err(End::Crashed(how)) => {
                let why = how.how.clone();
                crash = Some(*how);
                (Outcome::Failure, why)
            }
            Err(End::Stopped) => (Outcome::Stopped, "the build was stopped".into()),
            Err(End::HandedBack) => (Outcome::HandedBack, "the worker goes away".into()),
            Err(End::Unwanted) => return None,
        };
        Some(Complete { outcome, message, isolation: isolation.to_owned(), crash })
    }

    /// Why the build failed, if that is how it ended.
    pub fn failure(&self) -> Option<&str> {
        match self {
            End::Failure(why) => Some(why),
            End::Crashed(crash) => Some(&crash.how),
            _ => None,
        }
    }

    /// The result that was told like this.
    pub fn result(told: &Complete) -> Result<(), Self> {
        match told.outcome {
            Outcome::Success => Ok(()),
            Outcome::Failure => Err(match &told.crash {
                Some(crash) => End::Crashed(Box::new(crash.clone())),
                None => End::Failure(told.message.clone()),
            }),
            Outcome::Stopped => Err(End::Stopped),
            Outcome::HandedBack => Err(End::HandedBack),
        }
    }
}

impl From<Reason> for End {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::HandBack => End::HandedBack,
            Reason::Stopped => End::Stopped,
            Reason::Failed(why) => End::Failure(why),
            Reason::Stale => End::Unwanted,
        }
    }
}

impl From<Undelivered> for End {
    fn from(why: Undelivered) -> Self {
        match why {
            Undelivered::Unwanted => End::Unwanted,
            Undelivered::Refused(why) => End::Failure(why),
        }
    }
}
