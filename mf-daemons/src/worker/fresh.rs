//! Until when an attempt is certain to belong to this worker, before its work
//! has begun.
//!
//! A worker that was suspended, or whose claim took long to be answered, must
//! not begin an attempt when the task may meanwhile have been given to another
//! worker, and even been finished there. When the hub accepts a message for an
//! attempt, the attempt stays with this worker for at least [`COME_BACK`]: the
//! build begins within that time, or the hub is asked again. The last check of
//! the clock is the call's keeper's, since this process may be suspended
//! between its own check and the beginning.

use std::time::Duration;

use mf_core::task::COME_BACK;
use mf_core::time::since_boot;

use super::end::End;
use super::halt::Halt;
use super::stage::Stage;

/// Until when an attempt is certain to belong to this worker.
#[derive(Debug)]
pub struct Fresh {
    /// As time since this host was started; `None` once the work has begun.
    until: Option<Duration>,
}

impl Fresh {
    /// An attempt that was asked for then.
    pub fn claimed(asked: Duration) -> Self {
        Self { until: Some(asked + COME_BACK) }
    }

    /// The work has begun: from now on only the hub's word ends it, and it goes
    /// on while the hub is away.
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
