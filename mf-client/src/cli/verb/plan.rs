//! `mf build create --plan`: what submitting a build would lead to.

use serde_json::{Map, Value};

use crate::cli::cx::Cx;
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::print::{clean, detail, json, line, table};
use crate::{Error, Hub};

/// Asks the hub what a build of these fields would come to, and shows it.
/// Nothing is submitted; what submitting it would be refused for is refused.
///
/// # Errors
/// The hub would refuse the build, or cannot be reached.
pub async fn show(cx: &Cx, hub: &Hub, fields: &Map<String, Value>) -> Outcome {
    let plan = ask(hub, fields).await?;
    if cx.json {
        json::data("plan", &plan)?;
    } else {
        print(&plan, "; nothing is submitted")?;
    }
    Ok(Exit::Success)
}

/// What a build of these fields would come to.
///
/// # Errors
/// The hub would refuse the build, or cannot be reached.
pub async fn ask(hub: &Hub, fields: &Map<String, Value>) -> Result<Value, Error> {
    let data = hub.call("build", None, "plan", fields).await?;
    Ok(data.get("plan").cloned().unwrap_or_default())
}

/// Prints a plan; `more` ends its first sentence.
///
/// # Errors
/// It cannot be written.
pub fn print(plan: &Value, more: &str) -> Result<(), Failure> {
    let text = |of: &Value, name: &str| of.get(name).map(detail::text).unwrap_or_default();
    let list = |name: &str| plan.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (tasks, refused) = (list("tasks"), list("refused"));
    let count = match tasks.len() {
        1 => "1 task".to_owned(),
        count => format!("{count} tasks"),
    };
    line(&clean(&format!("build {} would have {count}{more}", text(plan, "label"))))?;
    line("")?;
    let headings = ["target", "begins", "systems that could take it", "why"].map(str::to_owned);
    let row = |task: &Value| {
        vec![text(task, "target_label"), begins(task), systems(task), text(task, "sentence")]
    };
    table::print(&headings, &tasks.iter().map(row).collect::<Vec<_>>())?;
    if refused.is_empty() {
        return Ok(());
    }
    line("")?;
    let headings = ["no task for", "why"].map(str::to_owned);
    let row = |one: &Value| vec![text(one, "target_label"), text(one, "reason")];
    table::print(&headings, &refused.iter().map(row).collect::<Vec<_>>())
}

/// When a task would begin, as far as anybody knows.
fn begins(task: &Value) -> String {
    let verdict = task.get("verdict").and_then(Value::as_str).unwrap_or_default();
    let seconds = task.pointer("/details/begins_in_seconds").and_then(Value::as_i64);
    match (verdict, seconds) {
        ("impossible", _) => "never, as things are".to_owned(),
        ("paused", _) => "when the queue is resumed".to_owned(),
        ("next", _) => "now".to_owned(),
        (_, Some(seconds)) if seconds < 60 => "within a minute".to_owned(),
        (_, Some(seconds)) => format!("in about {} min", (seconds + 30) / 60),
        (_, None) => "later; it is not known when".to_owned(),
    }
}

/// Systems that could build it, and what each says.
fn systems(task: &Value) -> String {
    let all = task.pointer("/details/systems").and_then(Value::as_array);
    let text = |of: &Value, name: &str| of.get(name).map(detail::text).unwrap_or_default();
    let able = all.into_iter().flatten().filter(|system| text(system, "says") != "never");
    let each: Vec<String> = able
        .map(|system| format!("{} ({})", text(system, "system"), text(system, "says")))
        .collect();
    if each.is_empty() { "none".to_owned() } else { each.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_task_says_when_and_where() {
        let task = |verdict: &str, seconds: Option<i64>| {
            json!({ "verdict": verdict, "details": { "begins_in_seconds": seconds, "systems": [
                { "system": "b1", "says": "busy" }, { "system": "b2", "says": "never" },
            ] } })
        };
        for (verdict, seconds, said) in [
            ("next", Some(0), "now"),
            ("busy", Some(170), "in about 3 min"),
            ("busy", Some(5), "within a minute"),
            ("behind", None, "later; it is not known when"),
            ("impossible", None, "never, as things are"),
        ] {
            assert_eq!(begins(&task(verdict, seconds)), said);
        }
        assert_eq!(systems(&task("busy", None)), "b1 (busy)");
    }
}
