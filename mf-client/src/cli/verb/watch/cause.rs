//! The lines of a failed task's log that tell why it failed.

use mf_core::resource::Task;
use serde_json::{Map, Value, json};

use crate::Hub;
use crate::cli::exit::Failure;
use crate::cli::print::excerpt;
use crate::cli::verb::log;

/// What the hub finds in the log.
///
/// # Errors
/// The hub refuses, or cannot be reached.
pub async fn cause(hub: &Hub, task: &Task) -> Result<Vec<String>, Failure> {
    let asked = [("project_label", json!(task.project_label)), ("name", json!(log::OWN))];
    let asked = Map::from_iter(asked.map(|(name, value)| (name.to_owned(), value)));
    let said: Value = hub.call("task", Some(&task.label), "log_cause", &asked).await?;
    Ok(excerpt::lines(&said))
}
