//! A plugins directory with everything in it that should not be there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use monkeyfarm_tests::{Farm, Options, Repository, programs, world};

/// A library of this host that is no plugin.
fn foreign_library() -> std::path::PathBuf {
    ["/lib/x86_64-linux-gnu", "/lib64", "/usr/lib", "/lib/aarch64-linux-gnu"]
        .iter()
        .map(|dir| Path::new(dir).join("libc.so.6"))
        .find(|path| path.exists())
        .expect("this host has a C library")
}

#[test]
fn a_bad_file_is_one_warning_and_the_good_plugins_work() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str| dir.path().join(name);
    let git = programs::plugin("git");
    fs::copy(&git, put("libmf_plugin_git.so")).unwrap();
    fs::copy(programs::plugin("generic"), put("libmf_plugin_generic.so")).unwrap();
    fs::write(put("notes.txt"), "remember the milk\n").unwrap();
    fs::write(put("empty.so"), "").unwrap();
    fs::copy(foreign_library(), put("foreign.so")).unwrap();
    let bytes = fs::read(&git).unwrap();
    fs::write(put("truncated.so"), &bytes[..bytes.len() / 2]).unwrap();
    fs::write(put("another_git.so"), &bytes).unwrap();
    assert!(Command::new("mkfifo").arg(put("pipe.so")).status().unwrap().success());
    fs::create_dir(put("directory.so")).unwrap();
    std::os::unix::fs::symlink("/no/such/file", put("dangling.so")).unwrap();

    let mut farm =
        Farm::with(Options { plugins_dirs: vec![dir.path().into()], ..Options::default() });
    world::make(&farm);
    let source = Repository::new(
        farm.scratch().join("source"),
        &[(".monkeyfarm.toml", &world::recipe(&["true"]))],
    );
    let branch = world::package(&farm, "fine", &source.url(), &["--release", "one"]);
    farm.ok(["build", "create", "--package-branch", &branch, "--watch"]);
    for name in [
        "notes.txt",
        "empty.so",
        "foreign.so",
        "truncated.so",
        "pipe.so",
        "directory.so",
        "dangling.so",
        "another_git.so",
    ] {
        let path = put(name).display().to_string();
        farm.wait_for_message(&[&path]);
        let said: Vec<_> =
            farm.messages().into_iter().filter(|line| line.contains(&path)).collect();
        let said: Vec<_> = said.iter().filter(|line| !line.contains("worker")).collect();
        assert_eq!(said.len(), 1, "{name}: {said:#?}");
    }
    assert!(farm.stop().success());
}

#[test]
fn a_plugin_gives_the_regulator_work_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("libmf_plugin_hostile.so");
    fs::copy(programs::example_plugin("mf_plugin_hostile"), &file).unwrap();
    let mut farm =
        Farm::with(Options { plugins_dirs: vec![dir.path().into()], ..Options::default() });
    // It reads with the regulator's key, and writes with none.
    farm.wait_for_message(&["hostile/ask: 0 builds at run 1"]);
    farm.wait_for_message(&["the hook has no user of its own and can only read", "hostile.toml"]);
    // The next cycle runs it again, with what it has remembered.
    farm.wait_for_message(&["hostile/ask: 0 builds at run 2"]);

    // With a user of its own it may do what that user may: the hub decides.
    farm.ok(["user", "create", "robot"]);
    let key = farm.json(&["user", "create-key", "robot", "--name", "hook"]);
    let key = key["data"]["key"].as_str().unwrap().to_owned();
    let key_file = farm.scratch().join("robot.key");
    fs::write(&key_file, key).unwrap();
    fs::set_permissions(&key_file, PermissionsExt::from_mode(0o600)).unwrap();
    let plugins_d = farm.data_dir().join("plugins.d");
    fs::create_dir_all(&plugins_d).unwrap();
    let text = format!("[secrets]\ntoken = 'sw0rdfish'\n[hub]\nkey_file = {key_file:?}\n");
    fs::write(plugins_d.join("hostile.toml"), text).unwrap();
    farm.wait_for_message(&["hostile/ask: 0 builds", "Some(\"***\")"]);
    farm.wait_for_message(&["package_branch"]);
    assert!(!farm.messages().iter().any(|line| line.contains("sw0rdfish")));

    // Its plugin goes, and with it the hook.
    fs::remove_file(&file).unwrap();
    farm.wait_for_message(&["hostile/ask: is not run any more"]);
    assert!(farm.stop().success());
}
