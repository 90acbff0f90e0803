//! A farm that nobody asks for anything.

use std::time::Duration;

use super::farm::BenchFarm;
use super::report::{Report, Row, Unit};
use super::usage;

/// How long the farm is left to settle, and then looked at.
const SETTLE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_secs(10);

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

/// Memory, and how often something wakes up.
pub fn measure(bench: &BenchFarm, report: &mut Report) -> anyhow::Result<()> {
    std::thread::sleep(SETTLE);
    let pids = PROGRAMS.map(|(program, ..)| bench.farm.child(program));
    let before = pids.map(usage::of);
    std::thread::sleep(LOOK);
    let after = pids.map(usage::of);
    for ((before, after), (_, memory, wakes, cpu, promise)) in
        before.into_iter().zip(after).zip(PROGRAMS)
    {
        let (before, after) = (before?, after?);
        let row = |what, value, unit, promise| Row { what, value, unit, floor: None, promise };
        report.add(row(memory, after.memory, Unit::Mb, Some(promise)));
        let each = (after.switches - before.switches) / LOOK.as_secs_f64();
        report.add(row(wakes, each, Unit::WakesPerSecond, Some(1.0)));
        report.add(row(cpu, after.cpu - before.cpu, Unit::Ms, None));
    }
    Ok(())
}
