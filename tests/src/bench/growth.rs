//! A worker that builds for a long time.

use std::time::{Duration, Instant};

use anyhow::ensure;

use super::builds;
use super::farm::BenchFarm;
use super::report::{Report, Row, Unit};
use super::usage::{self, Usage};

/// How many builds one round has, and how many rounds there are.
const ROUND: usize = 500;
const ROUNDS: usize = 20;
/// After so many rounds everything has been done that is done once.
const SETTLED: usize = 2;
/// How many more threads than at its start it may have at rest: they come and
/// go with what it tells the hub.
const THREADS: usize = 2;
/// How many more files it may have open at the end than then: connections.
const FILES: usize = 16;

/// How long the threads that only builds need stay when there is none.
const REST: Duration = Duration::from_secs(30);

/// How much more it may take than then: buffers of connections still find the
/// size that they keep.
const MORE: f64 = 1.05;

/// What the worker takes at rest after 1,000 builds, each of which calls a
/// plugin, and after 10,000: nothing of a build may stay.
///
/// # Errors
/// A build fails, or the worker keeps files or threads.
pub fn measure(report: &mut Report) -> anyhow::Result<()> {
    let bench = BenchFarm::start()?;
    let worker = bench.farm.child("mf-workerd");
    let before = usage::of(worker)?.threads;
    bench.capacity(builds::AT_A_TIME);
    let branches = builds::packages(&bench, ROUND)?;
    let build = |rounds: usize| {
        for _ in 0..rounds {
            bench.runtime.block_on(builds::round(&bench, &branches))?;
        }
        at_rest(worker, before)
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
    let promise = Some(early.memory * MORE);
    report.add(Row { what, value: late.memory, unit, floor: Some(THEN), promise });
    Ok(())
}

/// What a process takes when it has no more threads than at its start, or few.
fn at_rest(worker: i32, threads: usize) -> anyhow::Result<Usage> {
    let begin = Instant::now();
    loop {
        let usage = usage::of(worker)?;
        if usage.threads <= threads + THREADS {
            return Ok(usage);
        }
        ensure!(begin.elapsed() < REST, "it keeps {} threads", usage.threads);
        std::thread::sleep(Duration::from_millis(100));
    }
}
