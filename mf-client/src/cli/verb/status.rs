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
        .about("The farm at a glance: queue, builds, systems, errands")
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
            Value::Array(plugins) if name == "quarantined" => {
                pairs.extend(plugins.iter().map(|plugin| (name.clone(), quarantined(plugin))));
            }
            Value::Array(rows) => lists.push((name, rows)),
            Value::Object(map) if name == "queue" => pairs.push((name.clone(), queue(map))),
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

/// How many tasks wait for a system, and for how long.
fn queue(map: &Map<String, Value>) -> String {
    let number = |name: &str| map.get(name).and_then(Value::as_i64).unwrap_or(0);
    let oldest = number("oldest_seconds");
    let length = match number("length") {
        0 => "none".into(),
        1 => format!("1 task, oldest {oldest} s"),
        length => format!("{length} tasks, oldest {oldest} s"),
    };
    match map.get("paused").filter(|paused| paused.is_object()) {
        Some(pause) => format!("{length}; {}", paused(pause)),
        None => length,
    }
}

/// Who paused the queue, when and why.
pub fn paused(pause: &Value) -> String {
    format!("paused {}", by(pause))
}

/// `by ada since 2026-01-31 12:00:00 UTC, because of: new disks`.
pub fn by(pause: &Value) -> String {
    let text = |name: &str| pause.get(name).map(detail::text).unwrap_or_default();
    let why = match text("reason").as_str() {
        "" => String::new(),
        reason => format!(", because of: {reason}"),
    };
    format!("by {} since {} UTC{why}", text("user_label"), text("date"))
}

/// `org.example.mock 1.2.0 since 2026-01-31 12:00:00 UTC: killed by SIGSEGV`.
fn quarantined(plugin: &Value) -> String {
    let text = |name: &str| plugin.get(name).map(detail::text).unwrap_or_default();
    let (plugin, version, date) = (text("plugin"), text("version"), text("date"));
    format!("{plugin} {version} since {date} UTC: {}", text("why"))
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
    // A worker that waits to be given work would look like work that waits.
    let mut names: Vec<&String> = first.keys().filter(|name| *name != "waiting").collect();
    names.sort_by_key(|name| *name != "label");
    let headings: Vec<String> = names.iter().map(|name| detail::heading(name)).collect();
    let cell = |row: &Value, name: &str| match row.get(name) {
        Some(drained) if name == "drained" && drained.is_object() => by(drained),
        value => value.map(detail::text).unwrap_or_default(),
    };
    let row = |row: &Value| -> Vec<String> { names.iter().map(|name| cell(row, name)).collect() };
    table::print(&headings, &rows.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_queue_is_a_sentence() {
        for (length, said) in [(0, "none"), (1, "1 task, oldest 6 s"), (12, "12 tasks, oldest 6 s")]
        {
            let status = json!({ "length": length, "oldest_seconds": 6 });
            assert_eq!(queue(status.as_object().unwrap()), said);
        }
        let paused =
            json!({ "user_label": "ada", "date": "2026-01-31 12:00:00", "reason": "power" });
        let status = json!({ "length": 0, "oldest_seconds": 0, "paused": paused });
        let said = "none; paused by ada since 2026-01-31 12:00:00 UTC, because of: power";
        assert_eq!(queue(status.as_object().unwrap()), said);
    }
}
