//! What a host relies on beyond the first call of each kind.

use std::fs;

use anyhow::Context;
use serde_json::json;

use super::super::plan::{Chosen, Plan};
use super::super::trial::Tried;
use super::Suite;
use crate::plugin::Ended;

/// The content of a file that no handler has made.
const UNKNOWN: &str = "not made by any handler\n";

/// The other calls of a kind, with nothing in their jobs.
pub fn cases(suite: &mut Suite<'_>, chosen: &Chosen) -> anyhow::Result<()> {
    let call = |name: &str| Plan { call: name.into(), ..Plan::default() };
    match chosen.kind {
        "build" => {
            suite.try_case(chosen, "an index of nothing is answered", &call("index"), |_| None)?;
            let files = tempfile::tempdir().context("cannot make a directory")?;
            fs::write(files.path().join("unknown.txt"), UNKNOWN)?;
            let plan = Plan { source: Some(files.path().into()), ..call("index") };
            suite.try_case(chosen, "an index leaves the files as they are", &plan, changed)?;
        }
        "vcs" => {
            for name in ["head", "changes"] {
                let what = format!("{name}: a job with nothing in it is answered");
                suite.try_case(chosen, &what, &call(name), |_| None)?;
            }
            for references in [vec![], vec!["", "--help"]] {
                let what = format!("heads: each of {} references is answered", references.len());
                let job = [("references".to_owned(), json!(references))].into_iter().collect();
                let plan = Plan { job, ..call("heads") };
                suite.try_case(chosen, &what, &plan, |tried| match &tried.ended {
                    Ended::AllAt(told) if told.heads.len() != references.len() => {
                        let (asked, told) = (references.len(), told.heads.len());
                        Some(format!("it was asked for {asked} heads, and told {told}"))
                    }
                    _ => None,
                })?;
            }
        }
        "bug" => {
            for action in ["comment", "close", "reopen", "link"] {
                let job = [("action".to_owned(), json!(action))].into_iter().collect();
                let what = format!("{action}: a job with nothing in it is answered");
                suite.try_case(chosen, &what, &Plan { job, ..Plan::default() }, |_| None)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Whether the files that were to be described are others now, or the index
/// cannot be kept.
fn changed(tried: &Tried) -> Option<String> {
    let dir = tried.work_dir().join("source");
    let names = fs::read_dir(&dir).map(|entries| entries.flatten().count());
    let same = fs::read_to_string(dir.join("unknown.txt")).is_ok_and(|text| text == UNKNOWN);
    if same && names.is_ok_and(|count| count == 1) {
        return tried.notes.first().cloned();
    }
    Some("it wrote into files_dir, whose files are the farm's own: write into index_dir".into())
}
