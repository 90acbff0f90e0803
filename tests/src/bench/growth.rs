//! A worker that builds for a long time.

use std::fs;

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

/// What the worker takes after 1,000 builds, each of which calls a plugin, and
/// after 10,000: nothing of a build may stay.
///
/// # Errors
/// A build fails, or the worker keeps files open.
pub fn measure(report: &mut Report) -> anyhow::Result<()> {
    let bench = BenchFarm::start()?;
    bench.capacity(builds::AT_A_TIME);
    let worker = bench.farm.child("mf-workerd");
    let open = || fs::read_dir(format!("/proc/{worker}/fd")).map(Iterator::count);
    let mut settled = (usage::of(worker)?.memory, open()?);
    let branches = builds::packages(&bench, ROUND)?;
    for round in 1..=ROUNDS {
        bench.runtime.block_on(builds::round(&bench, &branches))?;
        if round == SETTLED {
            settled = (usage::of(worker)?.memory, open()?);
        }
    }
    let (memory, files) = (usage::of(worker)?.memory, open()?);
    ensure!(files <= settled.1 + FILES, "it had {} files open, and has {files} now", settled.1);
    const THEN: &str = "the worker's memory after 1,000 builds";
    report.floor(THEN, settled.0, Unit::Mb);
    let (what, unit) = ("the worker's memory after 10,000 builds", Unit::Mb);
    report.add(Row { what, value: memory, unit, floor: Some(THEN), promise: Some(10.0) });
    Ok(())
}
