//! The result of a build: its tasks, their files, and why one failed.

use mf_core::resource::Task;
use mf_core::wire::TaskFile;
use serde_json::{Map, json};

use super::cause::cause;
use super::session::Seen;
use crate::Hub;
use crate::cli::cx::Cx;
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::print::{self, clean, line, size, status};
use crate::cli::verb::log;

/// Says what came of the build.
///
/// # Errors
/// It did not end in success: with the exit code that says how.
pub async fn report(cx: &Cx, hub: &Hub, seen: Seen) -> Outcome {
    let mut files = Vec::new();
    for task in &seen.tasks {
        let mut made = hub.task_files(&task.label, &task.project_label).await?;
        made.retain(|file| file.attempt == task.attempt);
        files.push(made);
    }
    let exit = Exit::of_status(&seen.build.status_label);
    if cx.quiet && !cx.json {
        return Ok(exit);
    }
    if cx.json {
        let of_tasks: Map<_, _> = seen
            .tasks
            .iter()
            .zip(&files)
            .map(|(task, files)| (task.label.clone(), json!(files)))
            .collect();
        let data = json!({ "build": seen.build, "tasks": seen.tasks, "files": of_tasks });
        if exit == Exit::Success {
            print::json::all(&data)?;
        } else {
            let told = told(&seen);
            print::json::both(&data, &seen.build.status_label, &told)?;
        }
        return Ok(exit);
    }
    for (n, (task, files)) in seen.tasks.iter().zip(&files).enumerate() {
        if n > 0 || seen.live {
            line("")?;
        }
        // One log is enough for tasks that failed in the same way.
        let same = |one: &Task| one.status_label == "BuildFail" && one.message == task.message;
        let told = seen.logs && seen.tasks.len() == 1 || seen.tasks[..n].iter().any(same);
        one(hub, task, files, told).await?;
    }
    if seen.live || !seen.tasks.is_empty() {
        line("")?;
    }
    line(&format!("\x1b[1m{}\x1b[0m {}", seen.build.label, status(&seen.build.status_label)))?;
    if exit == Exit::Success {
        return Ok(exit);
    }
    let failure = Failure::new(exit, told(&seen));
    let first = seen.tasks.iter().find(|task| task.status_label != "BuildSuccess");
    Err(match first.filter(|task| task.attempt > 0) {
        Some(task) => {
            failure.hint(format!("mf task log {} --project {}", task.label, task.project_label))
        }
        None => failure,
    })
}

/// In a sentence, why the build did not succeed.
fn told(seen: &Seen) -> String {
    // Targets with the same reason share it.
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for task in seen.tasks.iter().filter(|task| task.status_label != "BuildSuccess") {
        match reasons.iter_mut().find(|(known, _)| *known == reason(task)) {
            Some((_, targets)) => targets.push(&task.target_label),
            None => reasons.push((reason(task), vec![&task.target_label])),
        }
    }
    let why: Vec<String> =
        reasons.iter().map(|(why, targets)| format!("{}: {why}", targets.join(", "))).collect();
    let (label, ended) = (&seen.build.label, &seen.build.status_label);
    format!("build {label} is {ended}: {}", why.join("; "))
}

fn reason(task: &Task) -> &str {
    if task.message.is_empty() { &task.status_label } else { &task.message }
}

/// One task: its status, how long it took, its files; of a failed one what its
/// log says about it, unless it has just been seen.
async fn one(hub: &Hub, task: &Task, files: &[TaskFile], log_seen: bool) -> Result<(), Failure> {
    let seconds = mf_core::time::seconds_between(&task.start_date, &task.end_date);
    let took = seconds.map(|s| format!(" in {s} s")).unwrap_or_default();
    let system = match task.system_label.as_str() {
        "" => String::new(),
        system => format!(" on {}", clean(system)),
    };
    let target = clean(&task.target_label);
    line(&format!("\x1b[1m{target}\x1b[0m {}{took}{system}", status(&task.status_label)))?;
    let kept: Vec<&TaskFile> = files.iter().filter(|file| file.kind != "log").collect();
    let width = kept.iter().map(|file| clean(&file.name).chars().count()).max().unwrap_or(0);
    for file in kept {
        line(&format!("  {:6}  {:width$}  {}", file.kind, clean(&file.name), size(file.size)))?;
    }
    if task.status_label != "BuildFail" {
        return Ok(());
    }
    if !log_seen && files.iter().any(|file| file.kind == "log" && file.name == log::OWN) {
        line("  its log says:")?;
        for text in cause(hub, task).await? {
            line(&format!("  | {text}\x1b[0m"))?;
        }
    }
    line(&format!("  {}", clean(reason(task))))
}
