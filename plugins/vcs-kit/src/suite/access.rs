//! What a host may say about how a server is reached: the certificate that it
//! trusts, who logs in where, and the keys of ssh.

use std::fs;
use std::path::Path;
use std::process::Command;

use monkeyfarm_plugin_api::LocalConfig;
use monkeyfarm_plugin_api::kit::Recorder;
use serde_json::{Value, json};

use super::bench::write;
use super::web::{Site, serve, serve_tls};
use super::{Bench, World, run, sshd, tls};

/// What `joe` with the password `s3cret` sends.
const JOE: &str = "Basic am9lOnMzY3JldA==";

fn local(table: Value) -> LocalConfig {
    LocalConfig::new("plugins.d/vcs.toml", table)
}

/// A repository `r` with a file, and its revision.
fn repository(world: &dyn World) -> String {
    world.make("r");
    write(&world.work("r", ""), "a", "r");
    world.commit("r", "", "r")
}

/// A file below `dir` has this text.
fn holds(dir: &Path, text: &str) -> bool {
    Command::new("grep").args(["-rqa", text]).arg(dir).status().unwrap().success()
}

/// A certificate is believed where the host names its authority in `ca_file`.
pub fn https_takes_a_certificate_that_the_host_trusts(world: &dyn World) {
    let revision = repository(world);
    let mut bench = Bench::new(world);
    let identity = tls::Identity::new(bench.dir.path());
    let site = Site { content: world.content(), authorization: String::new() };
    let url = format!("https://{}/r", serve_tls(site, &identity));
    let said = bench.refusal(&url, "");
    assert!(said.starts_with(&format!("the certificate of {url} is not accepted: ")), "{said}");

    bench.local = local(json!({ "ca_file": identity.ca_file }));
    assert_eq!(bench.try_checkout(&url, "").unwrap().1, revision);
    bench.local = local(json!({ "ca_file": "/no/such/file" }));
    let said = bench.refusal(&url, "");
    let told = "plugins.d/vcs.toml of this host, `ca_file`: /no/such/file";
    assert!(said.starts_with(told), "{said}");
}

/// A login of the host is shown to its own server, and kept nowhere.
pub fn a_login_of_the_host_is_shown_to_its_server_alone(world: &dyn World) {
    let revision = repository(world);
    let mut bench = Bench::new(world);
    let site = || Site { content: world.content(), authorization: JOE.to_owned() };
    let (place, other) = (serve(site()), serve(site()));
    let at = format!("http://{place}");
    let url = format!("{at}/r");
    let nobody = format!("{url} wants to know who asks");
    let said = bench.refusal(&url, "");
    assert!(said.starts_with(&nobody), "{said}");

    bench.local = local(json!({ "login": [{ "at": at, "user": "joe", "secret": "token" }] }));
    let told = "plugins.d/vcs.toml of this host, `login`: there is no `token` in [secrets]";
    assert_eq!(bench.refusal(&url, ""), told);
    bench.farm = Recorder::new().with_secret("token", "wrong");
    let said = bench.refusal(&url, "");
    assert!(said.starts_with(&nobody), "{said}");

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

/// Ssh uses the key that the host names, with the servers that it knows.
pub fn ssh_uses_the_key_and_the_hosts_that_the_host_names(world: &dyn World) {
    let revision = repository(world);
    let mut bench = Bench::new(world);
    let sshd = sshd::serve(bench.dir.path());
    let url = world.url_over_ssh(&sshd, "r");
    let ssh = json!({ "identity_file": sshd.identity_file, "known_hosts": sshd.known_hosts });
    bench.local = local(json!({ "ssh": ssh }));
    assert_eq!(bench.head(&url, "").unwrap(), revision);
    assert_eq!(bench.try_checkout(&url, "").unwrap().1, revision);

    let nobody = bench.dir.path().join("nobody");
    fs::write(&nobody, "").unwrap();
    let ssh = json!({ "identity_file": sshd.identity_file, "known_hosts": nobody });
    bench.local = local(json!({ "ssh": ssh }));
    let said = bench.refusal(&url, "");
    assert!(said.starts_with("the ssh key of ") && said.contains("known_hosts"), "{said}");

    let stranger = bench.dir.path().join("stranger");
    let words = ["-q", "-t", "ed25519", "-N", "", "-f", stranger.to_str().unwrap()];
    run(bench.dir.path(), "ssh-keygen", &words);
    let ssh = json!({ "identity_file": stranger, "known_hosts": sshd.known_hosts });
    bench.local = local(json!({ "ssh": ssh }));
    let said = bench.refusal(&url, "");
    assert!(said.contains("wants to know who asks"), "{said}");
}
