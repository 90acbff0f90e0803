//! Figures of the farm, each beside a floor measured in the same run.
//!
//! A machine is noisy: read the ratios. The table goes to standard output,
//! the same as JSON to `target/bench.json`, which a later run can be compared
//! with.

mod api;
mod builds;
mod farm;
mod floor;
mod hello;
mod idle;
mod load;
mod log;
mod machine;
mod plugin;
mod report;
mod start;
mod usage;

use std::path::Path;
use std::time::Duration;

use crate::programs;
use farm::BenchFarm;
use report::Report;

/// How many builds of how many packages are submitted at once.
const MANY: usize = 500;

/// Measures everything and prints it, beside what a former run wrote to
/// `base`.
///
/// # Errors
/// The farm did not do what was asked of it, or `base` is no such file.
pub fn run(base: Option<&Path>) -> anyhow::Result<()> {
    let mut report = Report::new(machine::Machine::look(), base)?;
    floor::measure(&mut report)?;
    plugin::measure(&mut report)?;
    let mut bench = BenchFarm::start()?;
    idle::measure(&bench, &mut report)?;
    builds::one_by_one(&bench, &mut report)?;
    builds::at_once(&bench, MANY, &mut report)?;
    log::measure(&bench, &mut report)?;
    api::measure(&bench, &mut report)?;
    start::measure(&mut bench, &mut report)?;
    report.print();
    report.save(&programs::source_tree().join("target/bench.json"))
}

/// The value below which this share of the values lies.
fn percentile(values: &[Duration], percent: usize) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort();
    sorted.get(sorted.len() * percent / 100).or(sorted.last()).copied().unwrap_or_default()
}

/// The middle one of several measurements.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
