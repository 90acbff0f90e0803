//! `mf why TASK`: the same as `mf task why TASK`.

use clap::{ArgMatches, Command};
use mf_core::resource::TASK;

use crate::cli::cx::Cx;
use crate::cli::example;
use crate::cli::exit::{Failure, Outcome};
use crate::cli::function;

const WHY: &str = "why";

/// The command.
pub fn command() -> Command {
    let command = match TASK.function(WHY) {
        Some(why) => function::command(&TASK, why),
        None => Command::new(WHY),
    };
    let example = format!("mf why {}", example::label(&TASK));
    command.about("Why a task runs, waits or ended").after_help(example::text(&example))
}

/// Asks.
///
/// # Errors
/// There is no such task.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let why = TASK.function(WHY).ok_or_else(|| Failure::usage("a task has no why"))?;
    function::call(cx, &TASK, why, matches)
}
