//! `mf util events`: what happens on the farm, as it happens.

use clap::{Arg, ArgMatches, Command};
use mf_core::wire::Event;
use serde_json::Value;

use crate::cli::cx::{Cx, run};
use crate::cli::example;
use crate::cli::exit::{Failure, Outcome};
use crate::cli::print::{clean, detail, json, line, say};
use crate::{Events, Next};

const FILTERS: [(&str, &str, &str); 4] = [
    ("project_label", "project", "Only what belongs to this project"),
    ("build_label", "build", "Only this build and its tasks"),
    ("task_label", "task", "Only this task"),
    ("resource", "resource", "Only these resources, separated by commas"),
];

/// The command.
pub fn command() -> Command {
    let filter = |(id, long, help): &(&'static str, &'static str, &'static str)| {
        Arg::new(*id).long(*long).value_name("TEXT").help(*help)
    };
    Command::new("events")
        .about("Show what happens, as it happens, until Ctrl-C")
        .args(FILTERS.iter().map(filter))
        .after_help(example::text("mf util events --resource build,task"))
}

/// Shows it; with `--json` an event in each line.
///
/// # Errors
/// The hub refuses.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let hub = cx.hub()?;
    let given = |id: &'static str| Some((id, matches.get_one::<String>(id)?.as_str()));
    let filters: Vec<(&str, &str)> = FILTERS.iter().filter_map(|(id, ..)| given(id)).collect();
    run(async {
        let mut events = Events::open(&hub, &filters).await?;
        loop {
            match events.next().await? {
                Next::Event(event) => show(cx, &event)?,
                Next::Resumed => say("the hub was away; events may be missing here"),
            }
        }
    })
}

fn show(cx: &Cx, event: &Event) -> Result<(), Failure> {
    if cx.json {
        return json::row(event);
    }
    let changes = detail::text(&Value::Object(event.changes.clone()));
    let Event { date, actor, verb, resource, label, .. } = event;
    line(&clean(&format!("{date} {actor} {verb} {resource} {label} {changes}")))
}
