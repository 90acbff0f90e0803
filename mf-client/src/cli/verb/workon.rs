//! `mf workon`: the project that commands use when none is given.

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use crate::cli::choice::Choice;
use crate::cli::cx::{Cx, run};
use crate::cli::example;
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::{names, print};

/// The command.
pub fn command() -> Command {
    Command::new("workon")
        .about("Choose the project for later commands, so that they need no --project")
        .arg(
            Arg::new("PROJECT").allow_hyphen_values(true).add(names::of("project")).help(
                "The project's label; `-` for the one before; without it, show the current one",
            ),
        )
        .arg(
            Arg::new("none")
                .long("none")
                .action(ArgAction::SetTrue)
                .conflicts_with("PROJECT")
                .help("Forget the chosen project"),
        )
        .after_help(example::text("mf workon my-project\nmf workon -"))
}

/// Chooses or shows it.
///
/// # Errors
/// There is no such project, or the choice cannot be kept.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let connection = cx.connection()?;
    let mut choice = Choice::of(&connection.hub_is)?;
    match matches.get_one::<String>("PROJECT").map(String::as_str) {
        None if matches.get_flag("none") => choice.change(None),
        None => return show(cx, choice.project.as_deref()),
        Some("-") => {
            let before = choice.before.clone().ok_or_else(|| {
                Failure::usage("there is no project before").hint("mf workon PROJECT")
            })?;
            choice.change(Some(before));
        }
        Some(label) => {
            let hub = cx.hub()?;
            // What does not exist would make every later command fail.
            let project: Value = run(async { Ok(hub.get_one("project", label, None).await?) })?;
            let label = project.get("label").and_then(Value::as_str).unwrap_or(label);
            choice.change(Some(label.to_owned()));
        }
    }
    choice.keep(&connection.hub_is)?;
    show(cx, choice.project.as_deref())
}

fn show(cx: &Cx, project: Option<&str>) -> Outcome {
    if cx.json {
        print::json::data("project_label", &json!(project.unwrap_or_default()))?;
    } else {
        print::line(&project.map_or("no project".into(), print::clean))?;
    }
    Ok(Exit::Success)
}
