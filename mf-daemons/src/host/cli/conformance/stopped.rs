//! A call that is told to stop ends by itself, before it is killed.

use super::super::plan::{Chosen, Plan, Stop};
use super::Suite;
use crate::host::GRACE;
use crate::plugin::Ended;

/// Tells the call of `plan` to stop: at once, unless it says otherwise.
pub fn case(suite: &mut Suite<'_>, chosen: &Chosen, what: &str, plan: &Plan) -> anyhow::Result<()> {
    // Nobody could tell it in this very process.
    if suite.bench.in_process {
        return Ok(());
    }
    let plan = Plan { stop: plan.stop.or(Some(Stop::AtOnce)), ..plan.clone() };
    let tried = suite.bench.call(suite.plugin, chosen, &plan)?;
    let wrong = match &tried.ended {
        _ if tried.went_on >= GRACE => Some(format!(
            "it still went on {} seconds after it was told to stop, and was killed: put \
             `cx.check()?` between the steps of long work, and start programs by command::Command",
            GRACE.as_secs()
        )),
        Ended::Stopped => None,
        other => super::unanswered(other),
    };
    suite.tell(format!("{chosen}: {what}"), wrong);
    Ok(())
}
