//! `mf task log`: a log of a task, whole, in part, or while it is written.

mod lines;
mod sink;
mod start;

use clap::{Arg, ArgAction, ArgMatches, Command};
use futures_util::{StreamExt, stream};
use mf_core::error::Code;
use mf_core::resource::{Resource, Task, find};
use mf_core::task::State;

use crate::cli::crud::one;
use crate::cli::cx::{Cx, run};
use crate::cli::example;
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::flags;
use crate::{Events, Hub, Log};

use self::lines::Wanted;
use self::sink::Sink;
use self::start::Start;

/// Name of the log that the farm itself writes of every task.
pub const OWN: &str = "build.log";

/// Most lines that are kept in memory.
const LONGEST_TAIL: u64 = 1_000_000;
/// Bytes of a line, more or less.
const USUAL_LINE: u64 = 200;

/// Which log is meant.
#[derive(Clone, Copy, Debug)]
struct Which<'a> {
    task: &'a str,
    project: &'a str,
    name: &'a str,
    /// Number of the attempt; none: the last.
    attempt: Option<i64>,
}

/// The flag that says which attempt is meant.
pub fn attempt() -> Arg {
    Arg::new("attempt")
        .long("attempt")
        .value_name("N")
        .value_parser(clap::value_parser!(i64).range(1..))
        .help("Which attempt, if the task was retried; default: the last")
}

/// The task, in the table.
pub fn task() -> &'static Resource {
    find("task").expect("the table has tasks, which its tests show")
}

/// The command.
pub fn command() -> Command {
    one(task(), "log")
        .about("Show a log, or part of it; only text and colours pass")
        .arg(
            Arg::new("follow")
                .long("follow")
                .short('f')
                .action(ArgAction::SetTrue)
                .help("Follow the log until the task ends; wait for the task if it has not begun"),
        )
        .arg(
            Arg::new("name")
                .long("name")
                .value_name("NAME")
                .default_value(OWN)
                .help("Which log; `mf task files` lists them"),
        )
        .arg(Arg::new("from").long("from").value_name("LINE|TIME").value_parser(Start::parse).help(
            "Begin with this line, or with the first that came then: how long ago (10m, 2h), or a \
             moment of UTC (2026-01-31 12:00, or today 12:00)",
        ))
        .arg(attempt().conflicts_with("follow"))
        .arg(
            Arg::new("tail")
                .long("tail")
                .short('n')
                .value_name("N")
                .value_parser(clap::value_parser!(u64).range(1..=LONGEST_TAIL))
                .conflicts_with("from")
                .help("Only the last N of these lines"),
        )
        .arg(Arg::new("search").long("search").value_name("WORD").help(
            "Only lines that contain this, with their numbers; lower case matches upper case too",
        ))
        .arg(
            Arg::new("context")
                .long("context")
                .short('C')
                .value_name("N")
                .value_parser(clap::value_parser!(u64).range(..=LONGEST_TAIL))
                .requires("search")
                .conflicts_with("tail")
                .help("Show this many lines around each of these too"),
        )
        .arg(
            Arg::new("raw")
                .long("raw")
                .action(ArgAction::SetTrue)
                .help("Print every byte as it is, including terminal control sequences"),
        )
        .after_help(example::text(&format!(
            "mf task log {label} -f\nmf task log {label} --tail 50\nmf task log {label} --from \
             10m\nmf task log {label} --search error -C 3",
            label = example::label(task())
        )))
}

/// Which lines the flags mean.
fn wanted(matches: &ArgMatches) -> Wanted {
    let number = |name: &str| matches.get_one::<u64>(name).copied();
    let short = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Wanted {
        from: 1,
        skipped: 0,
        tail: number("tail").map(short),
        search: matches.get_one::<String>("search").cloned(),
        around: number("context").map_or(0, short),
    }
}

/// Shows it.
///
/// # Errors
/// There is no such task or log.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let label = flags::label(task(), matches)?;
    let project = cx.project_of(task(), &label, matches)?;
    let of = Which {
        task: &label,
        project: &project,
        name: matches.get_one::<String>("name").map_or(OWN, String::as_str),
        attempt: matches.get_one::<i64>("attempt").copied(),
    };
    let hub = cx.hub()?;
    let (wanted, follows) = (wanted(matches), matches.get_flag("follow"));
    let begin = |wanted: &Wanted, follows| Sink::new(cx, matches.get_flag("raw"), wanted, follows);
    let sink = run(async {
        // Of what is not there nothing is shown, and no pager is started.
        let (wanted, from) = match matches.get_one::<Start>("from") {
            Some(start) => start.of(&hub, &of, &wanted, follows).await?,
            None => (wanted.clone(), start(&hub, &of, &wanted).await?),
        };
        if follows && wanted.tail.is_none() {
            let mut sink = begin(&wanted, true);
            follow(&hub, &of, from, &mut sink).await?;
            return Ok(sink);
        }
        let bytes = hub.get_bytes_of(of.task, of.project, "log", of.name, of.attempt, from).await;
        let bytes = match bytes {
            // Nothing has come since then.
            Err(error) if error.is(Code::BadRange) => None,
            bytes => Some(bytes?),
        };
        let mut bytes = std::pin::pin!(stream::iter(bytes).flatten());
        let (mut sink, mut at) = (begin(&wanted, follows), from);
        while let Some(piece) = bytes.next().await {
            let piece = piece?;
            at += piece.len() as u64;
            sink.take(&piece)?;
        }
        if !follows {
            return Ok(sink);
        }
        sink.end(None)?;
        let mut rest = begin(&wanted.rest(), true);
        let mut log = Log::open_at(&hub, of.task, of.project, of.name, at);
        while let Some(piece) = log.next().await? {
            rest.take(&piece)?;
        }
        Ok(rest)
    })?;
    sink.end(wanted.search.as_deref().filter(|_| !follows))?;
    Ok(Exit::Success)
}

/// The byte from which on a log has to be read for its last lines.
async fn start(hub: &Hub, of: &Which<'_>, wanted: &Wanted) -> Result<u64, Failure> {
    let (Some(lines), None) = (wanted.tail, &wanted.search) else { return Ok(0) };
    let files = hub.task_files(of.task, of.project).await?;
    let meant = |number: i64| of.attempt.is_none_or(|attempt| attempt == number);
    // The last attempt stands first.
    let size =
        files.iter().find(|file| file.kind == "log" && file.name == of.name && meant(file.attempt));
    let size = size.map_or(0, |file| file.size.max(0).unsigned_abs());
    let mut back = (lines as u64 + 1) * USUAL_LINE;
    while back < size {
        let from = size - back;
        let bytes = hub.get_bytes_of(of.task, of.project, "log", of.name, of.attempt, from);
        let mut bytes = Box::pin(bytes.await?);
        let mut ends = 0;
        while let Some(piece) = bytes.next().await {
            ends += piece?.iter().filter(|byte| **byte == b'\n').count();
        }
        // The first of them is the end of a line that is torn.
        if ends > lines {
            return Ok(from);
        }
        back *= 4;
    }
    Ok(0)
}

/// A task that waits has no log yet, and one that lost its worker will have
/// another; what happens to its build tells when to look again.
async fn follow(hub: &Hub, of: &Which<'_>, mut from: u64, sink: &mut Sink) -> Result<(), Failure> {
    let label = of.task;
    let build = hub.task(label, of.project).await?.build_label;
    let filters = [("project_label", of.project), ("build_label", build.as_str())];
    let mut events = Events::open(hub, &filters).await?;
    let mut seen = 0;
    loop {
        let task = hub.task(label, of.project).await?;
        if task.attempt > seen && read(hub, &task, of.name, from, sink).await? {
            // Another attempt has another log.
            (seen, from) = (task.attempt, 0);
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
async fn read(
    hub: &Hub,
    task: &Task,
    name: &str,
    from: u64,
    sink: &mut Sink,
) -> Result<bool, Failure> {
    let mut log = Log::open_at(hub, &task.label, &task.project_label, name, from);
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
