//! A long log.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::farm::BenchFarm;
use super::floor::PIPE;
use super::report::{Report, Row, Unit};
use super::{median, milliseconds, percentile, usage};

/// Lines of the log; 80 bytes each with the end of the line.
const LINES: usize = 1_000_000;
/// How often it is written.
const ROUNDS: usize = 3;
/// How many lines are watched one by one.
const WATCHED: usize = 300;
/// How long the next line comes after one was seen.
const PAUSE: Duration = Duration::from_millis(10);

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

/// From a line's being handed to a build, which writes it at once, to its being
/// with who follows the log.
pub fn follow(bench: &BenchFarm, report: &mut Report) -> anyhow::Result<()> {
    let gate = bench.farm.scratch().join("lines");
    ensure!(Command::new("mkfifo").arg(&gate).status()?.success(), "there is no mkfifo");
    let command = format!("while read -r x; do echo $x; done < {}", gate.display());
    bench.configure(&command);
    let times = bench.runtime.block_on(lines(bench, &gate));
    bench.configure("true");
    let times = times?;
    let row = |what, percent, promise| {
        let value = milliseconds(percentile(&times, percent));
        Row { what, value, unit: Unit::Ms, floor: None, promise }
    };
    report.add(row("log byte written -> with a watcher, p50", 50, None));
    report.add(row("log byte written -> with a watcher, p99", 99, Some(100.0)));
    Ok(())
}

async fn lines(bench: &BenchFarm, gate: &Path) -> anyhow::Result<Vec<Duration>> {
    let branch = bench.package("lines").await?;
    let label = BenchFarm::submit(&bench.hub, &branch).await?;
    let task = format!("{label}.one-x86_64");
    let mut log = mf_client::Log::open(&bench.hub, &task, "demo", "build.log");
    // Opening waits for the build.
    let gate = gate.to_owned();
    let open = move || std::fs::OpenOptions::new().write(true).open(gate);
    let mut gate = tokio::task::spawn_blocking(open).await??;
    let (mut times, mut text) = (Vec::new(), String::new());
    for number in 0..WATCHED {
        let line = format!("line-{number}-ends");
        let begin = Instant::now();
        writeln!(gate, "{line}")?;
        while !text.contains(&line) {
            let bytes = log.next().await?.context("the log ends too early")?;
            text += &String::from_utf8_lossy(&bytes);
        }
        times.push(begin.elapsed());
        text.clear();
        tokio::time::sleep(PAUSE).await;
    }
    drop(gate);
    while log.next().await?.is_some() {}
    Ok(times)
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
