//! A farm that nobody asks for anything.

use std::time::Duration;

use super::farm::BenchFarm;
use super::median;
use super::report::{Report, Row, Unit};
use super::usage::{self, Usage};

/// How long the farm is left to settle.
const SETTLE: Duration = Duration::from_secs(3);
/// How long it is then looked at, and how often.
const SECONDS: u32 = 10;
const LOOKS: u32 = 100;

/// Each program, what its rows are called, and its promise in MB.
const PROGRAMS: [(&str, &str, &str, &str, f64); 3] = [
    ("mf-hub", "idle memory, hub", "idle, hub", "idle CPU in 10 s, hub", 16.0),
    (
        "mf-regulatord",
        "idle memory, regulator",
        "idle, regulator",
        "idle CPU in 10 s, regulator",
        8.0,
    ),
    ("mf-workerd", "idle memory, worker", "idle, worker", "idle CPU in 10 s, worker", 10.0),
];

/// Memory; and in how many tenths of each second something woke up: once for
/// a timer of a second, however much it then does.
pub fn measure(bench: &BenchFarm, report: &mut Report) -> anyhow::Result<()> {
    std::thread::sleep(SETTLE);
    let pids = PROGRAMS.map(|(program, ..)| bench.farm.child(program));
    let mut looks = vec![look(&pids)?];
    for _ in 0..LOOKS {
        std::thread::sleep(Duration::from_secs(SECONDS.into()) / LOOKS);
        looks.push(look(&pids)?);
    }
    for (n, (_, memory, wakes, cpu, promise)) in PROGRAMS.into_iter().enumerate() {
        let of = looks.iter().map(|look| look[n]);
        let row = |what, value, unit, promise| Row { what, value, unit, floor: None, promise };
        let (memories, cpus) = (of.clone().map(|usage| usage.memory), of.clone().map(|u| u.cpu));
        report.add(row(memory, median(memories.collect()), Unit::Mb, Some(promise)));
        let woken = of.clone().zip(of.skip(1)).filter(|(was, is)| was.switches != is.switches);
        let woken = woken.count() as f64 / f64::from(SECONDS);
        report.add(row(wakes, woken, Unit::WakesPerSecond, Some(1.0)));
        let most = cpus.clone().fold(0.0, f64::max) - cpus.fold(f64::INFINITY, f64::min);
        report.add(row(cpu, most, Unit::Ms, None));
    }
    Ok(())
}

fn look(pids: &[i32]) -> anyhow::Result<Vec<Usage>> {
    pids.iter().map(|pid| usage::of(*pid)).collect()
}
