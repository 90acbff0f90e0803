//! Many who follow one log.

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use mf_client::Log;
use tokio::sync::mpsc;

use super::farm::BenchFarm;
use super::report::{Report, Row, Unit};
use super::{milliseconds, percentile};

/// How many follow.
const FOLLOWERS: usize = 200;
/// Lines that are written one by one.
const LINES: usize = 50;

/// From a line's being handed to a build until each of them has it.
pub fn measure(bench: &BenchFarm, report: &mut Report) -> anyhow::Result<()> {
    let gate = bench.farm.scratch().join("crowd");
    ensure!(Command::new("mkfifo").arg(&gate).status()?.success(), "there is no mkfifo");
    bench.configure(&format!("while read -r x; do echo $x; done < {}", gate.display()));
    let times = bench.runtime.block_on(lines(bench, gate));
    bench.configure("true");
    let value = milliseconds(percentile(&times?, 99));
    let what = "log byte written -> with each of 200 watchers, p99";
    report.add(Row { what, value, unit: Unit::Ms, floor: None, promise: Some(100.0) });
    Ok(())
}

async fn lines(bench: &BenchFarm, gate: std::path::PathBuf) -> anyhow::Result<Vec<Duration>> {
    let branch = bench.package("crowd").await?;
    let label = BenchFarm::submit(&bench.hub, &branch).await?;
    let task = format!("{label}.one-x86_64");
    let open = move || std::fs::OpenOptions::new().write(true).open(gate);
    let mut gate = tokio::task::spawn_blocking(open).await??;
    let (seen, mut all) = mpsc::channel(FOLLOWERS);
    for _ in 0..FOLLOWERS {
        let log = Log::open(&bench.hub, &task, "demo", "build.log");
        tokio::spawn(follow(log, seen.clone()));
    }
    drop(seen);
    let mut times = Vec::new();
    // The first line finds who follows; it does not count.
    for number in 0..=LINES {
        let begin = Instant::now();
        writeln!(gate, "line-{number}-ends")?;
        for _ in 0..FOLLOWERS {
            let at: Instant = all.recv().await.context("a log ends too early")?;
            if number > 0 {
                times.push(at.duration_since(begin));
            }
        }
    }
    drop(gate);
    while all.recv().await.is_some() {}
    Ok(times)
}

/// Tells when each line came.
async fn follow(mut log: Log, seen: mpsc::Sender<Instant>) -> anyhow::Result<()> {
    let (mut text, mut next) = (String::new(), 0);
    while let Some(bytes) = log.next().await? {
        text += &String::from_utf8_lossy(&bytes);
        while let Some(at) = text.find(&format!("line-{next}-ends")) {
            text.drain(..at + 1);
            next += 1;
            seen.send(Instant::now()).await?;
        }
    }
    Ok(())
}
