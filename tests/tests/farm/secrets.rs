//! What this host keeps for one plugin reaches its handlers and nobody else,
//! and is shown nowhere.

use std::fs;

use monkeyfarm_tests::{Farm, Options, programs, world};

#[test]
fn a_secret_is_masked_wherever_a_plugin_tells_it() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str| dir.path().join(name);
    for name in ["git", "generic"] {
        let file = format!("libmf_plugin_{name}.so");
        fs::copy(programs::plugin(name), put(&file)).unwrap();
    }
    fs::copy(programs::example_plugin("mf_plugin_cruel"), put("libmf_plugin_cruel.so")).unwrap();
    let plugins_dirs = vec![dir.path().to_path_buf()];
    let mut farm = Farm::prepared(Options { plugins_dirs, ..Options::default() });
    let plugins_d = farm.data_dir().join("plugins.d");
    fs::create_dir_all(&plugins_d).unwrap();
    fs::write(plugins_d.join("cruel.toml"), "[secrets]\ntoken = 'sw0rdfish-and-chips'\n").unwrap();
    fs::write(plugins_d.join("generic.toml"), "[secrets]\nother = 'b1rdseed-and-nuts'\n").unwrap();
    farm.up();
    world::make(&farm);
    for package in ["fails", "panics"] {
        let more = ["--release", "one", "--build-handler", "tells"];
        let branch = world::package(&farm, package, "", &more);
        let label = format!("{package}-1");
        farm.mf(["build", "create", "-l", &label, "--package-branch", &branch, "--watch"]);
        let task = format!("{label}.one-x86_64");
        let log = farm.ok(["task", "log", &task]);
        for line in ["the other one's: None", "whole: ***", "torn: ***"] {
            assert!(log.contains(line), "{line}: {log}");
        }
        let shown = farm.json(&["task", "show", &task])["data"]["task"].to_string();
        assert!(shown.contains(" with ***"), "{shown}");
        let mut all = vec![log, shown, farm.ok(["plugin", "show", "cruel"])];
        all.push(farm.ok(["build", "show", &label, "--json"]));
        all.extend(farm.messages());
        for text in all {
            assert!(!text.contains("sw0rdfish") && !text.contains("b1rdseed"), "{text}");
        }
    }
    assert!(farm.stop().success());
}
