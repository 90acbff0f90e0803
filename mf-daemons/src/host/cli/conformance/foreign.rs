//! Text that somebody from outside may have written into any field is no
//! command, no option and no path.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, json};

use super::super::plan::{Chosen, Plan};
use super::super::trial::Tried;
use super::Suite;

/// Who takes it for a command, an option or a path makes [`TRACE`].
const FOREIGN: &str =
    "--help; $(touch mf-was-here) `touch mf-was-here` ../../mf-was-here\n\u{1b}[2J'\"";

/// A file that no handler is to make.
const TRACE: &str = "mf-was-here";

/// Every call of a handler that takes such text.
pub fn cases(suite: &mut Suite<'_>, chosen: &Chosen) -> anyhow::Result<()> {
    let (calls, fields): (&[&str], &[&str]) = match chosen.kind {
        "build" => {
            (&[""], &["package", "package_branch", "build_prefix", "source_url", "target_config"])
        }
        "vcs" => (&["", "head", "heads", "changes"], &["url", "reference"]),
        "bug" => (&[""], &["bug", "comment"]),
        _ => return Ok(()),
    };
    for call in calls {
        let mut job: Map<_, _> =
            fields.iter().map(|name| ((*name).to_owned(), json!(FOREIGN))).collect();
        if *call == "heads" {
            job.insert("references".into(), json!([FOREIGN, "--help"]));
        }
        let plan = Plan { job, call: (*call).to_owned(), ..Plan::default() };
        let of = if call.is_empty() { String::new() } else { format!("{call}: ") };
        let what = format!("{of}foreign text is no command, option or path");
        suite.try_case(chosen, &what, &plan, trace)?;
    }
    Ok(())
}

/// Whether foreign text was obeyed.
fn trace(tried: &Tried) -> Option<String> {
    let made = find(tried.work_dir())?;
    Some(format!(
        "it took text of a job for a command or a path, and made {}: pass each word as one \
         argument, without a shell, and after `--`",
        made.strip_prefix(tried.work_dir()).unwrap_or(&made).display()
    ))
}

fn find(dir: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(dir).ok()?;
    entries.flatten().find_map(|entry| {
        let path = entry.path();
        if entry.file_name() == TRACE {
            return Some(path);
        }
        // A link is not followed.
        entry.file_type().is_ok_and(|kind| kind.is_dir()).then(|| find(&path)).flatten()
    })
}
