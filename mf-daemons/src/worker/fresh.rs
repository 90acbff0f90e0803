//! Until when an attempt is surely this worker's, as long as nothing of it has
//! begun.
//!
//! A worker that was frozen, or whose answer was long on its way, must not
//! begin what somebody else has been given meanwhile, and may have finished.
//! Whatever the hub has just taken for an attempt keeps it this worker's for
//! [`COME_BACK`]; within that the build begins, or the hub is asked again. The
//! keeper of the call looks at the clock last, for this process may stop
//! between looking and beginning.

use std::time::Duration;

use mf_core::task::COME_BACK;
use mf_core::time::since_boot;

use super::end::End;
use super::halt::Halt;
use super::stage::Stage;

/// Until when an attempt is surely this worker's.
#[derive(Debug)]
pub struct Fresh {
    /// Since this host was started; `None` once it has begun.
    until: Option<Duration>,
}

impl Fresh {
    /// An attempt that was asked for then.
    pub fn claimed(asked: Duration) -> Self {
        Self { until: Some(asked + COME_BACK) }
    }

    /// It has begun: what is under way is ended by the hub's word, and goes on
    /// while the hub is away.
    pub fn begun(&mut self) {
        self.until = None;
    }

    /// When it must begin at the latest, if it has not begun; asks the hub
    /// when that has passed.
    ///
    /// # Errors
    /// The attempt is not this worker's any more, or is ended.
    pub async fn begin_by(&mut self, stage: &Stage, halt: &Halt) -> Result<Option<Duration>, End> {
        while let Some(until) = self.until
            && until <= since_boot()
        {
            let asked = tokio::select! {
                asked = stage.confirmed() => asked,
                reason = halt.wait() => return Err(reason.into()),
            };
            let Some(asked) = asked else { return Err(End::Unwanted) };
            self.until = Some(asked + COME_BACK);
            if asked + COME_BACK <= since_boot() {
                stage.again();
            }
        }
        Ok(self.until)
    }
}
