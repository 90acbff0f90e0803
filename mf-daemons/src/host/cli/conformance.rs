//! `mf plugin test`: what the farm expects of every handler, and the plugin's
//! own examples, each case in a process of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::plan::{Chosen, Plan, handlers};
use super::trial::{Bench, Tried};
use crate::plugin::{Ended, Plugin};

/// How one case went: its name, and what is wrong if something is.
pub struct Case {
    /// `build make: an empty job`.
    pub name: String,
    /// A sentence.
    pub wrong: Option<String>,
}

impl Case {
    /// As programs read it.
    pub fn as_json(&self) -> Value {
        json!({ "case": self.name, "passed": self.wrong.is_none(), "wrong": self.wrong })
    }
}

/// Text that somebody from outside may have written into any field. Who takes
/// it for a command, an option or a path makes [`TRACE`].
const FOREIGN: &str =
    "--help; $(touch mf-was-here) `touch mf-was-here` ../../mf-was-here\n\u{1b}[2J'\"";

/// A file that no handler is to make.
const TRACE: &str = "mf-was-here";

/// The library of a crate: built, as its author would.
///
/// # Errors
/// It cannot be built, or makes no shared library.
pub fn built(dir: &Path) -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--message-format=json-render-diagnostics"]).current_dir(dir);
    let output = cargo.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.context("cannot run cargo, which builds the plugin")?;
    ensure!(output.status.success(), "{} cannot be built", dir.display());
    let lines = output.stdout.split(|byte| *byte == b'\n');
    let artifacts = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let libraries = artifacts.filter(|line| {
        line["target"]["kind"].as_array().is_some_and(|kinds| kinds.contains(&json!("cdylib")))
    });
    let files = libraries.filter_map(|line| line["filenames"].as_array().cloned()).flatten();
    let mut files = files.filter_map(|file| file.as_str().map(PathBuf::from));
    let library = files.find(|file| file.extension().is_some_and(|end| end == "so"));
    library.with_context(|| {
        format!("{} makes no plugin: write crate-type = [\"cdylib\"] under [lib]", dir.display())
    })
}

/// Tries all that is expected of a plugin; `examples` is a directory with one
/// directory for each example.
///
/// # Errors
/// It could not be tried on this host.
pub fn cases(
    bench: &Bench<'_>,
    plugin: &Arc<Plugin>,
    examples: Option<&Path>,
) -> anyhow::Result<Vec<Case>> {
    let mut all = Vec::new();
    for chosen in handlers(plugin) {
        let mut case = |what: &str, plan: Plan, judge: fn(&Tried) -> Option<String>| {
            let tried = bench.call(plugin, &chosen, &plan)?;
            let wrong = unanswered(&tried.ended).or_else(|| judge(&tried));
            all.push(Case { name: format!("{chosen}: {what}"), wrong });
            anyhow::Ok(())
        };
        case("a job with nothing in it is answered", Plan::default(), |_| None)?;
        case("foreign text is no command, option or path", foreign(&chosen), trace)?;
    }
    for dir in examples_in(examples)? {
        let name = dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy().into_owned();
        let wrong = match example(bench, plugin, &dir) {
            Ok(wrong) => wrong,
            Err(error) => Some(format!("{error:#}")),
        };
        all.push(Case { name: format!("example {name}"), wrong });
    }
    Ok(all)
}

fn examples_in(dir: Option<&Path>) -> anyhow::Result<Vec<PathBuf>> {
    let Some(dir) = dir.filter(|dir| dir.is_dir()) else { return Ok(Vec::new()) };
    let entries = fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
    let mut all = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    all.retain(|path| path.join("job.toml").is_file());
    all.sort();
    Ok(all)
}

/// What is wrong with one of the plugin's own examples.
fn example(bench: &Bench<'_>, plugin: &Arc<Plugin>, dir: &Path) -> anyhow::Result<Option<String>> {
    let plan = Plan::read(dir)?;
    let tried = bench.call(plugin, &plan.choose(plugin)?, &plan)?;
    if let Some(wrong) = unanswered(&tried.ended) {
        return Ok(Some(wrong));
    }
    let (failed, sentence) = match &tried.ended {
        Ended::Failed(failure) => (true, failure.sentence.as_str()),
        _ => (false, ""),
    };
    if failed != plan.fails {
        let expected = if plan.fails { "it did not fail" } else { "it failed" };
        return Ok(Some(format!("{expected}: {sentence}").trim_end_matches(": ").to_owned()));
    }
    let said = |word: &&String| !tried.log.contains(*word) && !sentence.contains(*word);
    // In this process what a handler says goes to the terminal unheard.
    if let Some(word) = plan.says.iter().find(said).filter(|_| !bench.in_process) {
        return Ok(Some(format!("{word:?} is neither in its log nor in its sentence")));
    }
    let made = |name: &&String| !tried.files.iter().any(|found| found.name == **name);
    if let Some(name) = plan.files.iter().find(made) {
        let made: Vec<_> = tried.files.iter().map(|found| found.name.as_str()).collect();
        return Ok(Some(format!("it did not make {name:?} but {made:?}")));
    }
    Ok(tried.notes.first().cloned())
}

/// What ended otherwise than by an answer of the handler's.
fn unanswered(ended: &Ended) -> Option<String> {
    Some(match ended {
        Ended::Refused(why) | Ended::Crashed(why) => why.clone(),
        Ended::TimedOut => "it gave no answer in time".into(),
        Ended::Stopped | Ended::Late => "it was stopped".into(),
        _ => return None,
    })
}

/// A job with foreign text wherever there may be some.
fn foreign(chosen: &Chosen) -> Plan {
    let fields: &[&str] = match chosen.kind {
        "build" => &["package", "package_branch", "build_prefix", "source_url", "target_config"],
        "vcs" => &["url", "reference"],
        "bug" => &["bug", "comment"],
        _ => &[],
    };
    let job = fields.iter().map(|name| ((*name).to_owned(), json!(FOREIGN))).collect();
    Plan { job, ..Plan::default() }
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
