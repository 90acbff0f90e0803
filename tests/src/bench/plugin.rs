//! A plugin's process.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use mf_daemons::plugin::frame::Described;
use mf_daemons::plugin::meta::kind_name;
use mf_daemons::plugin::{Call, Ended, HostProgram, Job, Plugin};

use super::floor::SPAWN;
use super::report::{Report, Row, Unit};
use super::{milliseconds, percentile};
use crate::programs;

/// How many calls are measured.
const CALLS: usize = 100;

/// From the decision to call a plugin until it has been loaded, its layouts
/// checked, its answer been heard, and nothing of its processes is left.
pub fn measure(report: &mut Report) -> anyhow::Result<()> {
    let host = HostProgram::at(programs::program("mf-plugin-host"));
    let log = File::create("/dev/null")?;
    let opened = Plugin::open(&host, &programs::plugin("generic"), log)?;
    let plugin = opened.map_err(anyhow::Error::msg)?;
    let mut times = Vec::new();
    for _ in 0..CALLS {
        times.push(call(&host, &plugin)?);
    }
    report.add(Row {
        what: "plugin: spawned, loaded, checked, gone",
        value: milliseconds(percentile(&times, 50)),
        unit: Unit::Ms,
        floor: Some(SPAWN),
        promise: Some(5.0),
    });
    Ok(())
}

fn call(host: &HostProgram, plugin: &Arc<Plugin>) -> anyhow::Result<Duration> {
    let (mut said, log) = std::io::pipe()?;
    let described = plugin.meta.handlers.iter().map(|handler| Described {
        kind: kind_name(handler.kind).into(),
        label: handler.label.clone(),
    });
    let call = Call {
        plugin: plugin.clone(),
        handler: String::new(),
        job: Job::Describe(described.collect()),
        log: log.into(),
        work_dir: "/".into(),
        deadline: None,
        begin_by: None,
        secrets: Default::default(),
        confine: Default::default(),
    };
    let begin = Instant::now();
    let ended = call.start(host)?.wait(|_| ());
    let took = begin.elapsed();
    let mut text = String::new();
    said.read_to_string(&mut text)?;
    ensure!(ended == Ended::Described, "{ended:?} {text}");
    Ok(took)
}
