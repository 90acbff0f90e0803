//! What a host may say to the handler, and what a branch may not do.
#![allow(clippy::unwrap_used)]

mod served;

use std::fs;

use monkeyfarm_plugin_api::LocalConfig;
use monkeyfarm_plugin_api::kit::Recorder;
use monkeyfarm_vcs_kit::suite::web::{Content, Site, serve_tls};
use monkeyfarm_vcs_kit::suite::{Bench, World, run, sshd, tls};
use serde_json::{Value, json};
use served::{Branches, over_brz};

fn local(table: Value) -> LocalConfig {
    LocalConfig::new("plugins.d/bzr.toml", table)
}

fn branch(world: &Branches, name: &str) -> String {
    world.make(name);
    fs::write(world.work(name, "").join("a"), name).unwrap();
    world.commit(name, "", name)
}

#[test]
fn a_branch_that_leads_elsewhere_is_not_followed() {
    let world = over_brz();
    let bench = Bench::new(&world);
    branch(&world, "r");
    // A branch of this host that the server knows nothing of.
    let private = bench.dir.path().join("private");
    run(bench.dir.path(), "brz", &["init", "-q", "private"]);
    fs::write(private.join("secret"), "s3cret").unwrap();
    run(&private, "brz", &["add", "-q"]);
    run(&private, "brz", &["commit", "-q", "-m", "secret"]);
    let there = format!("file://{}", private.display());

    // A reference is a branch that says it is another one.
    let reference = world.base().join("reference/.bzr/branch");
    fs::create_dir_all(&reference).unwrap();
    fs::copy(world.base().join("r/.bzr/branch-format"), reference.join("../branch-format"))
        .unwrap();
    fs::write(reference.join("format"), "Bazaar-NG Branch Reference Format 1\n").unwrap();
    fs::write(reference.join("location"), &there).unwrap();
    // A stacked branch has its older revisions elsewhere.
    let stacked = world.base().join("stacked");
    let words = ["branch", "-q", "--stacked", "--no-tree", &there, stacked.to_str().unwrap()];
    run(bench.dir.path(), "brz", &words);

    for name in ["reference", "stacked"] {
        let url = world.url(name);
        let said = bench.refusal(&url, "");
        let told = format!("{url} leads on to where this worker may not fetch from: ");
        assert!(said.starts_with(&told), "{said}");
        assert!(bench.head(&url, "").is_err());
    }
    assert!(bench.cached("mirror").is_empty());
}

#[test]
fn https_takes_a_certificate_and_a_login_of_the_host() {
    let world = over_brz();
    let revision = branch(&world, "r");
    let mut bench = Bench::new(&world);
    let identity = tls::Identity::new(bench.dir.path());
    // joe:s3cret
    let authorization = "Basic am9lOnMzY3JldA==".to_owned();
    let site = Site { content: Content::Files(world.base()), authorization };
    let at = format!("https://{}", serve_tls(site, &identity));
    let url = format!("{at}/r");
    let said = bench.refusal(&url, "");
    assert!(said.starts_with(&format!("the certificate of {url} is not accepted: ")), "{said}");

    bench.local = local(json!({ "ca_file": identity.ca_file }));
    let told = format!("{url} wants to know who asks, and this worker has no key that it takes");
    assert_eq!(bench.refusal(&url, ""), told);

    let login = json!([{ "at": at, "user": "joe", "secret": "token" }]);
    bench.local = local(json!({ "ca_file": identity.ca_file, "login": login }));
    bench.farm = Recorder::new().with_secret("token", "s3cret");
    let (dir, found) = bench.try_checkout(&url, "").unwrap();
    assert_eq!(found, revision);
    let mut grep = std::process::Command::new("grep");
    let found = grep.args(["-rqa", "s3cret"]).arg(dir).arg(bench.cache()).status().unwrap();
    assert!(!found.success() && !bench.farm.log().concat().contains("s3cret"));

    bench.farm = Recorder::new().with_secret("token", "wrong");
    assert_eq!(bench.refusal(&url, ""), told);
    bench.local = local(json!({ "ca_file": identity.ca_file }));
    let with_password = url.replace("https://", "https://joe:s3cret@");
    assert_eq!(bench.try_checkout(&with_password, "").unwrap().1, revision);
}

#[test]
fn ssh_uses_the_key_and_the_hosts_that_the_host_names() {
    let world = over_brz();
    let revision = branch(&world, "r");
    let mut bench = Bench::new(&world);
    let sshd = sshd::serve(bench.dir.path());
    let path = world.base().join("r");
    let url = format!("bzr+ssh://{}@{}{}", sshd.user, sshd.address, path.display());
    let ssh = json!({ "identity_file": sshd.identity_file, "known_hosts": sshd.known_hosts });
    bench.local = local(json!({ "ssh": ssh }));
    assert_eq!(bench.head(&url, "").unwrap(), revision);
    assert_eq!(bench.try_checkout(&url, "").unwrap().1, revision);

    let nobody = bench.dir.path().join("nobody");
    fs::write(&nobody, "").unwrap();
    bench.local =
        local(json!({ "ssh": { "identity_file": sshd.identity_file, "known_hosts": nobody } }));
    let said = bench.refusal(&url, "");
    assert!(said.starts_with("the ssh key of ") && said.contains("known_hosts"), "{said}");
}

#[test]
fn a_url_made_from_a_name_and_the_name_stand_together() {
    let world = over_brz();
    let bench = Bench::new(&world);
    branch(&world, "r");
    world.branch("r", "next");
    fs::write(world.work("r", "next").join("a"), "next").unwrap();
    let next = world.commit("r", "next", "next");
    let url = format!("{}/next", world.url("r"));
    for reference in ["next", "2", "revno:2", "", &format!("revid:{next}")] {
        assert_eq!(bench.try_checkout(&url, reference).unwrap().1, next, "{reference}");
    }
    let said = bench.refusal("lp:bzr", "");
    assert!(said.contains("is short for an address that only Launchpad knows"), "{said}");
    let said = bench.refusal(&url, "99");
    assert_eq!(said, format!("{url} has no revision 99"));
}
