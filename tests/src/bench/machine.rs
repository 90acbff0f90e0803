//! How busy the machine is, without us.

use std::fmt;
use std::fs;
use std::time::Duration;

/// How long it is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What is known of the machine before anything is measured.
pub struct Machine {
    cpus: usize,
    load: String,
    /// Share of the processors' time that others took.
    busy: f64,
}

impl Machine {
    /// Looks for a second.
    pub fn look() -> Self {
        let (busy_before, all_before) = processor_time();
        std::thread::sleep(LOOK);
        let (busy, all) = processor_time();
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            cpus: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            load: load.split(' ').take(3).collect::<Vec<_>>().join(" "),
            busy: (busy - busy_before) / (all - all_before).max(1.0),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cpus, busy, load) = (self.cpus, self.busy * 100.0, &self.load);
        write!(f, "{cpus} processors; {busy:.0} % busy before the run; load {load}")
    }
}

/// Ticks that all processors were busy, and all of their ticks.
fn processor_time() -> (f64, f64) {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let first = stat.lines().next().unwrap_or_default();
    let ticks: Vec<f64> = first.split_whitespace().skip(1).flat_map(str::parse).take(8).collect();
    let all: f64 = ticks.iter().sum();
    // user nice system idle iowait irq softirq steal
    let idle: f64 = ticks.iter().skip(3).take(2).sum();
    (all - idle, all)
}
