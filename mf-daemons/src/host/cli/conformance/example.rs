//! A plugin's own examples: directories with a `job.toml`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use super::super::plan::{Chosen, Plan, Stop};
use super::super::trial::Tried;
use super::{Suite, again, configuration, failure, stopped, swept, unanswered};
use crate::plugin::{Ended, Plugin};

/// One example, or why it cannot be one.
pub struct Example {
    name: String,
    plan: Result<(Chosen, Plan), String>,
}

/// All examples in a directory, by name.
///
/// # Errors
/// The directory cannot be listed.
pub fn all(plugin: &Arc<Plugin>, dir: Option<&Path>) -> anyhow::Result<Vec<Example>> {
    let Some(dir) = dir.filter(|dir| dir.is_dir()) else { return Ok(Vec::new()) };
    let entries = fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
    let mut all = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    all.retain(|path| path.join("job.toml").is_file());
    all.sort();
    Ok(all.iter().map(|dir| Example::read(plugin, dir)).collect())
}

impl Example {
    fn read(plugin: &Plugin, dir: &Path) -> Self {
        let name = dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy().into_owned();
        let plan = Plan::read(dir).and_then(|plan| Ok((plan.choose(plugin)?, plan)));
        Self { name, plan: plan.map_err(|error| format!("{error:#}")) }
    }

    /// The job, if it is a first call of that handler which is to succeed.
    pub fn succeeds_for(&self, chosen: &Chosen) -> Option<Plan> {
        let (of, plan) = self.plan.as_ref().ok()?;
        (of == chosen && !plan.fails && plan.call.is_empty()).then(|| plan.clone())
    }

    /// What the example itself says, and then what follows from it.
    pub fn cases(&self, suite: &mut Suite<'_>) -> anyhow::Result<()> {
        let (chosen, plan) = match &self.plan {
            Ok(plan) => plan,
            Err(wrong) => {
                suite.tell(format!("example {}", self.name), Some(wrong.clone()));
                return Ok(());
            }
        };
        let tried = match suite.bench.call(suite.plugin, chosen, plan) {
            Ok(tried) => tried,
            // A field that is none of the job's, and the like.
            Err(error) => {
                suite.tell(format!("example {}", self.name), Some(format!("{error:#}")));
                return Ok(());
            }
        };
        let wrong =
            unanswered(&tried.ended).or_else(|| unexpected(plan, &tried, suite.bench.in_process));
        let good = wrong.is_none() && !plan.fails;
        suite.tell_of(format!("example {}", self.name), wrong, &tried);
        if !good {
            return Ok(());
        }
        configuration::fits(suite, &self.name, chosen, plan);
        again::cases(suite, &self.name, chosen, plan)?;
        let what = format!("example {}, told to stop as it begins, ends in time", self.name);
        stopped::case(suite, chosen, &what, plan)?;
        if tried.spoke {
            let plan = Plan { stop: Some(Stop::AtWork), ..plan.clone() };
            let what = format!("example {}, told to stop at work, ends in time", self.name);
            stopped::case(suite, chosen, &what, &plan)?;
        }
        swept::after(suite, &self.name, chosen, plan, tried.spoke)
    }
}

/// What came of an example that is not as it says.
fn unexpected(plan: &Plan, tried: &Tried, in_process: bool) -> Option<String> {
    let sentence = failure(&tried.ended).unwrap_or_default();
    if failure(&tried.ended).is_some() != plan.fails {
        let expected = if plan.fails { "it did not fail" } else { "it failed" };
        return Some(format!("{expected}: {sentence}").trim_end_matches(": ").to_owned());
    }
    let said = |word: &&String| !tried.log.contains(*word) && !sentence.contains(*word);
    // In this process what a handler says goes to the terminal unheard.
    if let Some(word) = plan.says.iter().find(said).filter(|_| !in_process) {
        return Some(format!("{word:?} is neither in its log nor in its sentence"));
    }
    if let Ended::CheckedOut(_) = tried.ended {
        let missing = plan.files.iter().find(|name| !tried.has_checked_out(name))?;
        return Some(format!("the checkout has no {missing:?}"));
    }
    let made = |name: &&String| !tried.files.iter().any(|found| found.name == **name);
    if let Some(name) = plan.files.iter().find(made) {
        let made: Vec<_> = tried.files.iter().map(|found| found.name.as_str()).collect();
        return Some(format!("it did not make {name:?} but {made:?}"));
    }
    tried.notes.first().cloned()
}
