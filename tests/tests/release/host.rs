//! What this host must have for a test.

use std::process::Command;

/// Whether there are these programs, and this is root, which `doing` needs; if
/// not, it says so.
pub fn can(doing: &str, programs: &[&str]) -> bool {
    let missing =
        programs.iter().find(|program| Command::new(program).arg("--version").output().is_err());
    match missing {
        Some(program) => eprintln!("skipped: no {program}"),
        None if !rustix::process::geteuid().is_root() => eprintln!("skipped: {doing} needs root"),
        None => return true,
    }
    false
}
