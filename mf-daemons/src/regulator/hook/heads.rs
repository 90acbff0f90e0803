//! Watches the heads of package-branches with `build_on_commit`: looks at each
//! once in a cycle, however many package-branches it is for, and reports what
//! it sees. Which builds follow from that is the hub's to say.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;
use mf_core::wire::{HandlerKind, HeadSeen, HeadSource};
use monkeyfarm_plugin_api::Source;
use serde_json::{Map, Value};

use super::super::handlers::Handlers;
use super::{Hook, HookContext};
use crate::plugin::{Ended, Job};

/// How long one look may take.
const LOOK_TIME: Duration = Duration::from_secs(120);
/// How many are looked at at the same time: most of a look is waiting.
const AT_ONCE: usize = 4;
/// Beneath the regulator's data directory.
const WORK: &str = "work/heads";

inventory::submit! {
    Hook { name: "heads", wakes: &["package_branch", "vcs_handler"], run }
}

fn run(context: &HookContext) -> anyhow::Result<()> {
    let answer = context.wait(context.hub().call("util", None, "heads", &Map::new()))?;
    let due: Vec<HeadSource> = match answer.get("heads") {
        Some(due) => serde_json::from_value(due.clone())?,
        None => Vec::new(),
    };
    if due.is_empty() {
        return Ok(());
    }
    let work = context.data_dir().join(WORK);
    let made = || -> std::io::Result<()> {
        if work.exists() {
            fs::remove_dir_all(&work)?;
        }
        fs::create_dir_all(&work)
    };
    made().with_context(|| format!("the regulator's directory {}", work.display()))?;
    let handlers = Handlers::new(context)?;
    let schemes = context.allow_schemes();
    let left = Mutex::new(due.into_iter().enumerate());
    let (sender, seen) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let (sender, left, handlers, work) = (sender.clone(), &left, &handlers, &work);
            scope.spawn(move || {
                loop {
                    let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((number, source)) = next else { break };
                    let looked = look(handlers, &work.join(number.to_string()), &source, schemes);
                    // Nobody hears it when the hub was away for another.
                    if sender.send(report(source, looked)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for seen in seen {
            if !seen.problem.is_empty() {
                context.warn(format!("head of {}: {}", seen.source.url, seen.problem));
            }
            context.post::<Value>("/util/report_head.json", &seen)?;
        }
        anyhow::Ok(())
    })?;
    Ok(handlers.report(context)?)
}

/// Which revision a head is.
fn look(
    handlers: &Handlers,
    work: &Path,
    source: &HeadSource,
    schemes: &[String],
) -> Result<String, String> {
    fs::create_dir_all(work).map_err(|error| format!("{}: {error}", work.display()))?;
    let job = |local_config, cache_dir: PathBuf| {
        Job::Head(Source {
            url: source.url.clone(),
            reference: source.vcs_branch.clone(),
            handler_config: source.handler.config.clone(),
            local_config,
            cache_dir,
            allow_schemes: schemes.to_vec(),
        })
    };
    match handlers.call(HandlerKind::VcsHandler, &source.handler, work, LOOK_TIME, job) {
        Err(failure) => Err(failure.sentence),
        Ok(Ended::At(head)) if !head.revision.is_empty() => Ok(head.revision),
        Ok(other) => Err(format!("the handler gave an answer to another question: {other:?}")),
    }
}

fn report(source: HeadSource, looked: Result<String, String>) -> HeadSeen {
    let (revision, problem) = match looked {
        Ok(revision) => (revision, String::new()),
        Err(problem) => (String::new(), problem),
    };
    HeadSeen { source, revision, problem }
}
