//! The lines of a failed task's log that tell why it failed.

use mf_core::resource::Task;
use serde::Deserialize;
use serde_json::{Map, json};

use crate::cli::exit::Failure;
use crate::cli::print::{self, log::Filter};
use crate::cli::verb::log;
use crate::{Error, Hub};

/// Lines that follow on each other.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Part {
    first: u64,
    text: Vec<String>,
}

/// What the hub finds in the log, as it may stand on a terminal; a line tells how
/// many are left out.
///
/// # Errors
/// The hub refuses, or cannot be reached.
pub async fn cause(hub: &Hub, task: &Task) -> Result<Vec<String>, Failure> {
    let asked = [("project_label", json!(task.project_label)), ("name", json!(log::OWN))];
    let asked = Map::from_iter(asked.map(|(name, value)| (name.to_owned(), value)));
    let said = hub.call("task", Some(&task.label), "log_cause", &asked).await?;
    let parts = said.pointer("/cause/parts").cloned().unwrap_or_default();
    let parts: Vec<Part> = serde_json::from_value(parts).map_err(|error| Error::Protocol {
        url: format!("{}/task/{}/log_cause", hub.url(), task.label),
        why: error.to_string(),
    })?;
    let (mut told, mut next) = (Vec::new(), None);
    for Part { first, text } in parts {
        if let Some(skipped) = next.and_then(|next| first.checked_sub(next)) {
            let lines = if skipped == 1 { "line" } else { "lines" };
            told.push(format!("… {skipped} {lines} …"));
        }
        next = Some(first + text.len() as u64);
        let shown = |line: &String| Filter::new(print::colours()).push(line.as_bytes());
        told.extend(text.iter().map(shown));
    }
    Ok(told)
}
