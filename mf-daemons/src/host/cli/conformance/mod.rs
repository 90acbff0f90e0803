//! `mf plugin test`: what the farm expects of every handler, and the plugin's
//! own examples, each case in a process of its own.

mod again;
mod configuration;
mod example;
mod foreign;
mod kinds;
mod stopped;
mod swept;

use std::path::Path;
use std::sync::Arc;

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
    /// The end of its log, if something is wrong.
    pub log: String,
}

/// So many lines of a log are shown where something is wrong.
const LINES: usize = 20;

impl Case {
    /// As programs read it.
    pub fn as_json(&self) -> Value {
        let passed = self.wrong.is_none();
        json!({ "case": self.name, "passed": passed, "wrong": self.wrong, "log": self.log })
    }
}

/// The cases of one plugin, as they are tried one after the other.
struct Suite<'a> {
    bench: &'a Bench<'a>,
    plugin: &'a Arc<Plugin>,
    all: Vec<Case>,
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
    let mut suite = Suite { bench, plugin, all: Vec::new() };
    let examples = example::all(plugin, examples)?;
    for (number, chosen) in handlers(plugin).iter().enumerate() {
        suite
            .try_case(chosen, "a job with nothing in it is answered", &Plan::default(), |_| None)?;
        foreign::cases(&mut suite, chosen)?;
        kinds::cases(&mut suite, chosen)?;
        swept::cases(&mut suite, chosen)?;
        stopped::case(&mut suite, chosen, "told to stop, it ends in time", &Plan::default())?;
        // Of who is loaded the schemas are known.
        if let Some(schemas) = plugin.schemas.get().and_then(|all| all.get(number)) {
            let good = examples.iter().find_map(|example| example.succeeds_for(chosen));
            configuration::cases(&mut suite, chosen, schemas, good)?;
        }
    }
    for example in &examples {
        example.cases(&mut suite)?;
    }
    Ok(suite.all)
}

impl Suite<'_> {
    /// Tries one case: what ended otherwise than by an answer of the handler's
    /// is wrong, else `judge` says what is.
    fn try_case(
        &mut self,
        chosen: &Chosen,
        what: &str,
        plan: &Plan,
        judge: impl FnOnce(&Tried) -> Option<String>,
    ) -> anyhow::Result<Tried> {
        let tried = self.bench.call(self.plugin, chosen, plan)?;
        let wrong = unanswered(&tried.ended).or_else(|| judge(&tried));
        self.tell_of(format!("{chosen}: {what}"), wrong, &tried);
        Ok(tried)
    }

    fn tell(&mut self, name: String, wrong: Option<String>) {
        self.all.push(Case { name, wrong, log: String::new() });
    }

    /// The same, with the log of what was tried.
    fn tell_of(&mut self, name: String, wrong: Option<String>, tried: &Tried) {
        let log = match wrong {
            Some(_) => {
                let lines: Vec<&str> = tried.log.lines().collect();
                lines[lines.len().saturating_sub(LINES)..].join("\n")
            }
            None => String::new(),
        };
        self.all.push(Case { name, wrong, log });
    }
}

/// What ended otherwise than by an answer of the handler's.
fn unanswered(ended: &Ended) -> Option<String> {
    Some(match ended {
        Ended::Refused(why) | Ended::Crashed(why) | Ended::Killed(why) => why.clone(),
        Ended::TimedOut => "it gave no answer in time".into(),
        Ended::Stopped | Ended::Late => "it was stopped".into(),
        _ => return None,
    })
}

/// Why the handler failed, by its own words.
fn failure(ended: &Ended) -> Option<&str> {
    match ended {
        Ended::Failed(failure) => Some(&failure.sentence),
        _ => None,
    }
}
