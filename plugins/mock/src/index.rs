//! The index of a repository: what dnf reads.

use monkeyfarm_plugin_api::command::Command;
use monkeyfarm_plugin_api::{Context, Failure, IndexJob, Indexed};
use std::collections::VecDeque;

/// Last lines of createrepo_c that are kept to tell a failure from.
const LINES: usize = 20;

/// Has createrepo_c write `repodata/` for all RPMs of a directory.
pub(crate) fn write(job: &IndexJob, cx: &Context) -> Result<Indexed, Failure> {
    let mut said = VecDeque::with_capacity(LINES);
    let command = Command::new("createrepo_c")
        .args(["--no-database", "--checksum=sha256", "--outputdir"])
        .arg(&job.index_dir)
        .arg("--")
        .arg(&job.files_dir)
        .if_missing(
            "it writes the metadata of repositories on the regulator's host; install the package \
             createrepo_c there (Debian: createrepo-c)",
        );
    let ended = command.lines(cx, |_, line| {
        cx.log(line);
        if said.len() == LINES {
            said.pop_front();
        }
        said.push_back(line.to_owned());
    })?;
    if !ended.success() {
        let told = said.iter().rev().find(|line| !line.trim().is_empty());
        let told = told.map_or(String::new(), |line| format!(": {}", line.trim()));
        return Err(Failure::new(format!("createrepo_c {ended}{told}")));
    }
    Ok(Indexed::default())
}
