//! A plugins directory with everything in it that should not be there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use monkeyfarm_tests::{Farm, Options, Repository, awaited, hostile, programs, world};

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

/// A farm with the farm's own plugins in a directory, to which more may come.
fn farm_on(dir: &Path, confined: bool) -> Farm {
    for name in ["git", "generic"] {
        let file = format!("libmf_plugin_{name}.so");
        fs::copy(programs::plugin(name), dir.join(file)).unwrap();
    }
    let plugins_dirs = vec![dir.to_path_buf()];
    Farm::prepared(Options { plugins_dirs, confined, ..Options::default() })
}

fn handler(farm: &Farm, label: &str, field: &str) -> serde_json::Value {
    let shown = farm.mf(["build-handler", "show", label, "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap_or_default();
    shown["data"]["build_handler"][field].clone()
}

#[test]
fn plugins_come_are_replaced_and_go_while_the_farm_runs() {
    let dir = tempfile::tempdir().unwrap();
    let mut farm = farm_on(dir.path(), false);
    farm.up();
    world::make(&farm);
    let (file, new) = (dir.path().join("libmf_plugin_hostile.so"), dir.path().join("../new"));
    let new = new.with_file_name(format!("new-{}", std::process::id()));
    fs::copy(programs::example_plugin("mf_plugin_hostile"), &new).unwrap();
    fs::rename(&new, &file).or_else(|_| fs::copy(&new, &file).map(drop)).unwrap();
    awaited::until("a new plugin is used", || handler(&farm, "tell", "enabled") == true);
    let first = handler(&farm, "tell", "digest");

    let branch =
        world::package(&farm, "runs", "", &["--release", "one", "--build-handler", "obey"]);
    farm.ok(["build", "create", "-l", "runs-1", "--package-branch", &branch]);
    let task = |field: &str| {
        farm.json(&["task", "show", "runs-1.one-x86_64"])["data"]["task"][field].clone()
    };
    awaited::until("it is being built", || task("stage") == "waiting");

    hostile::with_another_hash(&programs::example_plugin("mf_plugin_hostile"), &new);
    fs::rename(&new, &file).or_else(|_| fs::copy(&new, &file).map(drop)).unwrap();
    let other =
        || handler(&farm, "tell", "digest") != first && handler(&farm, "tell", "enabled") == true;
    awaited::until("the other file is used", other);
    assert_eq!(task("status_label"), "Building", "what runs goes on");
    let second = handler(&farm, "tell", "digest");
    let branch =
        world::package(&farm, "then", "", &["--release", "one", "--build-handler", "tell"]);
    farm.mf(["build", "create", "-l", "then-1", "--package-branch", &branch, "--watch"]);
    let then = farm.json(&["task", "show", "then-1.one-x86_64"])["data"]["task"].clone();
    let (old, new) = (task("plugins"), &then["plugins"]);
    assert!(old.as_str().unwrap().contains(first.as_str().unwrap()), "{old}");
    assert!(new.as_str().unwrap().contains(second.as_str().unwrap()), "{new}");
    farm.ok(["task", "cancel", "runs-1.one-x86_64"]);
    farm.mf(["build", "watch", "runs-1"]);
    assert_eq!(task("status_label"), "Cancelled");

    fs::remove_file(&file).unwrap();
    awaited::until("it is gone", || handler(&farm, "tell", "enabled") == false);
    assert!(farm.stop().success());
}

#[test]
fn a_plugin_that_is_loaded_is_not_loaded_again_when_another_comes() {
    let dir = tempfile::tempdir().unwrap();
    let mut farm = farm_on(dir.path(), false);
    let mark = hostile::dies_where_marked(&dir.path().join("constructor.so"));
    farm.up();
    let shown = || farm.ok(["plugin", "show", "constructor"]);
    assert!(shown().contains("vcs constructor  enabled"), "{}", shown());
    // Whoever loads it from now on sees it die.
    fs::write(&mark, "").unwrap();
    fs::copy(programs::plugin("bzr"), dir.path().join("libmf_plugin_bzr.so")).unwrap();
    awaited::until("the other is used", || farm.ok(["vcs-handler", "list"]).contains("bzr"));
    fs::remove_file(dir.path().join("libmf_plugin_bzr.so")).unwrap();
    awaited::until("the other is gone", || {
        farm.json(&["vcs-handler", "show", "bzr"])["data"]["vcs_handler"]["enabled"] == false
    });
    let shown = shown();
    assert!(shown.contains("vcs constructor  enabled") && !shown.contains("crash"), "{shown}");
    fs::remove_file(&mark).unwrap();
    assert!(farm.stop().success());
}

#[test]
fn a_build_has_no_network_and_writes_only_to_its_own_directories() {
    let dir = tempfile::tempdir().unwrap();
    let mut farm = farm_on(dir.path(), true);
    farm.up();
    world::make(&farm);
    let data = farm.data_dir().display().to_string();
    let outside = format!("/etc/monkeyfarm-test-{}", std::process::id());
    let commands = [
        "echo net: $(grep -v -e '|' -e ' lo:' /proc/net/dev | wc -l)".to_owned(),
        format!("echo keys: $(cat {data}/keys/* {data}/mf.conf {data}/hub.db 2>/dev/null | wc -c)"),
        format!("if echo x 2>/dev/null > {outside}; then echo outside: written; fi"),
        "echo x > /tmp/monkeyfarm-test-inside && rm /tmp/monkeyfarm-test-inside".to_owned(),
        "echo x > $MF_RESULT_DIR/kept".to_owned(),
    ];
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    let recipe = world::recipe(&commands);
    let source = Repository::new(farm.scratch().join("source"), &[(".monkeyfarm.toml", &recipe)]);
    let branch = world::package(&farm, "held", &source.url(), &["--release", "one"]);
    farm.ok(["build", "create", "-l", "held-1", "--package-branch", &branch, "--watch"]);
    let written = fs::remove_file(&outside).is_ok();
    let task = farm.json(&["task", "show", "held-1.one-x86_64"])["data"]["task"].clone();
    let isolation = task["isolation"].as_str().unwrap();
    let build = isolation.lines().find_map(|line| line.strip_prefix("generic: ")).unwrap();
    let source = isolation.lines().find_map(|line| line.strip_prefix("git: ")).unwrap();
    assert!(!source.contains("network"), "who fetches source has the network: {isolation}");
    let log = farm.ok(["task", "log", "held-1.one-x86_64"]);
    // What is in force holds; what is not is told.
    let held = |what: &str, holds: bool| match build.split("; missing: ").next().unwrap() {
        has if has.contains(what) => assert!(holds, "{what}: {isolation}\n{log}"),
        _ => eprintln!("skipped: {what}: {build}"),
    };
    held("no network", log.contains("\nnet: 0\n"));
    held("the worker's own files hidden", log.contains("\nkeys: 0\n"));
    held("writes only to its own directories", !written && !log.contains("\noutside: written"));
    assert!(farm.stop().success());
}

#[test]
fn only_what_is_locked_is_let_in_and_what_is_required_must_be_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut farm = farm_on(dir.path(), false);
    let data = farm.data_dir();
    fs::create_dir_all(&data).unwrap();
    let lock = data.join("plugins.lock").display().to_string();
    let plugins = dir.path().display().to_string();
    let locking = ["plugin", "lock", "--plugins-dir", &plugins, "--file", &lock];
    let mut mf = farm.mf_command();
    let ran = monkeyfarm_tests::Ran::of(mf.env_remove("MF_CONFIG").args(locking));
    assert_eq!(ran.code, 0, "{}", ran.err);
    for daemon in ["regulatord", "workerd"] {
        let config = "plugin_policy = 'require'\nrequired_plugins = ['git']\n";
        fs::write(data.join(format!("{daemon}.toml")), config).unwrap();
    }
    fs::copy(programs::example_plugin("mf_plugin_crash"), dir.path().join("crash.so")).unwrap();
    farm.up();
    farm.wait_for_message(&["crash.so: is not used, for plugin 'crash' is not in", &lock]);
    assert!(farm.stop().success());

    fs::remove_file(dir.path().join("libmf_plugin_git.so")).unwrap();
    let ran = monkeyfarm_tests::Ran::of(&mut farm.up_command());
    assert_eq!(ran.code, 78, "{}", ran.err);
    let told = "plugin 'git' is required (required_plugins), and no file in ";
    assert!(ran.err.contains(told), "{}", ran.err);
}
