//! The plugin of a crate, built as its author would.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

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
