//! Plugins that crash where no build is: in a hook, when the regulator asks a
//! handler, and while a worker loads them. The hub hears of each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use mf_client::{Events, Hub, Next};
use monkeyfarm_tests::{Farm, Options, awaited, hostile, programs, world};

/// A farm that has the plugin `cruel` beside those that it needs.
fn cruel(says: &str) -> (Farm, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    for name in ["git", "generic"] {
        let file = format!("libmf_plugin_{name}.so");
        fs::copy(programs::plugin(name), dir.path().join(file)).unwrap();
    }
    let file = dir.path().join("libmf_plugin_cruel.so");
    fs::copy(programs::example_plugin("mf_plugin_cruel"), file).unwrap();
    let plugins_dirs = vec![dir.path().to_path_buf()];
    let mut farm = Farm::prepared(Options { plugins_dirs, ..Options::default() });
    let plugins_d = farm.data_dir().join("plugins.d");
    fs::create_dir_all(&plugins_d).unwrap();
    fs::write(plugins_d.join("cruel.toml"), says).unwrap();
    farm.up();
    (farm, dir)
}

#[test]
fn a_hook_that_dies_again_and_again_is_quarantined_with_its_last_words() {
    let (mut farm, _dir) = cruel("die = true\n[secrets]\ntoken = 'sw0rdfish'\n");
    farm.wait_for_message(&["cruel.so: it crashed 3 times in a row", "SIGABRT"]);
    farm.wait_for_message(&["cruel/dies-again: is not run any more"]);
    let shown = farm.ok(["plugin", "show", "cruel"]);
    for words in ["on regulator, in handler dies-again:", "dying with ***", "quarantined 2"] {
        assert!(shown.contains(words), "{words} is not in:\n{shown}");
    }
    let status = farm.ok(["status"]);
    assert!(shown.contains("hook dies-again  disabled"), "{shown}");
    for words in ["quarantined", "cruel ", " UTC: it crashed 3 times in a row"] {
        assert!(status.contains(words), "{words} is not in:\n{status}");
    }
    assert!(!shown.contains("sw0rdfish"), "{shown}");
    assert!(!farm.messages().iter().any(|line| line.contains("sw0rdfish")));
    assert!(farm.stop().success());
}

#[test]
fn a_handler_that_dies_when_the_regulator_asks_it_is_quarantined() {
    let (mut farm, _dir) = cruel("");
    world::make(&farm);
    for name in ["a", "b", "c"] {
        let url = format!("https://{name}.example.org/");
        let more = ["--vcs-handler", "dies", "--build-on-commit", "true", "--release", "one"];
        world::package(&farm, name, &url, &more);
    }
    farm.wait_for_message(&["cruel.so: it crashed 3 times in a row", "SIGABRT"]);
    let shown = farm.ok(["plugin", "show", "cruel"]);
    assert!(shown.contains("on regulator, in handler dies:"), "{shown}");
    assert!(shown.contains("| looking at https://"), "{shown}");
    assert!(farm.stop().success());
}

#[test]
fn a_plugin_that_dies_while_one_worker_loads_it_is_told_and_used_by_others() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["git", "generic"] {
        let file = format!("libmf_plugin_{name}.so");
        fs::copy(programs::plugin(name), dir.path().join(file)).unwrap();
    }
    let mark = hostile::dies_where_marked(&dir.path().join("constructor.so"));
    let plugins_dirs = vec![dir.path().to_path_buf()];
    let mut farm = Farm::with(Options { plugins_dirs, ..Options::default() });
    farm.wait_for_message(&["handlers constructor, generic, git"]);

    fs::write(&mark, "").unwrap();
    let (mut worker, said) = second_worker(&farm, dir.path());
    let told =
        "on second, while it was loaded: cannot be loaded: its process was ended by signal 6";
    awaited::until("the hub hears of the crash", || {
        farm.mf(["plugin", "show", "constructor"]).out.contains(told)
    });
    let shown = farm.ok(["plugin", "show", "constructor"]);
    assert!(shown.contains("| this host is marked"), "{shown}");
    assert!(shown.contains("vcs constructor  enabled"), "{shown}");
    let uses = || fs::read_to_string(&said).unwrap().contains("handlers constructor, generic, git");
    assert!(!uses());

    // It is tried again, and told again.
    farm.ok(["plugin", "clear", "constructor"]);
    awaited::until("the hub hears of it again", || {
        farm.mf(["plugin", "show", "constructor"]).out.contains(told)
    });
    // Its host is mended, somebody says so, and nobody starts it anew.
    fs::remove_file(&mark).unwrap();
    farm.ok(["plugin", "clear", "constructor"]);
    awaited::until("the worker uses it", uses);
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert!(farm.stop().success());
}

#[test]
fn a_worker_that_starts_while_a_plugin_is_quarantined_hears_when_that_ends() {
    let (mut farm, dir) = cruel("die = true\n");
    farm.wait_for_message(&["cruel/dies-again: is not run any more"]);
    let (mut worker, said) = second_worker(&farm, dir.path());
    let read = || fs::read_to_string(&said).unwrap();
    awaited::until("the worker is there", || {
        farm.ok(["system", "list"]).contains("second") && read().contains("handlers generic, git")
    });
    farm.ok(["plugin", "clear", "cruel"]);
    awaited::until("the worker uses it", || {
        // The hook dies on, until it is in quarantine again.
        farm.ok(["plugin", "clear", "cruel"]);
        read().contains("tells")
    });
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert!(farm.stop().success());
}

#[test]
fn a_plugin_that_is_cleared_the_moment_it_is_quarantined_is_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(programs::plugin("git"), dir.path().join("libmf_plugin_git.so")).unwrap();
    let (file, new) = (dir.path().join("constructor.so"), dir.path().with_extension("new"));
    let plugins_dirs = vec![dir.path().to_path_buf()];
    let mut farm = Farm::with(Options { plugins_dirs, ..Options::default() });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let hub =
        Hub::new(&farm.setting("url"), Some(farm.setting("api_key").parse().unwrap())).unwrap();
    let used = || {
        let all = farm.messages();
        all.iter().filter(|line| line.contains("handlers constructor, git")).count()
    };
    for round in 1..=4 {
        // It crashes wherever it is loaded, in the regulator's hook and in the
        // worker; then its host is mended, and somebody clears it before either
        // has done anything else.
        let mark = hostile::dies_where_marked(&new);
        let mut bytes = fs::read(&new).unwrap();
        bytes.push(round);
        fs::write(&new, bytes).unwrap();
        fs::write(&mark, "").unwrap();
        runtime.block_on(async {
            let mut events = Events::open(&hub, &[("resource", "util")]).await.unwrap();
            fs::rename(&new, &file).or_else(|_| fs::copy(&new, &file).map(drop)).unwrap();
            while !matches!(events.next().await.unwrap(),
                Next::Event(event) if event.changes.contains_key("quarantined"))
            {}
            fs::remove_file(&mark).unwrap();
            let given = serde_json::json!({ "plugin": "constructor" });
            hub.call("util", None, "clear_plugin", given.as_object().unwrap()).await.unwrap();
        });
        // The hub knows nothing of it until it has been tried again.
        let shown = || farm.mf(["plugin", "show", "constructor"]).out;
        awaited::until("the regulator uses it", || shown().contains("vcs constructor  enabled"));
        awaited::until("the worker uses it", || used() == usize::from(round));
        assert!(!shown().contains("quarantined"), "{}", shown());
    }
    assert!(farm.stop().success());
}

/// Another worker of the farm, with the same plugins; and where it says what it
/// does.
fn second_worker(farm: &Farm, plugins_dir: &Path) -> (Child, PathBuf) {
    farm.ok(["system", "create", "-l", "second"]);
    let key = farm.json(&["system", "create-key", "second"])["data"]["key"].clone();
    let key_file = farm.scratch().join("second.key");
    fs::write(&key_file, key.as_str().unwrap()).unwrap();
    let said = farm.scratch().join("second.log");
    let worker = Command::new(programs::program("mf-workerd"))
        .args(["--config", "/dev/null", "--url", &farm.setting("url"), "--key-file"])
        .arg(&key_file)
        .arg("--data-dir")
        .arg(farm.scratch().join("second"))
        .arg("--plugins-dir")
        .arg(plugins_dir)
        .stdin(Stdio::null())
        .stderr(fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    (worker, said)
}
