//! The index of a repository: what apt reads.

use std::fs;

use monkeyfarm_plugin_api::command::Command;
use monkeyfarm_plugin_api::{Context, Failure, IndexJob, Indexed};

/// Largest index, in bytes.
const LARGEST: usize = 256 << 20;

/// Has dpkg-scanpackages write `Packages` for all packages of a directory.
pub(crate) fn write(job: &IndexJob, cx: &Context) -> Result<Indexed, Failure> {
    let said = Command::new("dpkg-scanpackages")
        .args(["--multiversion", "."])
        .dir(&job.files_dir)
        .if_missing(
            "it writes the metadata of repositories on the regulator's host; install the package \
             dpkg-dev there",
        )
        .output(cx, LARGEST)?;
    for line in said.error_text().lines() {
        cx.log(line);
    }
    if !said.ended.success() {
        let error = said.error_text();
        let last = error.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let told = format!("dpkg-scanpackages {}: {}", said.ended, last.trim());
        return Err(Failure::new(told));
    }
    let path = job.index_dir.join("Packages");
    fs::write(&path, said.stdout)
        .map_err(Failure::io(format!("cannot write {}", path.display())))?;
    Ok(Indexed::default())
}
