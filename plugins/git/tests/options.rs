//! What a host and the farm may say to the handler beside what the suite asks
//! of each: submodules, large files, and the size of the cache.
#![allow(clippy::unwrap_used)]

mod served;

use std::fs;

use monkeyfarm_plugin_api::LocalConfig;
use monkeyfarm_vcs_kit::suite::{Bench, World, run, sshd};
use serde_json::{Value, json};
use served::{Repositories, over_daemon};

fn local(table: Value) -> LocalConfig {
    LocalConfig::new("plugins.d/git.toml", table)
}

/// A repository `r` whose file `a` says so, and its revision.
fn repository(world: &Repositories, name: &str) -> String {
    world.make(name);
    fs::write(world.work(name, "").join("a"), name).unwrap();
    world.commit(name, "", name)
}

#[test]
fn a_host_may_name_the_port_that_an_url_has_not() {
    let world = over_daemon();
    let revision = repository(&world, "r");
    let mut bench = Bench::new(&world);
    let sshd = sshd::serve(bench.dir.path());
    let (ip, port) = (sshd.address.ip(), sshd.address.port());
    let ssh = json!({
        "identity_file": sshd.identity_file, "known_hosts": sshd.known_hosts, "port": port
    });
    bench.local = local(json!({ "ssh": ssh }));
    let url = format!("{}@{ip}:{}", sshd.user, world.base().join("r").display());
    assert_eq!(bench.try_checkout(&url, "").unwrap().1, revision);
}

#[test]
fn submodules_come_where_they_are_asked_for_and_by_what_is_allowed() {
    let world = over_daemon();
    let mut bench = Bench::new(&world);
    repository(&world, "inner");
    repository(&world, "r");
    let work = world.work("r", "");
    let inner = world.base().join("inner");
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add"];
    run(&work, "git", &[&add[..], &[inner.to_str().unwrap(), "sub/inner"]].concat());
    let modules = |url: &str| {
        let text = format!("[submodule \"x\"]\n\tpath = sub/inner\n\turl = {url}\n");
        fs::write(work.join(".gitmodules"), text).unwrap();
        world.commit("r", "", url)
    };
    modules("../inner");
    let (dir, _) = bench.checkout("r", "");
    assert_eq!(fs::read_dir(dir.join("sub/inner")).unwrap().count(), 0);
    assert!(bench.farm.log().iter().any(|line| line.contains("which are not checked out")));

    let elsewhere = "[checkout]\nsubmodules = ['https://example.org/x']\n".to_owned();
    for (config, filled) in [
        (elsewhere, false),
        ("[checkout]\nsubmodules = true\n".to_owned(), true),
        (format!("[checkout]\nsubmodules = ['{}']\n", world.url("r")), true),
    ] {
        bench.config = config;
        let (dir, _) = bench.checkout("r", "");
        assert_eq!(dir.join("sub/inner/a").exists(), filled, "{}", bench.config);
    }
    modules(&world.url("inner"));
    let (dir, _) = bench.checkout("r", "");
    assert_eq!(fs::read_to_string(dir.join("sub/inner/a")).unwrap(), "inner");

    let made = bench.dir.path().join("made");
    for url in [
        format!("ext::touch {}", made.display()),
        format!("file://{}", inner.display()),
        inner.display().to_string(),
        "--upload-pack=touch".to_owned(),
        "../../../x".to_owned(),
    ] {
        modules(&url);
        let said = bench.refusal(&world.url("r"), "");
        assert!(said.starts_with("submodule `sub/inner` of "), "{said}");
    }
    assert!(!made.exists());
}

#[test]
fn large_files_come_where_they_are_asked_for() {
    let world = over_daemon();
    let mut bench = Bench::new(&world);
    world.make("r");
    let work = world.work("r", "");
    run(&work, "git", &["lfs", "install", "--local"]);
    run(&work, "git", &["lfs", "track", "*.bin"]);
    fs::write(work.join("large.bin"), "large and true").unwrap();
    // It would send large files elsewhere.
    fs::write(work.join(".lfsconfig"), "[lfs]\n\turl = https://192.0.2.1/evil\n").unwrap();
    let url = format!("file://{}", world.base().join("r").display());
    run(&work, "git", &["config", "lfs.url", &url]);
    run(&work, "git", &["remote", "set-url", "origin", &url]);
    let revision = world.commit("r", "", "large");
    run(&work, "git", &["lfs", "push", "--all", "origin"]);
    bench.local = local(json!({ "allow_schemes": ["file"] }));
    let (dir, found) = bench.try_checkout(&url, "").unwrap();
    assert_eq!(found, revision);
    assert!(
        fs::read_to_string(dir.join("large.bin")).unwrap().starts_with("version https://git-lfs")
    );
    assert!(bench.farm.log().iter().any(|line| line.contains("which are not fetched")));
    bench.config = "[checkout]\nlfs = true\n".into();
    let (dir, _) = bench.try_checkout(&url, "").unwrap();
    assert_eq!(fs::read_to_string(dir.join("large.bin")).unwrap(), "large and true");
}

#[test]
fn the_cache_keeps_to_its_size_but_for_what_is_in_use() {
    let world = over_daemon();
    let mut bench = Bench::new(&world);
    bench.local = local(json!({ "cache_mib": 0 }));
    repository(&world, "one");
    repository(&world, "two");
    let (first, _) = bench.checkout("one", "");
    bench.checkout("two", "");
    assert_eq!(bench.cached("mirror").len(), 2, "a checkout borrows from the first");
    assert_eq!(run(&first, "git", &["log", "--format=%s"]), "one");
    fs::remove_dir_all(first).unwrap();
    bench.checkout("two", "");
    assert_eq!(bench.cached("mirror").len(), 1);
    let (again, _) = bench.checkout("one", "");
    assert_eq!(fs::read_to_string(again.join("a")).unwrap(), "one");
    bench.local = local(json!({ "cache_mib": "much" }));
    assert_eq!(
        bench.refusal(&world.url("one"), ""),
        "plugins.d/git.toml of this host, `cache_mib`: invalid type: string \"much\", expected u64"
    );
}
