//! A worker that builds for a long time.

use std::time::Duration;

use anyhow::ensure;

use super::builds;
use super::farm::BenchFarm;
use super::report::{Report, Row, Unit};
use super::usage;

/// How many builds one round has, and how many rounds there are.
const ROUND: usize = 500;
const ROUNDS: usize = 20;
/// After so many rounds everything has been done that is done once.
const SETTLED: usize = 2;
/// How many more files it may have open at the end than then: connections.
const FILES: usize = 16;

/// How long after the last build a worker is idle: the threads of builds have
/// ended, and their memory has gone back to the host.
const REST: Duration = Duration::from_secs(20);

/// What the worker takes at rest after 1,000 builds, each of which calls a
/// plugin, and after 10,000: nothing of a build may stay.
///
/// # Errors
/// A build fails, or the worker keeps files open.
pub fn measure(report: &mut Report) -> anyhow::Result<()> {
    let bench = BenchFarm::start()?;
    let worker = bench.farm.child("mf-workerd");
    bench.capacity(builds::AT_A_TIME);
    let branches = builds::packages(&bench, ROUND)?;
    let build = |rounds: usize| {
        for _ in 0..rounds {
            bench.runtime.block_on(builds::round(&bench, &branches))?;
        }
        std::thread::sleep(REST);
        usage::of(worker)
    };
    let (early, late) = (build(SETTLED)?, build(ROUNDS - SETTLED)?);
    ensure!(
        late.files <= early.files + FILES,
        "it had {} files open, and has {} now",
        early.files,
        late.files
    );
    const THEN: &str = "the worker's memory after 1,000 builds";
    report.floor(THEN, early.memory, Unit::Mb);
    let (what, unit) = ("the worker's memory after 10,000 builds", Unit::Mb);
    report.add(Row { what, value: late.memory, unit, floor: Some(THEN), promise: Some(10.0) });
    Ok(())
}
