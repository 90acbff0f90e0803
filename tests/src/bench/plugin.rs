//! What a plugin costs: to be looked at, to be called, to speak, and a
//! directory full of them.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use mf_daemons::plugin::frame::Described;
use mf_daemons::plugin::meta::kind_name;
use mf_daemons::plugin::{Call, Catalog, Ended, HostProgram, Job, Plugin, Running, Sources};
use monkeyfarm_plugin_api::BuildJob;
use sha2::{Digest, Sha256};

use super::floor::SPAWN;
use super::report::{Report, Row, Unit};
use super::{median, milliseconds, percentile};
use crate::{hostile, process, programs, world};

/// How many calls are measured.
const CALLS: usize = 100;
/// How many lines a handler logs: as many as one argument of a shell can hold.
const LINES: usize = 40_000;
/// How many plugins are in a directory.
const MANY: usize = 50;

/// Reading a plugin's file, and its SHA-256.
const FILE: &str = "floor: read a plugin's file, and its SHA-256";
/// Lines through a pipe, each written by itself.
const PIPE: &str = "floor: lines through a pipe, one by one";

/// All of it, on the plugin `generic`.
///
/// # Errors
/// The plugin cannot be called.
pub fn measure(report: &mut Report) -> anyhow::Result<()> {
    let bench = Bench::new()?;
    let row = |what, value, unit, floor, promise| Row { what, value, unit, floor, promise };
    let path = programs::plugin("generic");
    let hashed = || {
        std::hint::black_box(Sha256::digest(fs::read(&path)?));
        Ok(())
    };
    report.floor(FILE, of_many(hashed)?, Unit::Ms);
    let read = of_many(|| Plugin::read(&path)?.map(drop).map_err(anyhow::Error::msg))?;
    report.add(row("plugin: file read, checked and sealed", read, Unit::Ms, Some(FILE), None));
    let described = || bench.describe();
    let loaded = of_many(described)?;
    let what = "plugin: spawned, loaded, checked, gone";
    report.add(row(what, loaded, Unit::Ms, Some(SPAWN), Some(5.0)));
    let mut waiting = Vec::new();
    for _ in 0..CALLS {
        bench.host.keep_spare();
        // What a worker does meanwhile: it tells the hub of the last call.
        std::thread::sleep(Duration::from_millis(5));
        let begin = Instant::now();
        bench.describe()?;
        waiting.push(begin.elapsed());
    }
    bench.host.end_spare();
    let waiting = milliseconds(percentile(&waiting, 50));
    let what = "plugin: the same, by processes that wait";
    report.add(row(what, waiting, Unit::Ms, Some(SPAWN), None));
    let bench = Bench::new()?;
    let called = of_many(|| bench.build("true").map(drop))?;
    let what = "plugin: a build of `true`, called and gone";
    report.add(row(what, called, Unit::Ms, Some(SPAWN), None));
    bench.log(called, report)?;
    bench.memory(report)?;
    directory(report)
}

/// What the plugin is called with.
struct Bench {
    host: HostProgram,
    plugin: Arc<Plugin>,
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> anyhow::Result<Self> {
        let host = HostProgram::at(programs::program("mf-plugin-host"));
        let log = File::create("/dev/null")?;
        let opened = Plugin::open(&host, &programs::plugin("generic"), log)?;
        let plugin = opened.map_err(anyhow::Error::msg)?;
        Ok(Self { host, plugin, dir: tempfile::tempdir()? })
    }

    fn start(&self, job: Job) -> anyhow::Result<(Running, std::io::PipeReader)> {
        let (said, log) = std::io::pipe()?;
        let handler = if matches!(job, Job::Describe(_)) { "" } else { "generic" };
        let call = Call {
            plugin: self.plugin.clone(),
            handler: handler.into(),
            job,
            log: log.into(),
            work_dir: self.dir.path().into(),
            deadline: None,
            begin_by: None,
            secrets: Default::default(),
            confine: Default::default(),
        };
        Ok((call.start(&self.host)?, said))
    }

    /// Has it loaded, its layouts checked, and nothing of its processes left.
    fn describe(&self) -> anyhow::Result<()> {
        let described = self.plugin.meta.handlers.iter().map(|handler| Described {
            kind: kind_name(handler.kind).into(),
            label: handler.label.clone(),
        });
        let (running, mut said) = self.start(Job::Describe(described.collect()))?;
        let ended = running.wait(|_| ());
        let mut text = String::new();
        said.read_to_string(&mut text)?;
        ensure!(ended == Ended::Described, "{ended:?} {text}");
        Ok(())
    }

    /// A build that runs one command, and a reader of its log; how many lines
    /// that has.
    fn build(&self, command: &str) -> anyhow::Result<usize> {
        let (running, said) = self.start(self.job(command)?)?;
        let lines = std::thread::spawn(move || BufReader::new(said).lines().count());
        let ended = running.wait(|_| ());
        let lines = lines.join().map_err(|_| anyhow::anyhow!("the log was not read"))?;
        ensure!(matches!(ended, Ended::Built(_)), "{ended:?}");
        Ok(lines)
    }

    fn job(&self, command: &str) -> anyhow::Result<Job> {
        let dir = |name: &str| -> anyhow::Result<std::path::PathBuf> {
            let dir = self.dir.path().join(name);
            fs::create_dir_all(&dir)?;
            Ok(dir)
        };
        Ok(Job::Build(Box::new(BuildJob {
            target_config: world::recipe(&[command]),
            work_dir: self.dir.path().into(),
            source_dir: dir("source")?,
            result_dir: dir("result")?,
            ..BuildJob::default()
        })))
    }

    /// What one line costs that a handler logs: it logs its commands, and
    /// these are comments.
    fn log(&self, called: f64, report: &mut Report) -> anyhow::Result<()> {
        report.floor(PIPE, piped()?, Unit::PerSecond);
        let command = "#\n".repeat(LINES) + "true";
        let mut rates = Vec::new();
        for _ in 0..5 {
            let begin = Instant::now();
            let lines = self.build(&command)?;
            ensure!(lines > LINES, "only {lines} lines came");
            let took = milliseconds(begin.elapsed()) - called;
            rates.push(LINES as f64 / took.max(0.001) * 1000.0);
        }
        let (what, value, unit) = ("plugin: lines logged", median(rates), Unit::PerSecond);
        report.add(Row { what, value, unit, floor: Some(PIPE), promise: None });
        Ok(())
    }

    /// What the processes of a call take together, while it goes on.
    fn memory(&self, report: &mut Report) -> anyhow::Result<()> {
        let (running, _said) = self.start(self.job("sleep 1000")?)?;
        let keeper = running.keeper_id().cast_signed();
        let (stopper, mut taken) = (running.stopper(), Ok(f64::NAN));
        running.wait(|_| {
            let mut all = process::below(keeper);
            all.push(keeper);
            taken = all.into_iter().map(proportional).sum();
            stopper.stop();
        });
        let what = "plugin: memory of a call's processes";
        report.add(Row { what, value: taken?, unit: Unit::Mb, floor: None, promise: None });
        Ok(())
    }
}

/// A directory full of plugins: looked at for the first time, when each is
/// loaded, and once more.
fn directory(report: &mut Report) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let good = fs::read(programs::plugin("generic"))?;
    for number in 0..MANY {
        let id = format!(r#""id":"gener{number:02}""#);
        let other = hostile::replaced(&good, br#""id":"generic""#, id.as_bytes());
        fs::write(dir.path().join(format!("{number}.so")), other)?;
    }
    let host = HostProgram::at(programs::program("mf-plugin-host"));
    let mut catalog = Catalog::new(host, Sources::new(&[dir.path().into()])?);
    let begin = Instant::now();
    catalog.scan(&[]);
    let first = milliseconds(begin.elapsed());
    let seen = catalog.plugins().len() + catalog.rejected().len();
    ensure!(seen == MANY, "{seen} of {MANY} were looked at");
    // All give the handler of the same name: one of them is used.
    let told = catalog.rejected().iter().find(|file| !file.reason.contains("a second time"));
    if let Some(file) = told {
        bail!("{file}");
    }
    let again = of_many(|| {
        catalog.scan(&[]);
        Ok(())
    })?;
    let row = |what, value, floor| Row { what, value, unit: Unit::Ms, floor, promise: None };
    report.add(row("50 plugins in a directory, each loaded", first, Some(SPAWN)));
    report.add(row("50 plugins in a directory, looked at again", again, None));
    Ok(())
}

/// How many lines go through a pipe in a second, each with a write of its own.
fn piped() -> anyhow::Result<f64> {
    let (read, mut write) = std::io::pipe()?;
    let reader = std::thread::spawn(move || BufReader::new(read).lines().count());
    let begin = Instant::now();
    for _ in 0..LINES {
        write.write_all(b"+ #\n")?;
    }
    drop(write);
    let lines = reader.join().map_err(|_| anyhow::anyhow!("the pipe was not read"))?;
    Ok(lines as f64 / begin.elapsed().as_secs_f64())
}

/// The middle one of many times, in milliseconds.
fn of_many(mut what: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let begin = Instant::now();
        what()?;
        times.push(begin.elapsed());
    }
    Ok(milliseconds(percentile(&times, 50)))
}

/// What a process takes of the memory, with its share of what several have,
/// in MB.
fn proportional(pid: i32) -> anyhow::Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kilobytes.context("there is no Pss")? * 1024.0 / 1e6)
}
