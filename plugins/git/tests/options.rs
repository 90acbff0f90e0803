//! What a host and the farm may say to the handler: logins, certificates, ssh,
//! submodules, large files, and the size of the cache.
#![allow(clippy::unwrap_used)]

mod served;

use std::fs;
use std::path::Path;

use monkeyfarm_plugin_api::LocalConfig;
use monkeyfarm_plugin_api::kit::Recorder;
use monkeyfarm_vcs_kit::suite::web::{Content, Site, serve, serve_tls};
use monkeyfarm_vcs_kit::suite::{Bench, World, run, sshd, tls};
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

fn holds(dir: &Path, text: &str) -> bool {
    let mut grep = std::process::Command::new("grep");
    grep.args(["-rqa", text]).arg(dir).status().unwrap().success()
}

#[test]
fn https_takes_a_certificate_that_the_host_trusts() {
    let world = over_daemon();
    let revision = repository(&world, "r");
    let mut bench = Bench::new(&world);
    let identity = tls::Identity::new(bench.dir.path());
    let site = Site { content: Content::Git(world.base()), authorization: String::new() };
    let url = format!("https://{}/r", serve_tls(site, &identity));
    let said = bench.refusal(&url, "");
    assert!(said.starts_with(&format!("the certificate of {url} is not accepted: ")), "{said}");
    bench.local = local(json!({ "ca_file": identity.ca_file }));
    assert_eq!(bench.try_checkout(&url, "").unwrap().1, revision);
    bench.local = local(json!({ "ca_file": "/no/such/file" }));
    let said = bench.refusal(&url, "");
    assert!(
        said.starts_with("plugins.d/git.toml of this host, `ca_file`: /no/such/file"),
        "{said}"
    );
}

#[test]
fn a_login_of_the_host_is_shown_to_its_server_alone() {
    let world = over_daemon();
    let revision = repository(&world, "r");
    let mut bench = Bench::new(&world);
    // joe:s3cret
    let site = || Site {
        content: Content::Git(world.base()),
        authorization: "Basic am9lOnMzY3JldA==".into(),
    };
    let (place, other) = (serve(site()), serve(site()));
    let at = format!("http://{place}");
    bench.local = local(json!({ "login": [{ "at": at, "user": "joe", "secret": "token" }] }));
    let url = format!("{at}/r");
    assert_eq!(
        bench.refusal(&url, ""),
        "plugins.d/git.toml of this host, `login`: there is no `token` in [secrets]"
    );
    bench.farm = Recorder::new().with_secret("token", "s3cret");
    assert_eq!(bench.head(&url, "").unwrap(), revision);
    let (dir, found) = bench.try_checkout(&url, "").unwrap();
    assert_eq!(found, revision);
    assert!(!holds(&dir, "s3cret") && !holds(&bench.cache(), "s3cret"));
    assert!(!bench.farm.log().concat().contains("s3cret"));
    let said = bench.refusal(&format!("http://{other}/r"), "");
    assert!(said.contains("wants to know who asks"), "{said}");
    assert!(bench.cached("home").is_empty());
}

#[test]
fn ssh_uses_the_key_and_the_hosts_that_the_host_names() {
    let world = over_daemon();
    let revision = repository(&world, "r");
    let mut bench = Bench::new(&world);
    let sshd = sshd::serve(bench.dir.path());
    let path = world.base().join("r");
    let (ip, port) = (sshd.address.ip(), sshd.address.port());
    let url = format!("ssh://{}@{ip}:{port}{}", sshd.user, path.display());
    let ssh = json!({ "identity_file": sshd.identity_file, "known_hosts": sshd.known_hosts });
    bench.local = local(json!({ "ssh": ssh }));
    assert_eq!(bench.head(&url, "").unwrap(), revision);
    assert_eq!(bench.try_checkout(&url, "").unwrap().1, revision);

    let nobody = bench.dir.path().join("nobody");
    fs::write(&nobody, "").unwrap();
    bench.local =
        local(json!({ "ssh": { "identity_file": sshd.identity_file, "known_hosts": nobody } }));
    let told = format!(
        "the ssh key of {url}'s host is not known to this worker: add it to its known_hosts"
    );
    assert_eq!(bench.refusal(&url, ""), told);
    let stranger = bench.dir.path().join("stranger");
    let words = ["-q", "-t", "ed25519", "-N", "", "-f", stranger.to_str().unwrap()];
    run(bench.dir.path(), "ssh-keygen", &words);
    let mut ssh = json!({ "identity_file": stranger, "known_hosts": sshd.known_hosts });
    bench.local = local(json!({ "ssh": ssh }));
    assert!(bench.refusal(&url, "").contains("wants to know who asks"));

    // The port, where the URL has none.
    ssh = json!({
        "identity_file": sshd.identity_file, "known_hosts": sshd.known_hosts, "port": port
    });
    bench.local = local(json!({ "ssh": ssh }));
    let short = format!("{}@{ip}:{}", sshd.user, path.display());
    assert_eq!(bench.try_checkout(&short, "").unwrap().1, revision);
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
