//! What was done once is done again: the farm retries, and a directory of a
//! plugin stays from call to call.

use anyhow::Context;
use monkeyfarm_plugin_api::{Checkout, Heads};
use serde_json::json;

use super::super::plan::{Chosen, Plan};
use super::super::trial::Tried;
use super::{Suite, failure};
use crate::plugin::Ended;

/// An example that succeeded, and what came of it.
pub fn cases(
    suite: &mut Suite<'_>,
    name: &str,
    chosen: &Chosen,
    plan: &Plan,
) -> anyhow::Result<()> {
    let cache = tempfile::tempdir().context("cannot make a directory")?;
    let plan = Plan { cache: Some(cache.path().into()), ..plan.clone() };
    let first = suite.bench.call(suite.plugin, chosen, &plan)?;
    let what = |what: &str| format!("example {name}, {what}");
    let again = what("a second time with what the first left in its cache, comes to the same");
    suite.try_case(chosen, &again, &plan, |second| other(&first, second))?;
    let Ended::CheckedOut(Checkout { revision }) = &first.ended else { return Ok(()) };

    let mut once_more = plan.clone();
    once_more.job.insert("revision".into(), json!(revision));
    let told = what("by its revision, is the same");
    suite.try_case(chosen, &told, &once_more, |again| other(&first, again))?;

    let mut source = plan.clone();
    source.job.remove("revision");
    let head = Plan { call: "head".into(), ..source.clone() };
    suite.try_case(chosen, &what("its head is what was checked out"), &head, |tried| {
        match &tried.ended {
            Ended::At(head) if head.revision == *revision => None,
            // A handler need not have it.
            _ if failure(&tried.ended).is_some_and(|why| why.contains("cannot tell")) => None,
            other => Some(format!("it is at {other:?}, and {revision} was checked out")),
        }
    })?;
    heads(suite, &what("it is among several heads"), chosen, &source, revision)?;
    let mut changes = Plan { call: "changes".into(), ..source };
    changes.job.insert("since".into(), json!(revision));
    suite.try_case(chosen, &what("nothing has changed since"), &changes, |tried| {
        match &tried.ended {
            Ended::Changed(c) if c.changes.is_empty() && !c.rewritten => None,
            _ if failure(&tried.ended).is_some_and(|why| why.contains("cannot tell")) => None,
            other => Some(format!("it says {other:?} of what has changed since {revision}")),
        }
    })?;
    Ok(())
}

/// One head between two that are the same: each has an answer of its own.
fn heads(
    suite: &mut Suite<'_>,
    what: &str,
    chosen: &Chosen,
    source: &Plan,
    revision: &str,
) -> anyhow::Result<()> {
    let mut plan = Plan { call: "heads".into(), ..source.clone() };
    let own = plan.job.remove("reference").unwrap_or_else(|| json!(""));
    plan.job.insert("references".into(), json!([own, "mf-no-such-reference", own]));
    suite.try_case(chosen, what, &plan, |tried| match &tried.ended {
        Ended::AllAt(Heads { heads }) if heads.len() != 3 => {
            Some(format!("it was asked for 3 heads, and told {}", heads.len()))
        }
        Ended::AllAt(Heads { heads }) => [0, 2].iter().find_map(|at| match &heads[*at] {
            Ok(head) if head.revision == revision => None,
            // A handler need not have it.
            Err(failure) if failure.sentence.contains("cannot tell") => None,
            other => Some(format!("it is at {other:?}, and {revision} was checked out")),
        }),
        other => Some(format!("one reference that is not there keeps it from others: {other:?}")),
    })?;
    Ok(())
}

/// How two calls of the same job came to something else.
fn other(first: &Tried, second: &Tried) -> Option<String> {
    let same = match (&first.ended, &second.ended) {
        // What a hook finds may be another thing each time.
        (Ended::Hooked(_), Ended::Hooked(_)) => true,
        // A build names its files by paths that are each call's own.
        (Ended::Built(_), Ended::Built(_)) | (Ended::Indexed(_), Ended::Indexed(_)) => {
            let names = |tried: &Tried| -> Vec<String> {
                tried.files.iter().map(|file| file.name.clone()).collect()
            };
            names(first) == names(second)
        }
        (one, two) => one == two,
    };
    (!same).then(|| format!("it ended with {:?} first, and then {:?}", first.ended, second.ended))
}
