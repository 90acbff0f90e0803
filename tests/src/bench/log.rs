//! A long log.

use std::time::Instant;

use anyhow::ensure;

use super::farm::BenchFarm;
use super::floor::PIPE;
use super::report::{Report, Row, Unit};
use super::{median, milliseconds, usage};

/// Lines of the log; 80 bytes each with the end of the line.
const LINES: usize = 1_000_000;
/// How often it is written.
const ROUNDS: usize = 3;

/// A build that writes 80 MB: from the request until the hub has given all of
/// it to a watcher; and how much more memory the hub took for it at most.
pub fn measure(bench: &BenchFarm, report: &mut Report) -> anyhow::Result<()> {
    let line = "0123456789".repeat(8);
    bench.configure(&format!("yes {} | head -n {LINES}", &line[1..]));
    let hub = bench.farm.child("mf-hub");
    let (mut times, mut grown) = (Vec::new(), Vec::new());
    let branch = bench.runtime.block_on(bench.package("long"))?;
    for _ in 0..ROUNDS {
        usage::forget_peak(hub)?;
        let before = usage::of(hub)?.memory;
        times.push(bench.runtime.block_on(once(bench, &branch))?);
        grown.push(usage::of(hub)?.peak - before);
    }
    bench.configure("true");
    let row = |what, value, unit, floor, promise| Row { what, value, unit, floor, promise };
    let took = median(times);
    report.add(row("log of 1,000,000 lines", took, Unit::Ms, Some(PIPE), Some(800.0)));
    // The first one: later ones find what it left.
    let first = grown.first().copied().unwrap_or(f64::NAN);
    report.add(row("log of 1,000,000 lines: hub's memory", first, Unit::Mb, None, Some(16.0)));
    Ok(())
}

async fn once(bench: &BenchFarm, branch: &str) -> anyhow::Result<f64> {
    let begin = Instant::now();
    let label = BenchFarm::submit(&bench.hub, branch).await?;
    let task = format!("{label}.one-x86_64");
    let mut log = mf_client::Log::open(&bench.hub, &task, "demo", "build.log");
    let mut lines = 0;
    while let Some(bytes) = log.next().await? {
        lines += bytes.iter().filter(|byte| **byte == b'\n').count();
    }
    ensure!(lines >= LINES, "only {lines} lines arrived");
    Ok(milliseconds(begin.elapsed()))
}
