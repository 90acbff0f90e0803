//! Errands as a hook does them: it claims one after the other, renews its lease
//! while it works, and reports.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use mf_client::Hub;
use mf_core::errand::{ClaimErrand, EndErrand, Ended, ErrandClaim, Kind};
use mf_core::error::Code;
use rand::distr::{Alphanumeric, SampleString};
use serde_json::Value;

use super::HookContext;

/// How long a run goes on claiming; the next one does the rest.
const RUN: Duration = Duration::from_secs(300);

/// Does every errand of these kinds that is to be done now.
///
/// # Errors
/// The hub refuses, or cannot be reached: what was claimed is claimed again
/// when its lease is over.
pub fn each(
    context: &HookContext,
    kinds: &[Kind],
    mut work: impl FnMut(&ErrandClaim) -> Ended,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < RUN {
        let nonce = Alphanumeric.sample_string(&mut rand::rng(), 22);
        let said = ClaimErrand { kinds: kinds.to_vec(), nonce };
        let answer: Value = context.post("/util/claim_errand.json", &said)?;
        let claim = answer.get("errand").cloned().unwrap_or_default();
        let Some(claim) = serde_json::from_value::<Option<ErrandClaim>>(claim)? else { break };
        let ended = renewing(context, &claim, || work(&claim));
        report(context, EndErrand { lease: claim.lease, ended })?;
    }
    Ok(())
}

/// Says how an attempt ended.
fn report(context: &HookContext, mut report: EndErrand) -> Result<(), mf_client::Error> {
    loop {
        match context.post::<Value>("/util/end_errand.json", &report) {
            // It was another hook's by then, or is no more.
            Err(error) if error.is(Code::StaleAttempt) => return Ok(()),
            // The hub looks at what was done, and says what is not right.
            Err(error) if error.is(Code::Refused) && matches!(report.ended, Ended::Done(_)) => {
                context.warn(error.to_string());
                report.ended = later(error.to_string());
            }
            answer => return answer.map(drop),
        }
    }
}

/// It did not come off, and nothing else waits for that.
pub fn later(why: impl Into<String>) -> Ended {
    Ended::Later { why: why.into(), seconds: 0, all: false }
}

/// How an errand ends of a kind that was not asked for.
pub fn other_kind() -> Ended {
    later("the hub gave it to a hook that does another kind; both are to be of one version")
}

/// Does some work, and tells the hub meanwhile that somebody is at it.
fn renewing<T>(context: &HookContext, claim: &ErrandClaim, work: impl FnOnce() -> T) -> T {
    let pause = Duration::from_secs((claim.lease_seconds / 3).max(1));
    let dial = context.dial();
    let lease = claim.lease.clone();
    let (done, over) = channel::<()>();
    let renew = move || -> anyhow::Result<()> {
        let mut hub: Option<Hub> = None;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        while over.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            let hub = match &hub {
                Some(hub) => hub,
                None => hub.insert(dial()?),
            };
            let renewed = hub.post::<Value>("/util/renew_errand.json", &lease, None, "");
            // A hub that is away gives a whole lease when it is back.
            if runtime.block_on(renewed).is_err_and(|error| error.is(Code::StaleAttempt)) {
                break;
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        scope.spawn(renew);
        let came = work();
        drop(done);
        came
    })
}
