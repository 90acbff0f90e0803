//! `mf doctor`: what is wrong with a farm, and how to fix it.

mod farm;
mod host;
mod mock;
mod site;

use clap::{ArgMatches, Command};
use serde_json::json;

use crate::cli::cx::{Cx, run};
use crate::cli::example;
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::print::{clean, json as print_json, line};

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Good,
    /// It works, and could be better.
    Odd,
    /// It does not work; how `mf` ends because of it.
    Bad(Exit),
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Check {
    /// What it is.
    pub what: &'static str,
    /// How it is.
    pub state: State,
    /// The same in words.
    pub says: String,
    /// What to do.
    pub mend: String,
}

impl Check {
    /// A thing that is as it should be.
    pub fn good(what: &'static str, says: impl Into<String>) -> Self {
        Self { what, state: State::Good, says: says.into(), mend: String::new() }
    }

    /// A thing that could be better.
    pub fn odd(what: &'static str, says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what, state: State::Odd, says: says.into(), mend: mend.into() }
    }

    /// A thing that does not work.
    pub fn bad(
        what: &'static str,
        exit: Exit,
        says: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { what, state: State::Bad(exit), says: says.into(), mend: mend.into() }
    }

    /// Why something could not be looked at.
    pub fn failed(what: &'static str, failure: Failure) -> Self {
        Self::bad(what, failure.exit, failure.sentence, failure.hint.unwrap_or_default())
    }
}

/// The command.
pub fn command() -> Command {
    Command::new("doctor")
        .about("Find out what is wrong with the farm and this host, and how to fix it")
        .long_about(
            "Find out what is wrong with the farm and this host, and how to fix it.\n\nIt looks \
             at the connection, the hub, clocks, certificates, the queue, the regulator, systems, \
             handlers, the hub's disk, and at this host's programs, plugins, namespaces and \
             disks. It ends with the exit code of the first thing that does not work.",
        )
        .after_help(example::text("mf doctor\nmf doctor --json"))
}

/// Looks.
///
/// # Errors
/// The output cannot be written.
pub fn call(cx: &Cx, _: &ArgMatches) -> Outcome {
    let mut checks = run(farm::look(cx))?;
    checks.extend(host::look());
    let first = checks.iter().find_map(|check| match check.state {
        State::Bad(exit) => Some(exit),
        State::Good | State::Odd => None,
    });
    if cx.json {
        let state = |check: &Check| match check.state {
            State::Good => "good",
            State::Odd => "odd",
            State::Bad(_) => "bad",
        };
        let object = |check: &Check| json!({ "what": check.what, "state": state(check), "says": check.says, "mend": check.mend });
        print_json::rows(cx, "checks", checks.iter().map(object).collect())?;
        return Ok(first.unwrap_or(Exit::Success));
    }
    let wide = checks.iter().map(|check| check.what.len()).max().unwrap_or(0);
    for check in &checks {
        let (mark, shown) = match check.state {
            State::Good => ("\x1b[32m✔\x1b[0m", !cx.quiet),
            State::Odd => ("\x1b[33m!\x1b[0m", true),
            State::Bad(_) => ("\x1b[31m✘\x1b[0m", true),
        };
        if shown {
            line(&format!("{mark} {:wide$}  {}", check.what, clean(&check.says)))?;
            for mend in check.mend.lines() {
                line(&format!("  {:wide$}  \x1b[36m{}\x1b[0m", "", clean(mend)))?;
            }
        }
    }
    Ok(first.unwrap_or(Exit::Success))
}
