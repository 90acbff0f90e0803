//! What builds that were ended have left is removed by a sweep, and nothing
//! else.

use std::fs;
use std::os::unix::fs::symlink;

use anyhow::Context;

use super::super::plan::{Chosen, Plan, Stop};
use super::super::trial::Tried;
use super::{Suite, failure, stopped};
use crate::plugin::Ended;

/// A name in a cache that no handler has made.
const FOREIGN: &str = "mf-not-yours";

/// With nothing left, and with what is none of the handler's.
pub fn cases(suite: &mut Suite<'_>, chosen: &Chosen) -> anyhow::Result<()> {
    if chosen.kind != "build" {
        return Ok(());
    }
    let sweep = Plan { call: "sweep".into(), ..Plan::default() };
    suite.try_case(chosen, "sweep: with nothing left it succeeds", &sweep, left)?;
    let (cache, others) = (dir()?, dir()?);
    fs::write(others.path().join("kept"), "")?;
    symlink(others.path(), cache.path().join(FOREIGN))?;
    fs::write(cache.path().join(format!("{FOREIGN}.json")), b"\xff{[\0")?;
    let plan = Plan { cache: Some(cache.path().into()), ..sweep.clone() };
    let what = "sweep: it touches nothing but its own";
    suite.try_case(chosen, what, &plan, |_| {
        let gone = !others.path().join("kept").exists();
        gone.then(|| {
            "it followed a symbolic link in its cache, and removed what is there: remove only what \
             a build has written down"
                .to_owned()
        })
    })?;
    stopped::case(suite, chosen, "sweep: told to stop, it ends in time", &sweep)
}

/// A build that is ended at its work, and then what a worker does.
pub fn after(
    suite: &mut Suite<'_>,
    name: &str,
    chosen: &Chosen,
    plan: &Plan,
    speaks: bool,
) -> anyhow::Result<()> {
    if chosen.kind != "build" || !plan.call.is_empty() || suite.bench.in_process {
        return Ok(());
    }
    let cache = dir()?;
    let stop = Some(if speaks { Stop::AtWork } else { Stop::AtOnce });
    let plan = Plan { cache: Some(cache.path().into()), stop, ..plan.clone() };
    suite.bench.call(suite.plugin, chosen, &plan)?;
    let (local, secrets, cache) = (plan.local, plan.secrets, plan.cache);
    let sweep = Plan { call: "sweep".into(), local, secrets, cache, ..Plan::default() };
    for again in ["", " again"] {
        let what = format!("example {name}, killed at its work, is swept{again}");
        suite.try_case(chosen, &what, &sweep, left)?;
    }
    Ok(())
}

/// Why something is left.
fn left(tried: &Tried) -> Option<String> {
    match (&tried.ended, failure(&tried.ended)) {
        (Ended::Swept(_), _) => None,
        (_, Some(why)) => Some(format!("a worker would tell at each of its starts: {why}")),
        (other, None) => Some(format!("it answered with {other:?}")),
    }
}

fn dir() -> anyhow::Result<tempfile::TempDir> {
    tempfile::tempdir().context("cannot make a directory")
}
