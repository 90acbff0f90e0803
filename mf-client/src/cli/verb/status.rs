//! `mf status`: the farm at a glance.

use clap::{ArgMatches, Command};
use serde_json::{Map, Value};

use crate::cli::cx::{Cx, run};
use crate::cli::example;
use crate::cli::exit::{Exit, Outcome};
use crate::cli::print::{detail, json, line, table};

/// The command.
pub fn command() -> Command {
    Command::new("status")
        .about("The farm at a glance: queue, builds, systems")
        .after_help(example::text("mf status\nmf status --json"))
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
    let status = data.get("status").and_then(Value::as_object);
    let mut pairs = vec![("hub".to_owned(), hub.url().to_owned())];
    let mut lists = Vec::new();
    for (name, value) in status.into_iter().flatten() {
        match value {
            Value::Array(rows) => lists.push((name, rows)),
            Value::Object(map) => pairs.push((detail::heading(name), counts(map))),
            other => pairs.push((detail::heading(name), detail::text(other))),
        }
    }
    detail::pairs_of(&pairs)?;
    for (name, rows) in lists {
        line(&format!("\n\x1b[1m{}\x1b[0m", detail::heading(name)))?;
        rows_of(rows)?;
    }
    Ok(Exit::Success)
}

/// What there is, and not what there is none of.
fn counts(map: &Map<String, Value>) -> String {
    let some = map.iter().filter(|(_, value)| value.as_f64() != Some(0.0));
    let texts: Vec<String> = some
        .map(|(name, value)| format!("{} {}", detail::text(value), name.replace('_', " ")))
        .collect();
    if texts.is_empty() { "none".into() } else { texts.join(", ") }
}

/// Objects that all have the same fields; the label first.
fn rows_of(rows: &[Value]) -> Result<(), crate::cli::exit::Failure> {
    let Some(first) = rows.first().and_then(Value::as_object) else { return line("none") };
    let mut names: Vec<&String> = first.keys().collect();
    names.sort_by_key(|name| *name != "label");
    let headings: Vec<String> = names.iter().map(|name| detail::heading(name)).collect();
    let row = |row: &Value| -> Vec<String> {
        names.iter().map(|name| row.get(*name).map(detail::text).unwrap_or_default()).collect()
    };
    table::print(&headings, &rows.iter().map(row).collect::<Vec<_>>())
}
