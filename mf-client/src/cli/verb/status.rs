//! `mf status`: the farm at a glance.

use clap::{ArgMatches, Command};
use serde_json::Map;

use crate::cli::crud::example;
use crate::cli::cx::{Cx, run};
use crate::cli::exit::{Exit, Outcome};
use crate::cli::print::{detail, json};

/// The command.
pub fn command() -> Command {
    Command::new("status")
        .about("The farm at a glance: queue, builds, systems")
        .after_help(example("mf status\nmf status --json"))
}

/// Shows it.
///
/// # Errors
/// The hub cannot be reached, or refuses.
pub fn call(cx: &Cx, _: &ArgMatches) -> Outcome {
    let hub = cx.hub()?;
    let data = run(async { Ok(hub.call("util", None, "status", &Map::new()).await?) })?;
    if cx.json {
        json::all(&data)?;
        return Ok(Exit::Success);
    }
    let status = data.get("status").and_then(|status| status.as_object());
    let mut pairs = vec![("hub".to_owned(), hub.url().to_owned())];
    for (name, value) in status.into_iter().flatten() {
        pairs.push((detail::heading(name), detail::text(value)));
    }
    detail::pairs_of(&pairs)?;
    Ok(Exit::Success)
}
