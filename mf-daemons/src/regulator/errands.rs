//! Errands as a hook does them: it claims one after the other, keeps a request
//! open at the hub while it works, and reports.

use std::thread;
use std::time::{Duration, Instant};

use mf_client::{Backoff, Hub};
use mf_core::errand::{ClaimErrand, EndErrand, Ended, ErrandClaim, Kind, RenewErrand};
use mf_core::error::Code;
use mf_core::wire::LONGEST_WAIT;
use rand::distr::{Alphanumeric, SampleString};
use serde_json::Value;
use tokio::sync::oneshot;

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
        renewing(context, &claim, || {
            let ended = work(&claim);
            report(context, EndErrand { lease: claim.lease.clone(), ended })
        })?;
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

/// It failed, and nothing else waits because of that.
pub fn later(why: impl Into<String>) -> Ended {
    Ended::Later { why: why.into(), seconds: 0, all: false }
}

/// How an errand ends of a kind that was not asked for.
pub fn other_kind() -> Ended {
    later("the hub gave it to a hook that does another kind; both are to be of one version")
}

/// Does some work while a thread keeps the lease: when this process ends, so
/// does the thread's connection, and the hub gives the errand to another hook.
fn renewing<T>(context: &HookContext, claim: &ErrandClaim, work: impl FnOnce() -> T) -> T {
    let wait = Duration::from_secs(claim.lease_seconds / 3);
    let wait = wait.clamp(Duration::from_secs(1), LONGEST_WAIT);
    let said = RenewErrand { lease: claim.lease.clone(), wait: wait.as_secs() };
    let dial = context.dial();
    let (done, over) = oneshot::channel::<()>();
    let renew = move || -> anyhow::Result<()> {
        let hub = dial()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            tokio::select! {
                _ = over => {}
                () = keep(&hub, &said, wait) => {}
            }
        });
        Ok(())
    };
    thread::scope(|scope| {
        scope.spawn(renew);
        let came = work();
        drop(done);
        came
    })
}

/// Renews a lease for as long as the errand is this hook's.
async fn keep(hub: &Hub, said: &RenewErrand, wait: Duration) {
    let mut backoff = Backoff::default();
    loop {
        let asked = tokio::time::Instant::now();
        match hub.post::<Value>("/util/renew_errand.json", said, None, "").await {
            // A hub that has waited has used the time up.
            Ok(_) => {
                backoff.reset();
                tokio::time::sleep_until(asked + wait).await;
            }
            Err(error) if error.is(Code::StaleAttempt) => return,
            // A hub that is away gives a whole lease when it is back.
            Err(_) => backoff.wait_at_most(wait).await,
        }
    }
}
