//! `mf task files`: what a task made.

use clap::{ArgMatches, Command};
use serde_json::json;

use crate::cli::crud::one;
use crate::cli::cx::{Cx, run};
use crate::cli::example;
use crate::cli::exit::{Exit, Outcome};
use crate::cli::print::{json, on_terminal, size, table};
use crate::cli::{flags, verb::log::task};

/// Digits of a checksum on a terminal; whole it would take most of a line.
const SHORT: usize = 12;

/// The command.
pub fn command() -> Command {
    one(task(), "files")
        .about("List what a task made, in every attempt: results, sources, logs, configurations")
        .alias("list-files")
        .after_help(example::text(&format!("mf task files {}", example::label(task()))))
}

/// Lists them.
///
/// # Errors
/// There is no such task.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let label = flags::label(task(), matches)?;
    let project = cx.project_of(task(), &label, matches)?;
    let hub = cx.hub()?;
    let files = run(async { Ok(hub.task_files(&label, &project).await?) })?;
    if cx.json {
        json::data("files", &json!(files))?;
        return Ok(Exit::Success);
    }
    let row = |file: &mf_core::wire::TaskFile| {
        let attempt = file.attempt.to_string();
        let mut sha256 = file.sha256.clone();
        if on_terminal() && sha256.len() > SHORT {
            sha256.truncate(SHORT);
            sha256.push('…');
        }
        vec![file.kind.clone(), file.name.clone(), size(file.size), attempt, sha256]
    };
    let headings = ["kind", "name", "size", "attempt", "sha256"].map(str::to_owned);
    table::print(&headings, &files.iter().map(row).collect::<Vec<_>>())?;
    Ok(Exit::Success)
}
