//! Watches the heads of package-branches with `build_on_commit`: looks at each URL
//! once in a cycle, however many package-branches it is for, and reports what
//! it sees, with the bugs that are fixed by what is new. Which builds follow from
//! that is the hub's to say.

mod look;

use std::fs;
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use mf_core::wire::HeadSource;
use serde_json::{Map, Value};

use super::super::handlers::Handlers;
use super::{Hook, HookContext};
use look::Look;

/// How many are looked at at the same time: most of a look is waiting.
const AT_ONCE: usize = 4;
/// Most branches of one look: what they are must fit into an answer.
const MOST: usize = 100;
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
    let look = Look { handlers: &handlers, schemes: context.allow_schemes() };
    let same = |one: &HeadSource, other: &HeadSource| {
        (&one.url, &one.handler.label) == (&other.url, &other.handler.label)
    };
    let looks = due.chunk_by(same).flat_map(|of_url| of_url.chunks(MOST)).enumerate();
    let left = Mutex::new(looks);
    let (sender, seen) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let (sender, left, look, work) = (sender.clone(), &left, &look, &work);
            scope.spawn(move || {
                loop {
                    let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((number, sources)) = next else { break };
                    let mut told = Vec::new();
                    let dir = work.join(number.to_string());
                    let seen = look.at(sources, &dir, |what| told.push(what));
                    // Nobody hears it when the hub was away for another.
                    if sender.send((seen, told)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (seen, told) in seen {
            told.into_iter().for_each(|what| context.warn(what));
            for seen in seen {
                if !seen.problem.is_empty() {
                    context.warn(format!("head of {}: {}", seen.source.url, seen.problem));
                }
                context.post::<Value>("/util/report_head.json", &seen)?;
            }
        }
        anyhow::Ok(())
    })?;
    Ok(handlers.report(context)?)
}
