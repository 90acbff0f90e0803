//! `mf whoami`: who the key belongs to.

use clap::{ArgMatches, Command};
use serde_json::Map;

use crate::cli::cx::{Cx, run};
use crate::cli::example;
use crate::cli::exit::{Exit, Outcome};
use crate::cli::print::{detail, json, line};

/// The command.
pub fn command() -> Command {
    Command::new("whoami")
        .about("Who the key of this connection belongs to")
        .after_help(example::text("mf whoami\nmf --connection work whoami"))
}

/// Shows it.
///
/// # Errors
/// The hub cannot be reached, or does not know the key.
pub fn call(cx: &Cx, _: &ArgMatches) -> Outcome {
    let hub = cx.hub()?;
    let data = run(async { Ok(hub.call("util", None, "whoami", &Map::new()).await?) })?;
    if cx.json {
        json::all(&data)?;
        return Ok(Exit::Success);
    }
    match data.get("whoami") {
        Some(serde_json::Value::Object(map)) => {
            let pairs: Vec<(String, String)> =
                map.iter().map(|(n, v)| (detail::heading(n), detail::text(v))).collect();
            detail::pairs_of(&pairs)?;
        }
        other => line(&other.map(detail::text).unwrap_or_default())?,
    }
    Ok(Exit::Success)
}
