//! Plugins and hosts of different age and making: none is ever broken by an
//! upgrade of the other.

use std::path::{Path, PathBuf};
use std::process::Command;

use monkeyfarm_tests::programs;

use crate::author::{author, ok, target};

/// A plugin of plugin API 1.0, and a host of then, built by `cargo` with these
/// words; gives where they are.
fn frozen(words: &[&str], target: &Path, profile: &str) -> PathBuf {
    let mut cargo = author("cargo", &programs::source_tree().join("tests/frozen/plugin"));
    cargo.args(words).args(["--quiet"]).env("CARGO_TARGET_DIR", target);
    ok(cargo);
    target.join(profile)
}

/// Runs a handler of a plugin; whether it succeeded, and all that was said.
fn run(plugin: &Path, handler: &str, field: &str) -> (bool, String) {
    let mut mf = author("mf", Path::new("/"));
    mf.args(["plugin", "run", "--handler", handler, "--set", field]).arg(plugin);
    let ran = mf.output().unwrap();
    let said = [ran.stdout, ran.stderr].concat();
    (ran.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// What this host must make of the plugin, however that was built.
fn works(plugin: &Path, unwinds: bool) {
    let mut check = author("mf", Path::new("/"));
    check.args(["plugin", "check", "--load"]).arg(plugin);
    let checked = ok(check);
    assert!(checked.contains("frozen 1.0.0") && checked.contains("plugin API 1.0"), "{checked}");

    let (good, said) = run(plugin, "build:old", "package=php");
    assert!(good && said.contains("building php as ever"), "{said}");
    let (good, said) = run(plugin, "build:old", "package=bad");
    assert!(!good && said.contains("it was bad then"), "{said}");
    let (good, said) = run(plugin, "vcs:old", "url=here");
    assert!(good && said.contains("it checked out here as ever"), "{said}");
    let (good, said) = run(plugin, "build:old", "package=panic");
    let told = if unwinds { "panicked at src/lib.rs" } else { "SIGABRT" };
    assert!(!good && said.contains(told), "{said}");
}

#[test]
fn a_plugin_of_1_0_runs_on_todays_host_and_todays_on_a_host_of_1_0() {
    let old = frozen(&["build"], &target(), "debug");
    works(&old.join("libmf_plugin_frozen.so"), true);

    let ask = |plugin: PathBuf, words: [&str; 3]| {
        let mut host = Command::new(old.join("host"));
        host.arg(plugin).args(words);
        ok(host)
    };
    let hostile = programs::example_plugin("mf_plugin_hostile");
    let said = ask(hostile, ["build", "fail", r#"{"package":"php"}"#]);
    assert!(said.contains("php does not compile"), "{said}");
    let said = ask(programs::plugin("generic"), ["build", "generic", "{}"]);
    assert!(said.contains("there is no source"), "{said}");
    let said = ask(programs::plugin("git"), ["vcs", "git", r#"{"url":"ext::sh"}"#]);
    assert!(said.contains("\"failed\""), "{said}");
}

#[test]
#[ignore = "a minute for each; make test-long runs it"]
fn other_settings_and_other_compilers_make_no_difference() {
    let small = frozen(&["build", "--profile", "small", "--lib"], &target(), "small");
    works(&small.join("libmf_plugin_frozen.so"), false);
    let listed = Command::new("rustup").args(["toolchain", "list"]).output();
    let listed = listed.map(|ran| String::from_utf8_lossy(&ran.stdout).into_owned());
    for line in listed.unwrap_or_default().lines().filter(|line| !line.contains("active")) {
        let toolchain = line.split_whitespace().next().unwrap_or_default();
        let target = target().join(toolchain);
        let words = ["run", toolchain, "cargo", "build", "--lib"];
        let mut rustup = author("rustup", &programs::source_tree().join("tests/frozen/plugin"));
        // This test's own compiler is not to be told to it.
        rustup.env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC").env_remove("CARGO");
        rustup.args(words).arg("--quiet").env("CARGO_TARGET_DIR", &target);
        ok(rustup);
        works(&target.join("debug/libmf_plugin_frozen.so"), true);
    }
}
