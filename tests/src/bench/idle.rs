//! A farm that nobody asks for anything.

use std::time::Duration;

use super::farm::BenchFarm;
use super::median;
use super::report::{Report, Row, Unit};
use super::usage::{self, Usage};

/// How long the farm is left to settle, and for how many seconds it is then
/// looked at: for one cycle of the regulator.
const SETTLE: Duration = Duration::from_secs(3);
const SECONDS: usize = 10;

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

/// Memory, and how often something wakes up in the middle one of the seconds:
/// a timer faster than that shows in each, the regulator's hooks in one.
pub fn measure(bench: &BenchFarm, report: &mut Report) -> anyhow::Result<()> {
    std::thread::sleep(SETTLE);
    let pids = PROGRAMS.map(|(program, ..)| bench.farm.child(program));
    let mut looks = vec![look(&pids)?];
    for _ in 0..SECONDS {
        std::thread::sleep(Duration::from_secs(1));
        looks.push(look(&pids)?);
    }
    for (n, (_, memory, wakes, cpu, promise)) in PROGRAMS.into_iter().enumerate() {
        let (first, last) = (looks[0][n], looks[SECONDS][n]);
        let row = |what, value, unit, promise| Row { what, value, unit, floor: None, promise };
        report.add(row(memory, last.memory, Unit::Mb, Some(promise)));
        let woken = looks.windows(2).map(|two| two[1][n].switches - two[0][n].switches);
        report.add(row(wakes, median(woken.collect()), Unit::WakesPerSecond, Some(1.0)));
        report.add(row(cpu, last.cpu - first.cpu, Unit::Ms, None));
    }
    Ok(())
}

fn look(pids: &[i32]) -> anyhow::Result<Vec<Usage>> {
    pids.iter().map(|pid| usage::of(*pid)).collect()
}
