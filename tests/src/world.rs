//! A small world for a farm to build in, made with `mf` as an admin would.

use crate::Farm;

/// The targets of [`make`]: two releases, each on the arch of this host.
pub const TARGETS: [&str; 2] = ["one-x86_64", "two-x86_64"];

/// A distro with releases `one` and `two` and a target of each, and a project
/// `demo` whose source is in git.
pub fn make(farm: &Farm) {
    farm.ok(["distro", "create", "-l", "linux"]);
    for release in ["one", "two"] {
        farm.ok(["release", "create", "-l", release, "--distro", "linux"]);
        let target = format!("{release}-x86_64");
        farm.ok(["target", "create", "-l", &target, "--release", release, "--arch", "x86_64"]);
    }
    farm.ok(["project", "create", "-l", "demo", "--vcs-handler", "git"]);
    farm.ok(["workon", "demo"]);
}

/// A package and its package-branch of the same name with `.main` added,
/// built by the handler `generic` from `url`; empty: built from nothing.
pub fn package(farm: &Farm, name: &str, url: &str, more: &[&str]) -> String {
    farm.ok(["package", "create", "-l", name]);
    let branch = format!("{name}.main");
    let words = ["package-branch", "create", "-l", &branch, "--package", name, "--url", url];
    let handler: &[&str] =
        if more.contains(&"--build-handler") { &[] } else { &["--build-handler", "generic"] };
    farm.ok(words.iter().chain(handler).chain(more));
    branch
}

/// The text of a `.monkeyfarm.toml` with these commands, whose results are
/// what they put into the result directory.
pub fn recipe(commands: &[&str]) -> String {
    format!("[build]\ncommands = {commands:?}\n")
}
