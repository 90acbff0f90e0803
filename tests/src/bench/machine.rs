//! How busy the machine is, without us: before a run, and as the host of a
//! virtual machine gives its processors to others during it.

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
    /// When it was last asked what is stolen.
    asked: Time,
}

/// Ticks of all processors since the machine was started, as `/proc/stat` has them.
#[derive(Clone, Copy)]
struct Time {
    idle: f64,
    /// What other guests of the same host had while this one had work to do.
    stolen: f64,
    all: f64,
}

impl Machine {
    /// Looks for a second.
    pub fn look() -> Self {
        let before = Time::now();
        std::thread::sleep(LOOK);
        let now = Time::now();
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            cpus: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            load: load.split(' ').take(3).collect::<Vec<_>>().join(" "),
            busy: 1.0 - now.share(before, |time| time.idle),
            asked: now,
        }
    }

    /// Share of the processors' time that other guests of its host had, since
    /// this was last asked.
    pub fn stolen(&mut self) -> f64 {
        let now = Time::now();
        let before = std::mem::replace(&mut self.asked, now);
        now.share(before, |time| time.stolen)
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cpus, busy, load) = (self.cpus, self.busy * 100.0, &self.load);
        write!(f, "{cpus} processors; {busy:.0} % busy before the run; load {load}")
    }
}

impl Time {
    fn now() -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let first = stat.lines().next().unwrap_or_default();
        let ticks: Vec<f64> =
            first.split_whitespace().skip(1).flat_map(str::parse).take(8).collect();
        // user nice system idle iowait irq softirq steal
        let idle = ticks.iter().skip(3).take(2).sum();
        let stolen = ticks.get(7).copied().unwrap_or(0.0);
        Self { idle, stolen, all: ticks.iter().sum() }
    }

    /// How much of all time since `before` this was.
    fn share(self, before: Self, of: impl Fn(Self) -> f64) -> f64 {
        (of(self) - of(before)) / (self.all - before.all).max(1.0)
    }
}
