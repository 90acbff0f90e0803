//! Python as programs of users run it, and the tools that check its code and
//! the API.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::programs::source_tree;

/// The directory that the Python interface is imported from.
pub fn interface() -> PathBuf {
    source_tree().join("mf-client/python")
}

/// Python, which finds the interface and leaves nothing in the source tree.
pub fn python() -> Command {
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", interface()).env("PYTHONDONTWRITEBYTECODE", "1");
    // Warnings are errors, such as that of a socket left open.
    python.args(["-W", "error"]);
    python
}

/// Where `make python-tools` installs.
pub fn tools() -> PathBuf {
    env::var_os("MF_PYTHON_TOOLS").map(PathBuf::from).unwrap_or_else(|| {
        let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache");
        cache.unwrap_or_else(home).join("monkeyfarm/python-tools")
    })
}

/// A tool of `make python-tools`; without it the test says what it skips, as
/// `make test` does where everybody sees it.
pub fn tool(name: &str) -> Option<Command> {
    let program = tools().join("bin").join(name);
    if program.exists() {
        return Some(Command::new(program));
    }
    eprintln!("SKIPPED: there is no {}; make python-tools installs it", program.display());
    None
}
