//! `mf plugin run`, and what came of it in words.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use monkeyfarm_plugin_api::{Changes, Heads};
use serde_json::{Value, json};

use super::plan::Plan;
use super::trial::{Bench, Tried};
use crate::plugin::{Ended, HostProgram, Plugin};

/// One call of one handler, without a hub
#[derive(Debug, clap::Args)]
pub struct Run {
    /// The plugin
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which handler, by kind and label, such as build:make; not needed when
    /// the plugin gives one
    #[arg(long, value_name = "KIND:LABEL", default_value = "", hide_default_value = true)]
    handler: String,
    /// What it is called for: index or sweep of a build handler, head, heads or
    /// changes of a vcs handler [default: a build, a checkout, …]
    #[arg(long, value_name = "CALL", default_value = "", hide_default_value = true)]
    call: String,
    /// Directory with the source to build, or the files to index
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// Field of the job, such as package=php or url=https://…; may be given more than once
    #[arg(long = "set", value_name = "NAME=VALUE")]
    fields: Vec<String>,
    /// TOML file with the plugin's configuration on this host, as it would be
    /// in plugins.d
    #[arg(long, value_name = "FILE")]
    local: Option<PathBuf>,
    /// Directory for the files that come out of it, or for the checkout
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Call it in this very process, for a debugger; nothing contains it then
    #[arg(long)]
    in_process: bool,
    /// Let a build use the network, as a worker does whose configuration has
    /// the plugin under `network`
    #[arg(long)]
    network: bool,
}

impl Run {
    /// Makes the call, its log going to standard output; whether it succeeded,
    /// and a sentence.
    ///
    /// # Errors
    /// The file is no plugin, or a flag makes no sense.
    pub fn run(&self, host: &HostProgram) -> anyhow::Result<(bool, String)> {
        let plugin = opened(host, &self.file)?;
        let plan = self.plan()?;
        let bench = Bench {
            host,
            in_process: self.in_process,
            show: true,
            limit: None,
            network: self.network,
        };
        let tried = bench.call(&plugin, &plan.choose(&plugin)?, &plan)?;
        if let Some(out) = &self.out {
            tried.keep(out)?;
        }
        Ok(told(&tried, self.out.as_deref()))
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let (handler, call) = (self.handler.clone(), self.call.clone());
        let mut plan = Plan { handler, call, ..Plan::default() };
        plan.source.clone_from(&self.source);
        for field in &self.fields {
            let Some((name, value)) = field.split_once('=') else {
                bail!("{field:?} sets nothing: write NAME=VALUE");
            };
            plan.job.insert(name.to_owned(), json!(value));
        }
        if let Some(path) = &self.local {
            let shown = path.display().to_string();
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
            let mut table: serde_json::Map<String, Value> =
                toml::from_str(&text).with_context(|| shown.clone())?;
            if let Some(secrets) = table.remove("secrets") {
                let wrong = || format!("{shown}: [secrets] is not a table of names and texts");
                plan.secrets = serde_json::from_value(secrets).with_context(wrong)?;
            }
            plan.local = table;
        }
        Ok(plan)
    }
}

/// A plugin that has been checked and loaded as the farm does.
///
/// # Errors
/// It cannot be used, or not be tried.
pub fn opened(host: &HostProgram, file: &Path) -> anyhow::Result<Arc<Plugin>> {
    let log = File::options().write(true).open("/dev/null")?;
    let opened = Plugin::open(host, file, log)?;
    opened.map_err(|why| anyhow::anyhow!("{}: {why}", file.display()))
}

/// Whether a call succeeded, and a sentence that says so.
fn told(tried: &Tried, out: Option<&Path>) -> (bool, String) {
    let files: Vec<_> = tried.files.iter().map(|found| found.name.as_str()).collect();
    let mut sentence = match &tried.ended {
        Ended::Built(_) => format!("it built: {}", listed(&files)),
        Ended::CheckedOut(checkout) => format!("it checked out {}", checkout.revision),
        Ended::Indexed(_) => format!("it wrote the index: {}", listed(&files)),
        Ended::Swept(_) => "nothing is left on this host".to_owned(),
        Ended::At(head) => format!("it is at {}", head.revision),
        Ended::AllAt(heads) => all_at(heads),
        Ended::Changed(changes) => changed(changes),
        Ended::Bug(bug) => format!("it says of the bug: {} ({})", bug.title, bug.status),
        Ended::Hooked(hooked) => {
            let warned: String =
                hooked.warnings.iter().map(|w| format!("; it warns: {w}")).collect();
            format!("it ran, and remembers {}{warned}", hooked.memory)
        }
        Ended::Failed(failure) => return (false, failure.sentence.clone()),
        Ended::Refused(why) | Ended::Crashed(why) | Ended::Killed(why) => {
            return (false, why.clone());
        }
        other => return (false, format!("it ended with {other:?}")),
    };
    if let (Some(out), false) = (out, files.is_empty()) {
        sentence.push_str(&format!(", now in {}", out.display()));
    }
    for note in &tried.notes {
        sentence.push_str(&format!("; {note}"));
    }
    (tried.notes.is_empty(), sentence)
}

fn all_at(heads: &Heads) -> String {
    let each = heads.heads.iter().map(|head| match head {
        Ok(head) => format!("\n  {}", head.revision),
        Err(failure) => format!("\n  {}", failure.sentence),
    });
    format!("its heads, in the order that they were asked for:{}", each.collect::<String>())
}

fn changed(changes: &Changes) -> String {
    let each: String = changes
        .changes
        .iter()
        .map(|change| {
            let message = change.message.lines().next().unwrap_or_default();
            format!("\n  {} {} {message}", change.revision, change.author)
        })
        .collect();
    let more = if changes.more { "\n  and more" } else { "" };
    let anew = if changes.rewritten { ", which was written anew" } else { "" };
    format!("it is at {}{anew}; changes: {}{each}{more}", changes.revision, changes.changes.len())
}

fn listed(files: &[&str]) -> String {
    if files.is_empty() { "no file".into() } else { files.join(", ") }
}
