//! The lines of a failed task's log that tell why it failed.

use mf_core::resource::Task;
use serde_json::{Map, Value, json};

use crate::Hub;
use crate::cli::exit::Failure;
use crate::cli::print::{self, log::Filter};
use crate::cli::verb::log;

/// Lines of the end that are shown where nothing before them looks like an error.
const TAIL: u64 = 15;
/// Lines of the end that are shown below an error.
const END: u64 = 4;
/// Lines before the first that looks like an error.
const BEFORE: u64 = 3;
/// Lines after it: what a compiler says about it.
const AFTER: u64 = 8;

/// The lines around the first that looks like an error, and the last ones; only
/// these where that is one of them. What goes on after an error, such as the
/// other jobs of a parallel build, is seldom what one wants to read first.
///
/// # Errors
/// The hub refuses, or cannot be reached.
pub async fn cause(hub: &Hub, task: &Task) -> Result<Vec<String>, Failure> {
    let end = Lines::of(hub, task, None, TAIL).await?;
    let first = [("errors", json!(true)), ("limit", json!(1))];
    let found = call(hub, task, "search_log", &first).await?;
    let hit = found.pointer("/found/0").and_then(Value::as_u64);
    let Some(hit) = hit.filter(|hit| *hit < end.first) else {
        return Ok(end.text);
    };
    let from = hit.saturating_sub(BEFORE).max(1);
    let mut told = Lines::of(hub, task, Some(from), hit + AFTER + 1 - from).await?;
    let next = told.first + told.text.len() as u64;
    // Lines that go on from there need no gap.
    let kept = if next >= end.first { next } else { (end.next() - END).max(next) };
    if kept > next {
        let lines = if kept - next == 1 { "line" } else { "lines" };
        told.text.push(format!("… {} {lines} …", kept - next));
    }
    let skipped = usize::try_from(kept - end.first).unwrap_or(0);
    told.text.extend(end.text.into_iter().skip(skipped));
    Ok(told.text)
}

/// Lines of a log as they may stand on a terminal.
struct Lines {
    /// Number of the first.
    first: u64,
    text: Vec<String>,
}

impl Lines {
    /// Some lines of a task's own log: from one on, or the last.
    async fn of(hub: &Hub, task: &Task, first: Option<u64>, count: u64) -> Result<Self, Failure> {
        let mut asked = vec![("count", json!(count))];
        asked.extend(first.map(|first| ("first", json!(first))));
        let said = call(hub, task, "log_lines", &asked).await?;
        let text = said.pointer("/lines/text").and_then(Value::as_array);
        let shown = |line: &Value| {
            Filter::new(print::colours()).push(line.as_str().unwrap_or_default().as_bytes())
        };
        Ok(Self {
            first: said.pointer("/lines/first").and_then(Value::as_u64).unwrap_or(1),
            text: text.into_iter().flatten().map(shown).collect(),
        })
    }

    /// Number of the line after them.
    fn next(&self) -> u64 {
        self.first + self.text.len() as u64
    }
}

async fn call(
    hub: &Hub,
    task: &Task,
    function: &str,
    asked: &[(&str, Value)],
) -> Result<Value, Failure> {
    let own = [("project_label", json!(task.project_label)), ("name", json!(log::OWN))];
    let all = own.into_iter().chain(asked.iter().cloned());
    let parameters: Map<_, _> = all.map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(hub.call("task", Some(&task.label), function, &parameters).await?)
}
