//! What a process takes, read from `/proc`.

use std::fs;

use anyhow::Context;

/// What the kernel counts processors' time in for programs, in milliseconds.
const TICK: f64 = 10.0;

/// What a process has taken so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Its memory now, in MB.
    pub memory: f64,
    /// The most that it had since [`forget_peak`], in MB.
    pub peak: f64,
    /// How many files it has open.
    pub files: usize,
    /// How often one of its threads was woken, or put aside.
    pub switches: f64,
    /// Time of processors, in milliseconds.
    pub cpu: f64,
}

/// What the process `pid` has taken.
///
/// # Errors
/// There is none.
pub fn of(pid: i32) -> anyhow::Result<Usage> {
    let status = read(&format!("/proc/{pid}/status"))?;
    let mut usage = Usage {
        memory: field(&status, "VmRSS") * 1024.0 / 1e6,
        peak: field(&status, "VmHWM") * 1024.0 / 1e6,
        files: fs::read_dir(format!("/proc/{pid}/fd"))?.count(),
        ..Usage::default()
    };
    for thread in fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
        let at = thread.path();
        // A thread may have ended meanwhile.
        let Ok(status) = read(&at.join("status").to_string_lossy()) else { continue };
        let switches = ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"];
        usage.switches += switches.map(|name| field(&status, name)).iter().sum::<f64>();
    }
    // That of threads which have ended is in it; the name in parentheses may
    // itself hold anything.
    let stat = read(&format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).flat_map(str::parse::<f64>).sum();
    usage.cpu = ticks * TICK;
    Ok(usage)
}

/// Lets the peak of the process `pid` begin anew from what it has now.
///
/// # Errors
/// The kernel will not.
pub fn forget_peak(pid: i32) -> anyhow::Result<()> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").context("the peak cannot be forgotten")
}

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| path.to_owned())
}

fn field(status: &str, name: &str) -> f64 {
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let number = value.and_then(|value| value.split_whitespace().next()?.parse().ok());
    number.unwrap_or(f64::NAN)
}
