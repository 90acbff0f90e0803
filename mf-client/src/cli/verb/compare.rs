//! `mf build compare`: how one build differs from another, such as the last
//! good one: in its revision, its tasks, their files and their logs.

mod diff;

use std::collections::BTreeSet;

use clap::{Arg, ArgMatches, Command};
use futures_util::StreamExt;
use mf_core::resource::{Build, Task};
use mf_core::time;
use mf_core::wire::TaskFile;
use serde_json::{Value, json};

use super::log;
use super::submit::build;
use crate::Hub;
use crate::cli::crud::one;
use crate::cli::cx::{Cx, run};
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::print::{
    answer, clean, detail, json as print_json, log::Filter, pager, span, status,
};
use crate::cli::{example, flags};

/// More of a log than this is not compared, in bytes.
const MOST: usize = 16 * 1024 * 1024;
/// Fields in which every two builds differ.
const OWN: [&str; 8] =
    ["id", "label", "create_date", "tasks", "comments", "errands", "bug_details", "bug_urls"];

/// The command.
pub fn command() -> Command {
    let label = example::label(build());
    one(build(), "compare")
        .about("Show how a build differs from another: fields, tasks, files, logs")
        .arg(Arg::new("OTHER").help(
            "Label of a later one that it is compared with; without, it is compared with the last \
             good one before it",
        ))
        .arg(
            Arg::new("lines")
                .long("lines")
                .value_name("N")
                .default_value("40")
                .value_parser(clap::value_parser!(u64))
                .help("At most this many lines of each log; 0: none"),
        )
        .after_help(example::text(&format!(
            "mf build compare {label}\nmf build compare php-5.2.13-1 {label}"
        )))
}

/// One target of both builds.
struct Pair {
    target: String,
    tasks: [Option<Task>; 2],
    files: Vec<(char, String)>,
    log: Vec<diff::Shown>,
}

/// Compares them.
///
/// # Errors
/// There is no such build, or none that was good before it.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let label = flags::label(build(), matches)?;
    let project = cx.project_of(build(), &label, matches)?;
    let lines = matches.get_one::<u64>("lines").copied().unwrap_or_default();
    let lines = usize::try_from(lines).unwrap_or(usize::MAX);
    let hub = cx.hub()?;
    let other = matches.get_one::<String>("OTHER");
    let (before, after, pairs) = run(async {
        let named = hub.build(&label, &project).await?;
        let (before, after) = match other {
            Some(other) => (named, hub.build(other, &project).await?),
            None => (last_good(&hub, &named).await?, named),
        };
        let pairs = pairs(&hub, &before, &after, lines > 0).await?;
        Ok((before, after, pairs))
    })?;
    let fields = fields(&before, &after);
    if cx.json {
        let shown = |lines: &[(char, String)]| -> Vec<String> {
            lines.iter().map(|(mark, text)| format!("{mark}{text}")).collect()
        };
        let target = |pair: &Pair| {
            let status =
                pair.tasks.each_ref().map(|task| task.as_ref().map(|t| t.status_label.clone()));
            json!({
                "target_label": pair.target, "status_labels": status,
                "files": shown(&pair.files), "log": shown(&pair.log),
            })
        };
        let targets: Vec<Value> = pairs.iter().map(target).collect();
        let fields: Value =
            fields.into_iter().map(|(name, told)| (name, Value::from(told))).collect();
        let told = json!({ "before": before.label, "after": after.label, "fields": fields, "targets": targets });
        print_json::data("comparison", &told)?;
        return Ok(Exit::Success);
    }
    pager::text(&report(&before, &after, &fields, &pairs, lines))?;
    Ok(Exit::Success)
}

/// The newest build of the same package-branch that was good before this one.
async fn last_good(hub: &Hub, after: &Build) -> Result<Build, Failure> {
    let filters = [
        ("project_label", after.project_label.as_str()),
        ("package_branch_label", &after.package_branch_label),
        ("status_label", "BuildSuccess"),
        ("order", "-id"),
        ("limit", "100"),
    ];
    let good: Vec<Build> = hub.get_all("build", &filters).await?;
    let earlier = good.iter().find(|one| one.id < after.id).map(|one| one.label.clone());
    let earlier = earlier.ok_or_else(|| {
        let told =
            format!("no build of {} was good before {}", after.package_branch_label, after.label);
        Failure::new(Exit::NotFound, told).hint("name the other one: mf build compare A B")
    })?;
    Ok(hub.build(&earlier, &after.project_label).await?)
}

/// The fields that differ, but for those that always do.
fn fields(before: &Build, after: &Build) -> Vec<(String, String)> {
    let side = |build: &Build| {
        let mut object = json!(build);
        if let Some(map) = object.as_object_mut() {
            OWN.iter().for_each(|name| drop(map.remove(*name)));
        }
        object
    };
    answer::differences(build(), &side(before), &side(after))
}

async fn pairs(hub: &Hub, before: &Build, after: &Build, logs: bool) -> Result<Vec<Pair>, Failure> {
    let olds = hub.tasks_of(&before.label, &before.project_label).await?;
    let news = hub.tasks_of(&after.label, &after.project_label).await?;
    let targets: BTreeSet<&String> =
        olds.iter().chain(&news).map(|task| &task.target_label).collect();
    let mut pairs = Vec::new();
    for target in targets {
        let of = |tasks: &[Task]| tasks.iter().find(|task| task.target_label == *target).cloned();
        let tasks = [of(&olds), of(&news)];
        let mut made = [Vec::new(), Vec::new()];
        let mut texts = [String::new(), String::new()];
        for side in 0..2 {
            let Some(task) = &tasks[side] else { continue };
            made[side] = hub.task_files(&task.label, &task.project_label).await?;
            if logs && made[side].iter().any(|file| file.kind == "log" && file.name == log::OWN) {
                texts[side] = text(hub, task).await?;
            }
        }
        let files = files(&made[0], &made[1]);
        let log = match logs && tasks.iter().all(Option::is_some) {
            true => diff::lines(&texts[0], &texts[1], [&before.label, &after.label]),
            false => Vec::new(),
        };
        pairs.push(Pair { target: target.clone(), tasks, files, log });
    }
    Ok(pairs)
}

/// A task's log, as it may be shown.
async fn text(hub: &Hub, task: &Task) -> Result<String, Failure> {
    let stream = hub.get_bytes(&task.label, &task.project_label, "log", log::OWN, 0).await?;
    let mut stream = Box::pin(stream);
    let mut bytes = Vec::new();
    while let Some(piece) = stream.next().await {
        bytes.extend_from_slice(&piece?);
        if bytes.len() > MOST {
            break;
        }
    }
    Ok(Filter::new(false).push(&bytes))
}

/// The results that one of the two has not, or has otherwise.
fn files(olds: &[TaskFile], news: &[TaskFile]) -> Vec<(char, String)> {
    let results = |files: &[TaskFile]| -> Vec<TaskFile> {
        files.iter().filter(|file| file.kind == "file").cloned().collect()
    };
    let (olds, news) = (results(olds), results(news));
    let mut shown = Vec::new();
    for old in &olds {
        match news.iter().find(|new| new.name == old.name) {
            None => shown.push(('-', format!("{}  {} bytes", old.name, old.size))),
            Some(new) if new.sha256 != old.sha256 => {
                shown.push(('~', format!("{}  {} → {} bytes", old.name, old.size, new.size)));
            }
            Some(_) => {}
        }
    }
    let fresh = news.iter().filter(|new| !olds.iter().any(|old| old.name == new.name));
    shown.extend(fresh.map(|new| ('+', format!("{}  {} bytes", new.name, new.size))));
    shown
}

/// All of it, for people.
fn report(
    before: &Build,
    after: &Build,
    fields: &[(String, String)],
    pairs: &[Pair],
    lines: usize,
) -> String {
    let mut text =
        vec![format!("\x1b[1m{} → {}\x1b[0m", clean(&before.label), clean(&after.label))];
    text.extend(detail::lines_of(fields));
    for pair in pairs {
        let side = |task: &Option<Task>| task.as_ref().map_or("not built".to_owned(), told);
        let [old, new] = pair.tasks.each_ref().map(side);
        text.push(String::new());
        text.push(format!("\x1b[1m{}\x1b[0m  {old} → {new}", clean(&pair.target)));
        text.extend(pair.files.iter().map(|line| format!("  {}", coloured(line))));
        text.extend(pair.log.iter().take(lines).map(|line| format!("  | {}", coloured(line))));
        if pair.log.len() > lines && lines > 0 {
            text.push(format!("  {} more lines; --lines shows more", pair.log.len() - lines));
        }
        if pair.log.is_empty() && pair.files.is_empty() && pair.tasks.iter().all(Option::is_some) {
            text.push("  the same files, and the same log but for times".into());
        }
    }
    text.join("\n")
}

/// What became of a task, and how long it took.
fn told(task: &Task) -> String {
    let took = time::seconds_between(&task.start_date, &task.end_date);
    let took = took.map(|seconds| format!(" in {}", span(seconds.max(0)))).unwrap_or_default();
    format!("{}{took}", status(&task.status_label))
}

fn coloured((mark, text): &(char, String)) -> String {
    let text = clean(text);
    match mark {
        '-' => format!("\x1b[31m- {text}\x1b[0m"),
        '+' => format!("\x1b[32m+ {text}\x1b[0m"),
        '@' => format!("\x1b[36m@ {text}\x1b[0m"),
        mark => format!("{mark} {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_differ_by_what_is_in_them() {
        let file = |name: &str, size: i64, sha256: &str| TaskFile {
            kind: "file".into(),
            name: name.into(),
            size,
            sha256: sha256.into(),
            ..TaskFile::default()
        };
        let olds = [file("same", 1, "a"), file("gone", 2, "b"), file("other", 3, "c")];
        let news = [file("same", 1, "a"), file("other", 4, "d"), file("new", 5, "e")];
        let shown: Vec<String> =
            files(&olds, &news).into_iter().map(|(mark, text)| format!("{mark} {text}")).collect();
        assert_eq!(shown, ["- gone  2 bytes", "~ other  3 → 4 bytes", "+ new  5 bytes"]);
    }
}
