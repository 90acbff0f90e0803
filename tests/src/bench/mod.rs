//! Figures of the farm, each beside a floor measured in the same run.
//!
//! A machine is noisy: read the ratios. The table goes to standard output,
//! the same as JSON to `target/bench.json`.

mod farm;
mod floor;
mod report;

use std::time::Duration;

use crate::programs;
use report::Report;

/// Measures everything and prints it.
///
/// # Errors
/// The farm did not do what was asked of it.
pub fn run() -> anyhow::Result<()> {
    let mut report = Report::default();
    let spawn = floor::spawn();
    let sync = floor::sync()?;
    let pipe = floor::pipe()?;
    report.floor("start and end a program", spawn);
    report.floor("write 4 KiB and sync", sync);
    report.floor("80 MB through a pipe, and sync", pipe);

    let bench = farm::Bench::start()?;
    report.row("mf up until it can build", bench.started_in, spawn, "start a program");
    let latencies = bench.latencies(100)?;
    report.row("submit -> finished, trivial, p50", percentile(&latencies, 50), sync, "sync");
    report.row("submit -> finished, trivial, p95", percentile(&latencies, 95), sync, "sync");
    let each = bench.at_once(100)?;
    report.row("100 trivial builds at once, each", each, spawn, "start a program");
    report.row("log of 1,000,000 lines at the hub", bench.long_log()?, pipe, "pipe");
    report.print();
    report.save(&programs::source_tree().join("target/bench.json"))
}

/// The value below which this share of the values lies.
fn percentile(values: &[Duration], percent: usize) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort();
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}
