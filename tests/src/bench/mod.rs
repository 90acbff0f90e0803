//! Figures of the farm, each beside a floor measured in the same run.
//!
//! A machine is noisy: read the ratios. The table goes to standard output,
//! the same as JSON to `target/bench.json`, which a later run can be compared
//! with.

mod age;
mod api;
mod builds;
mod crowd;
mod dispatch;
mod farm;
mod floor;
mod growth;
mod hello;
mod idle;
mod load;
mod log;
mod machine;
mod plugin;
mod report;
mod restart;
mod start;
pub mod usage;

use std::path::Path;
use std::time::Duration;

use crate::programs;
use farm::BenchFarm;
use report::Report;

/// How many builds of how many packages are submitted at once.
const MANY: usize = 500;

/// What is measured of a farm, in this order: each finds what the ones before
/// have left.
type Part = (&'static str, fn(&mut BenchFarm, &mut Report) -> anyhow::Result<()>);
const PARTS: [Part; 12] = [
    ("idle", |bench, report| idle::measure(bench, report)),
    ("one-by-one", |bench, report| builds::one_by_one(bench, report)),
    ("at-once", |bench, report| builds::at_once(bench, MANY, report)),
    ("log", |bench, report| log::measure(bench, report)),
    ("follow", |bench, report| log::follow(bench, report)),
    ("crowd", |bench, report| crowd::measure(bench, report)),
    ("api", |bench, report| api::measure(bench, report)),
    ("start", start::measure),
    ("restart", |_, report| restart::measure(report)),
    ("age", age::measure),
    ("dispatch", dispatch::measure),
    ("growth", |_, report| growth::measure(report)),
];

/// Measures everything, or only these parts, and prints it beside what a
/// former run wrote to `base`.
///
/// # Errors
/// The farm did not do what was asked of it, `base` is no such file, or there
/// is no such part.
pub fn run(base: Option<&Path>, only: &[String]) -> anyhow::Result<()> {
    let names = PARTS.map(|(name, _)| name);
    if let Some(wrong) = only.iter().find(|part| !names.contains(&part.as_str())) {
        anyhow::bail!("there is no part {wrong:?}; there are {}", names.join(", "));
    }
    let mut report = Report::new(machine::Machine::look(), base)?;
    floor::measure(&mut report)?;
    plugin::measure(&mut report)?;
    start::mf(&mut report)?;
    let mut bench = BenchFarm::start()?;
    for (name, measure) in PARTS {
        if only.is_empty() || only.iter().any(|part| part == name) {
            measure(&mut bench, &mut report)?;
        }
    }
    report.print();
    let target = programs::source_tree().join("target");
    std::fs::create_dir_all(&target)?;
    report.save(&target.join("bench.json"))
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
