//! `mf why TASK`: the same as `mf task why TASK`; of a build, of all its tasks.

use clap::{ArgMatches, Command};
use mf_core::resource::{BUILD, TASK, Task};
use serde_json::{Map, Value, json};

use crate::cli::crud::one;
use crate::cli::cx::{Cx, run};
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::print::{clean, json, sentence};
use crate::cli::{example, flags, function};

const WHY: &str = "why";

/// The command.
pub fn command() -> Command {
    let example = format!("mf why {}\nmf why {}", example::label(&TASK), example::label(&BUILD));
    one(&TASK, WHY)
        .about("Why a task runs, waits or ended; or each task of a build")
        .after_help(example::text(&example))
}

/// Asks.
///
/// # Errors
/// There is neither such a task nor such a build.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let why = TASK.function(WHY).ok_or_else(|| Failure::usage("a task has no why"))?;
    match function::call(cx, &TASK, why, matches) {
        Err(failure) if failure.exit == Exit::NotFound => match of_build(cx, matches)? {
            Some(said) => print(cx, &said),
            None => Err(failure),
        },
        outcome => outcome,
    }
}

/// What is said of each task of a build; `None` where there is no such build.
fn of_build(cx: &Cx, matches: &ArgMatches) -> Result<Option<Vec<(Task, Value)>>, Failure> {
    let label = flags::label(&BUILD, matches)?;
    let project = match cx.project_of(&BUILD, &label, matches) {
        Err(failure) if failure.exit == Exit::NotFound => return Ok(None),
        project => project?,
    };
    let hub = cx.hub()?;
    run(async {
        let filters = [("project_label", project.as_str()), ("label", &label), ("limit", "1")];
        if hub.get_all::<Value>(BUILD.name, &filters).await?.is_empty() {
            return Ok(None);
        }
        let filters = [("project_label", project.as_str()), ("build_label", &label)];
        let mut said = Vec::new();
        for task in hub.get_all::<Task>(TASK.name, &filters).await? {
            let of = Map::from_iter([("project_label".to_owned(), json!(project))]);
            let why = hub.call(TASK.name, Some(&task.label), WHY, &of).await?;
            said.push((task, why));
        }
        Ok(Some(said))
    })
}

fn print(cx: &Cx, said: &[(Task, Value)]) -> Outcome {
    if cx.json {
        let tasks: Map<_, _> =
            said.iter().map(|(of, why)| (of.label.clone(), why.clone())).collect();
        json::data("tasks", &Value::Object(tasks))?;
        return Ok(Exit::Success);
    }
    for (task, why) in said {
        let text = |name: &str| why.get(name).and_then(Value::as_str).unwrap_or_default();
        let target = &task.target_label;
        sentence(&clean(&format!("{target}: {}: {}", text("verdict"), text("sentence"))))?;
    }
    Ok(Exit::Success)
}
