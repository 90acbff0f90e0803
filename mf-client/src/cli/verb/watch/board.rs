//! A build on a terminal: a line for each of its tasks, kept up to date.

use std::collections::BTreeMap;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use mf_core::resource::{Build, Task};
use mf_core::time;

use crate::cli::print::{self, clean, span, status};
use crate::cli::verb::log::ended;

/// The lines of one build.
pub struct Board {
    lines: print::live::Live,
    head: ProgressBar,
    tasks: BTreeMap<String, ProgressBar>,
    /// Columns of the longest target and of the longest status.
    wide: usize,
}

/// Columns of the longest status.
const STATUS: usize = "BuildSuccess".len();

impl Board {
    /// A board for these tasks.
    pub fn new(tasks: &[Task]) -> Self {
        let lines = print::live::Live::start();
        let head = line(&lines);
        let wide = tasks.iter().map(|task| clean(&task.target_label).chars().count()).max();
        Self { lines, head, tasks: BTreeMap::new(), wide: wide.unwrap_or(0) }
    }

    /// Shows a build, its tasks, and why those wait that do.
    pub fn show(
        &mut self,
        build: &Build,
        tasks: &BTreeMap<String, Task>,
        why: &BTreeMap<String, String>,
    ) {
        let ended = tasks.values().filter(|task| ended(&task.status_label)).count();
        let told = format!("{ended} of {} tasks have ended", tasks.len());
        let label = clean(&build.label);
        let state = status(&build.status_label);
        self.head.set_message(print::for_stderr(&format!("\x1b[1m{label}\x1b[0m {state}, {told}")));
        for (label, task) in tasks {
            let shown = self.tasks.entry(label.clone()).or_insert_with(|| line(&self.lines));
            shown.set_message(print::for_stderr(&self::task(task, why.get(label), self.wide)));
        }
    }
}

impl Drop for Board {
    /// What is printed next stands where the lines were.
    fn drop(&mut self) {
        for bar in self.tasks.values().chain([&self.head]) {
            bar.finish_and_clear();
        }
    }
}

fn line(lines: &MultiProgress) -> ProgressBar {
    // Only `wide_msg`, which is cut at the edge of the terminal.
    let style = ProgressStyle::with_template("{wide_msg}").unwrap_or(ProgressStyle::default_bar());
    lines.add(ProgressBar::new_spinner().with_style(style))
}

/// `one-x86_64  Building      8 s  build  on builder1`.
fn task(task: &Task, why: Option<&String>, wide: usize) -> String {
    let mark = match task.status_label.as_str() {
        "BuildSuccess" => "\x1b[32m✔\x1b[0m",
        "BuildFail" | "Lost" => "\x1b[31m✘\x1b[0m",
        "Cancelled" => "\x1b[33m✘\x1b[0m",
        "Building" => "\x1b[36m▸\x1b[0m",
        _ => "·",
    };
    let end = if ended(&task.status_label) { task.end_date.clone() } else { time::now() };
    let took = time::seconds_between(&task.start_date, &end).filter(|_| task.attempt > 0);
    let took = took.map(|seconds| span(seconds.max(0))).unwrap_or_default();
    let place = match clean(&task.system_label) {
        place if place.is_empty() || task.status_label == "Queued" => String::new(),
        place => format!("on {place}"),
    };
    let more = match (task.status_label.as_str(), why) {
        ("New" | "Queued", Some(why)) => clean(why),
        ("Building", _) => format!("{:>6}  {:8}  {place}", took, clean(&task.stage)),
        ("New" | "Queued", None) => String::new(),
        _ => format!("{took:>6}  {place}"),
    };
    let again =
        if task.attempt > 1 { format!(", attempt {}", task.attempt) } else { String::new() };
    let target = clean(&task.target_label);
    let gap = " ".repeat(wide.saturating_sub(target.chars().count()));
    let after = " ".repeat(STATUS.saturating_sub(task.status_label.chars().count()));
    let state = status(&task.status_label);
    format!("  {mark} {target}{gap}  {state}{after}  {}{again}", more.replace('\n', " ").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_one_line_whatever_it_does() {
        let shown = |change: fn(&mut Task), why: Option<&str>| {
            let mut one = Task { target_label: "el6-x86_64".into(), ..Task::default() };
            change(&mut one);
            let text = task(&one, why.map(str::to_owned).as_ref(), 12);
            anstream::adapter::strip_str(&text).to_string()
        };
        let waits = shown(|task| task.status_label = "Queued".into(), Some("2 tasks\ngo first"));
        assert_eq!(waits, "  · el6-x86_64    Queued        2 tasks go first");
        let done = shown(
            |task| {
                task.status_label = "BuildSuccess".into();
                task.attempt = 2;
                task.system_label = "builder1".into();
                task.start_date = "2026-01-31 12:00:00".into();
                task.end_date = "2026-01-31 12:01:05".into();
            },
            None,
        );
        assert_eq!(done, "  ✔ el6-x86_64    BuildSuccess  1m 05s  on builder1, attempt 2");
    }
}
