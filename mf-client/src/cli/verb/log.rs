//! `mf task log`: a log of a task, whole or while it is written.

use std::io::Write;

use clap::{Arg, ArgAction, ArgMatches, Command};
use futures_util::StreamExt;
use mf_core::error::Code;
use mf_core::resource::{Resource, Task, find};
use mf_core::task::State;
use serde_json::Value;

use crate::cli::crud::one;
use crate::cli::cx::{Cx, run};
use crate::cli::example;
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::flags;
use crate::cli::print::{colours, json, log::Filter};
use crate::{Events, Hub, Log};

/// Name of the log that the farm itself writes of every task.
pub const OWN: &str = "build.log";

/// The task, in the table.
pub fn task() -> &'static Resource {
    find("task").expect("the table has tasks, which its tests show")
}

/// The command.
pub fn command() -> Command {
    one(task(), "log")
        .about("Show a log; only text and colours pass")
        .arg(
            Arg::new("follow")
                .long("follow")
                .short('f')
                .action(ArgAction::SetTrue)
                .help("Go on until the task ends; wait for it if it has not begun"),
        )
        .arg(
            Arg::new("name")
                .long("name")
                .value_name("NAME")
                .default_value(OWN)
                .help("Which log; `mf task files` lists them"),
        )
        .arg(
            Arg::new("raw")
                .long("raw")
                .action(ArgAction::SetTrue)
                .help("Every byte as it is, also what steers the terminal"),
        )
        .after_help(example::text(&format!("mf task log {} -f", example::label(task()))))
}

/// Shows it.
///
/// # Errors
/// There is no such task or log.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let (label, project) = (flags::label(task(), matches)?, cx.project(matches)?);
    let name = matches.get_one::<String>("name").map_or(OWN, String::as_str);
    let hub = cx.hub()?;
    let mut sink = Sink::new(cx.json, matches.get_flag("raw"));
    run(async {
        if matches.get_flag("follow") {
            follow(&hub, &label, &project, name, &mut sink).await
        } else {
            let mut bytes = Box::pin(hub.get_bytes(&label, &project, "log", name, 0).await?);
            while let Some(piece) = bytes.next().await {
                sink.take(&piece?)?;
            }
            Ok(())
        }
    })?;
    sink.end()?;
    Ok(Exit::Success)
}

/// A task that waits has no log yet, and one that lost its worker will have
/// another; what happens to its build tells when to look again.
async fn follow(
    hub: &Hub,
    label: &str,
    project: &str,
    name: &str,
    sink: &mut Sink,
) -> Result<(), Failure> {
    let build = hub.task(label, project).await?.build_label;
    let filters = [("project_label", project), ("build_label", build.as_str())];
    let mut events = Events::open(hub, &filters).await?;
    let mut seen = 0;
    loop {
        let task = hub.task(label, project).await?;
        if task.attempt > seen && read(hub, &task, name, sink).await? {
            seen = task.attempt;
        } else if !ended(&task.status_label) {
            events.next().await?;
        } else if task.attempt == 0 {
            let told = format!("task {label} is {} and was never begun", task.status_label);
            return Err(Failure::new(Exit::NotFound, told));
        } else {
            return Ok(());
        }
    }
}

/// Reads an attempt's log to its end; whether there is one already.
async fn read(hub: &Hub, task: &Task, name: &str, sink: &mut Sink) -> Result<bool, Failure> {
    let mut log = Log::open(hub, &task.label, &task.project_label, name);
    loop {
        match log.next().await {
            Ok(Some(bytes)) => sink.take(&bytes)?,
            Ok(None) => return Ok(true),
            Err(error) if error.is(Code::NotFound) && !ended(&task.status_label) => {
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether this status is an end.
pub fn ended(status: &str) -> bool {
    State::named(status).is_some_and(State::ended)
}

/// Where a log goes.
enum Sink {
    Raw,
    Shown(Filter),
    /// Programs get it whole, at its end.
    Json(Vec<u8>),
}

impl Sink {
    fn new(json: bool, raw: bool) -> Self {
        match (json, raw) {
            (true, _) => Self::Json(Vec::new()),
            (false, true) => Self::Raw,
            (false, false) => Self::Shown(Filter::new(colours())),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Raw => {
                let mut out = std::io::stdout().lock();
                out.write_all(bytes)?;
                out.flush()?;
            }
            Self::Shown(filter) => {
                let mut out = std::io::stdout().lock();
                out.write_all(filter.push(bytes).as_bytes())?;
                out.flush()?;
            }
            Self::Json(whole) => whole.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn end(self) -> Result<(), Failure> {
        match self {
            // A log that ends in red must not leave the terminal red.
            Self::Shown(_) if colours() => std::io::stdout().lock().write_all(b"\x1b[0m")?,
            Self::Json(whole) => {
                json::data("log", &Value::from(String::from_utf8_lossy(&whole)))?;
            }
            Self::Shown(_) | Self::Raw => {}
        }
        Ok(())
    }
}
