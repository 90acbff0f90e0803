//! All that the farm expects of a plugin, tried case by case.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use mf_core::error::Code;
use serde_json::json;

use super::conformance::{self, Case};
use super::trial::Bench;
use super::{built, envelope, run, show};
use crate::plugin::HostProgram;

/// How long one case may take: what has nothing to do takes milliseconds, and
/// examples are small.
const CASE_LIMIT: Duration = Duration::from_secs(120);

/// Tries a plugin, or the one of a crate; whether all went well.
pub(super) fn run_all(
    host: &HostProgram,
    path: &Path,
    examples: Option<&Path>,
    in_process: bool,
    json: bool,
) -> anyhow::Result<bool> {
    let (file, own) = match path.is_dir() {
        true => (built::built(path)?, Some(path.join("examples"))),
        false => (path.to_path_buf(), None),
    };
    let plugin = run::opened(host, &file)?;
    let bench = Bench { host, in_process, show: false, limit: Some(CASE_LIMIT), network: false };
    // In this process a handler goes to a directory of its own.
    let examples = examples.or(own.as_deref()).map(std::path::absolute).transpose()?;
    let cases = conformance::cases(&bench, &plugin, examples.as_deref())?;
    let wrong = cases.iter().filter(|case| case.wrong.is_some()).count();
    let mut out = io::stdout().lock();
    if json {
        let errors = match wrong {
            0 => json!({}),
            _ => {
                json!({ Code::Refused.name(): format!("{wrong} of {} cases failed", cases.len()) })
            }
        };
        let all: Vec<_> = cases.iter().map(Case::as_json).collect();
        envelope(&mut out, &json!({ "plugin": show::as_json(&plugin), "cases": all }), &errors)?;
        return Ok(wrong == 0);
    }
    for case in &cases {
        match &case.wrong {
            None => writeln!(out, "ok      {}", case.name)?,
            Some(why) => writeln!(out, "FAILED  {}\n        {why}", case.name)?,
        }
        for line in case.log.lines() {
            writeln!(out, "        | {line}")?;
        }
    }
    for what in plugin.unread() {
        writeln!(out, "note    {what}")?;
    }
    writeln!(out, "{} of {} cases passed", cases.len() - wrong, cases.len())?;
    Ok(wrong == 0)
}
