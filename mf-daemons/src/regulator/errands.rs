//! Errands, as a hook does them: claims one after the other, and reports.

use std::time::{Duration, Instant};

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
        let ended = work(&claim);
        let report = EndErrand { lease: claim.lease, ended };
        match context.post::<Value>("/util/end_errand.json", &report) {
            // It was another hook's by then, or is no more.
            Err(error) if error.is(Code::StaleAttempt) => {}
            answer => drop(answer?),
        }
    }
    Ok(())
}

/// How long the work may take: it must have ended when another hook may claim
/// the errand.
pub fn limit(claim: &ErrandClaim) -> Duration {
    Duration::from_secs((claim.lease_seconds * 3 / 4).max(1))
}
