//! What the farm knows of plugins, for people: `mf plugin show` and `clear`.

use std::io::{self, Write};

use anyhow::Context;
use mf_client::{Connection, Hub};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::keys;

/// A plugin as the hub shows it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Shown {
    plugin: String,
    version: String,
    digest: String,
    handlers: Vec<Handler>,
    quarantined: String,
    why: String,
    evidence: Vec<Evidence>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Handler {
    kind: String,
    label: String,
    enabled: bool,
    schemas: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Evidence {
    date: String,
    actor: String,
    path: String,
    handler: String,
    task: String,
    how: String,
    log: String,
}

/// Calls a function of the hub that `mf.conf` says.
fn call(connection: Option<&str>, function: &str, plugin: &str) -> anyhow::Result<Value> {
    let hub: Hub = Connection::load(connection)?.hub()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let given = Map::from_iter([("plugin".to_owned(), json!(plugin))]);
    Ok(runtime.block_on(hub.call("util", None, function, &given))?)
}

/// What the farm knows of a plugin.
///
/// # Errors
/// The hub cannot be asked, or knows nothing of it.
pub fn show(connection: Option<&str>, plugin: &str) -> anyhow::Result<Value> {
    call(connection, "show_plugin", plugin)
}

/// Ends the quarantine of a plugin.
///
/// # Errors
/// The hub refuses, or knows nothing of it.
pub fn clear(connection: Option<&str>, plugin: &str) -> anyhow::Result<Value> {
    call(connection, "clear_plugin", plugin)
}

/// Writes what [`show`] gave, as text.
///
/// # Errors
/// It cannot be written, or is not what a hub says.
pub fn write(out: &mut impl Write, data: &Value) -> anyhow::Result<()> {
    let shown = data.get("plugin").cloned().unwrap_or_default();
    let all: Vec<Shown> = serde_json::from_value(shown).context("the hub's answer")?;
    for shown in all {
        one(out, &shown)?;
    }
    Ok(())
}

fn one(out: &mut impl Write, shown: &Shown) -> io::Result<()> {
    writeln!(out, "{} {}", safe(&shown.plugin), safe(&shown.version))?;
    writeln!(out, "  sha256 {}", safe(&shown.digest))?;
    for handler in &shown.handlers {
        let usable = if handler.enabled { "enabled" } else { "disabled" };
        let kind = handler.kind.trim_end_matches("_handler");
        writeln!(out, "  {} {}  {usable}", safe(kind), safe(&handler.label))?;
        for (place, schema) in &handler.schemas {
            writeln!(out, "    {}:", place_of(place))?;
            for line in keys::lines(schema) {
                writeln!(out, "      {}", safe(&line))?;
            }
        }
    }
    if !shown.quarantined.is_empty() {
        writeln!(out, "  quarantined {}: {}", safe(&shown.quarantined), safe(&shown.why))?;
        writeln!(out, "  `mf plugin clear {}` gives it another try", safe(&shown.plugin))?;
    }
    for crash in &shown.evidence {
        let what = match (crash.handler.as_str(), crash.task.as_str()) {
            ("", _) => "while it was loaded".to_owned(),
            (handler, "") => format!("in handler {handler}"),
            (handler, task) => format!("in handler {handler}, task {task}"),
        };
        let Evidence { date, actor, path, how, .. } = crash;
        writeln!(out, "  crash {} on {}, {}: {}", safe(date), safe(actor), safe(&what), safe(how))?;
        writeln!(out, "    file {}", safe(path))?;
        for line in crash.log.lines() {
            writeln!(out, "    | {}", safe(line))?;
        }
    }
    Ok(())
}

/// Which configuration a schema is of.
fn place_of(place: &str) -> &str {
    match place {
        "handler" => "the handler's config may hold",
        "target" => "a target's config may hold",
        "local" => "plugins.d/<plugin>.toml may hold",
        other => other,
    }
}

/// A log, a name: they come from strangers, and must not steer the terminal.
fn safe(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_evidence_is_shown_and_steers_no_terminal() {
        let data = json!({ "plugin": [{
            "plugin": "hostile", "version": "1", "digest": "ab", "quarantined": "2026-01-02 03:04:05",
            "why": "it crashed 3 times in a row",
            "handlers": [{ "kind": "build_handler", "label": "panic", "enabled": false }],
            "evidence": [{ "date": "d", "actor": "host", "path": "/p", "handler": "panic",
                "task": "t.1", "how": "panicked", "log": "first\n\u{1b}[31mlast" }],
        }]});
        let mut out = Vec::new();
        write(&mut out, &data).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "hostile 1\n  sha256 ab\n  build panic  disabled\n  \
             quarantined 2026-01-02 03:04:05: it crashed 3 times in a row\n  \
             `mf plugin clear hostile` gives it another try\n  \
             crash d on host, in handler panic, task t.1: panicked\n    file /p\n    \
             | first\n    | \u{fffd}[31mlast\n"
        );
    }
}
