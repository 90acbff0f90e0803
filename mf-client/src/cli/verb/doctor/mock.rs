//! Whether this host can build with mock, if mock is installed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use super::Check;

/// Where mock itself is when `mock` on the `PATH` only asks who its user is.
const BEHIND_CONSOLEHELPER: &str = "/usr/libexec/mock/mock";

/// Looks at it; nothing where nobody has installed mock.
pub fn look() -> Option<Check> {
    installed().then(|| judge(worker(), &members(&group())))
}

fn judge(worker: Option<u32>, members: &[String]) -> Check {
    const WHAT: &str = "mock";
    match (worker, members) {
        (Some(user @ 1..), _) => Check::odd(
            WHAT,
            format!("mf-workerd runs as user {user} here, and builds by mock need root"),
            "run mf-workerd as root: docs/mock.md says how and why",
        ),
        (_, []) => Check::odd(
            WHAT,
            "mock is installed, and its group has no member to build as",
            "useradd --create-home --groups mock mockbuild",
        ),
        (_, [user, ..]) => Check::good(WHAT, format!("builds by mock are done as {user}")),
    }
}

fn installed() -> bool {
    let on_path = || {
        let dirs = std::env::var_os("PATH")?;
        std::env::split_paths(&dirs).find(|dir| dir.join("mock").is_file())
    };
    Path::new(BEHIND_CONSOLEHELPER).is_file() || on_path().is_some()
}

/// Who the worker of this host runs as, if one runs.
fn worker() -> Option<u32> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut workers = processes.filter(|process| {
        fs::read_to_string(process.path().join("comm")).is_ok_and(|name| name == "mf-workerd\n")
    });
    workers.find_map(|process| Some(process.metadata().ok()?.uid()))
}

/// The entry of the group `mock`, wherever this host has its groups.
fn group() -> String {
    let said = Command::new("getent").args(["group", "mock"]).output();
    said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()).unwrap_or_default()
}

/// Its members: `mock:x:135:one,two`.
fn members(entry: &str) -> Vec<String> {
    let last = entry.trim().splitn(4, ':').nth(3).unwrap_or_default();
    last.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::verb::doctor::State;

    #[test]
    fn a_worker_that_is_not_root_and_an_empty_group_are_told() {
        assert_eq!(members("mock:x:135:one,two\n"), ["one", "two"]);
        assert!(members("mock:x:135:\n").is_empty() && members("").is_empty());
        let one = ["one".to_owned()];
        for (worker, state) in [(None, State::Good), (Some(0), State::Good), (Some(7), State::Odd)]
        {
            assert_eq!(judge(worker, &one).state, state, "{worker:?}");
        }
        let told = judge(Some(7), &one);
        assert!(told.says.contains("runs as user 7") && told.mend.contains("as root"), "{told:?}");
        assert!(judge(Some(0), &[]).mend.starts_with("useradd "));
    }
}
