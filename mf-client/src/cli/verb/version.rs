//! `mf version`: this program's version, and the hub's.

use clap::{ArgMatches, Command};
use serde_json::json;

use crate::cli::cx::{Cx, run};
use crate::cli::example;
use crate::cli::exit::{Exit, Outcome};
use crate::cli::print;

/// The command.
pub fn command() -> Command {
    Command::new("version")
        .about("The versions of this program and of the hub")
        .after_help(example::text("mf version"))
}

/// Shows both; a hub that is not there is no error here.
///
/// # Errors
/// `mf.conf` cannot be used.
pub fn call(cx: &Cx, _: &ArgMatches) -> Outcome {
    let hub = cx.hub()?;
    let theirs = run(async { Ok(hub.version().await.ok()) })?;
    if cx.json {
        let versions = json!({ "mf": mf_core::VERSION, "hub": theirs });
        print::json::data("version", &versions)?;
        return Ok(Exit::Success);
    }
    print::line(&format!("mf   {}", mf_core::VERSION))?;
    let theirs = theirs.map_or("does not answer".into(), |version| print::clean(&version));
    print::line(&format!("hub  {theirs} ({})", hub.url()))?;
    Ok(Exit::Success)
}
