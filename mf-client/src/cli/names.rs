//! Live names for a shell's completion: what there is on the hub now.

use std::time::Duration;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use mf_core::resource::{Resource, Scope, find};
use serde_json::Value;

use super::choice;
use super::cx::run;
use crate::Connection;

/// Who presses Tab does not wait for longer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Names that are asked for.
const MOST: &str = "500";

/// Completes an argument with labels of a resource.
pub fn of(resource: &'static str) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &std::ffi::OsStr| {
        let current = current.to_string_lossy().into_owned();
        // A list of labels: the last one is being typed.
        let (before, last) = current.rsplit_once(',').map_or(("", current.as_str()), |pair| pair);
        let before = if before.is_empty() { String::new() } else { format!("{before},") };
        let candidate = |(label, about): (String, String)| {
            let help = (!about.is_empty()).then(|| about.into());
            CompletionCandidate::new(format!("{before}{label}")).help(help)
        };
        // A shell has no place for a message: without an answer nothing is offered.
        let names = find(resource).and_then(|of| names(of, last)).unwrap_or_default();
        names.into_iter().map(candidate).collect()
    })
}

/// Labels that begin so, the newest first, and what is worth knowing of each.
fn names(of: &'static Resource, prefix: &str) -> Option<Vec<(String, String)>> {
    let connection = Connection::load(None).ok()?;
    let hub = connection.hub().ok()?;
    let project = match of.scope {
        Scope::Project => choice::current(&connection).ok()?,
        Scope::Site | Scope::NoRows => None,
    };
    let mut filters = vec![("limit", MOST), ("order", "-id")];
    filters.extend(project.as_deref().map(|label| ("project_label", label)));
    // Of very many the right ones are asked for.
    filters.extend((!prefix.is_empty()).then_some(("mf_search_query", prefix)));
    let asked = run(async {
        let answer = hub.get_all::<Value>(of.name, &filters);
        Ok(tokio::time::timeout(PATIENCE, answer).await)
    });
    let objects = asked.ok()?.ok()?.ok()?;
    let text = |object: &Value, name: &str| {
        object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let about = |object: &Value| {
        let said = ["status_label", "summary", "display_name"].map(|name| text(object, name));
        said.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
    };
    let pairs = objects.iter().map(|object| (text(object, "label"), about(object)));
    Some(pairs.filter(|(label, _)| label.starts_with(prefix)).collect())
}
