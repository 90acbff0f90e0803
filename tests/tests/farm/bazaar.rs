//! Source from a real Bazaar server, and what a host says to the plugin.

use std::fs;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};

use monkeyfarm_tests::{Farm, world};
use monkeyfarm_vcs_kit::suite::{listen, run};

fn answer_by_brz(branches: &Path, connection: TcpStream) {
    let stdin = OwnedFd::from(connection);
    let stdout = stdin.try_clone().unwrap();
    let mut server = Command::new("brz");
    server.args(["serve", "--inet", "--directory"]).arg(branches);
    server.env("BRZ_LOG", "/dev/null").env("BRZ_HOME", "/nonexistent");
    server.stdin(stdin).stdout(stdout).stderr(Stdio::null()).status().unwrap();
}

/// Commits a version: the new revision's id.
fn commit(tree: &Path, version: &str) -> String {
    fs::write(tree.join("version"), format!("version: {version}\n")).unwrap();
    run(tree, "brz", &["add", "-q"]);
    run(tree, "brz", &["commit", "-q", "-m", version]);
    let said = run(tree, "brz", &["revision-info"]);
    said.split_whitespace().nth(1).unwrap().to_owned()
}

#[test]
fn a_branch_of_brz_serve_is_built_and_its_revision_kept() {
    let mut farm = Farm::start();
    world::make(&farm);
    let base = farm.scratch().join("served");
    fs::create_dir(&base).unwrap();
    run(&base, "brz", &["init", "-q", "tool"]);
    let tree = base.join("tool");
    fs::write(tree.join(".monkeyfarm.toml"), world::recipe(&["cat version"])).unwrap();
    let first = commit(&tree, "one");
    run(&tree, "brz", &["tag", "-q", "v1"]);
    let second = commit(&tree, "two");
    let served = base.clone();
    let address = listen(move |connection| answer_by_brz(&served, connection));
    let url = format!("bzr://{address}/tool");

    let more = ["--release", "one", "--vcs-handler", "bzr"];
    let branch = world::package(&farm, "tool", &url, &more);
    for (build, reference, revision, text) in
        [("tool-1", "", &second, "version: two"), ("tool-2", "v1", &first, "version: one")]
    {
        farm.ok(["package-branch", "update", &branch, "--vcs-branch", reference]);
        let words =
            ["build", "create", "-l", build, "--package-branch", &branch, "--watch", "--logs"];
        let out = farm.ok(words);
        assert!(out.contains(text) && out.contains(&format!("at revision {revision}")), "{out}");
        let task = farm.json(&["task", "show", &format!("{build}.one-x86_64")]);
        assert_eq!(task["data"]["task"]["revision"], **revision);
        let shown = farm.json(&["build", "show", build]);
        assert_eq!(shown["data"]["build"]["revision"], **revision);
        let shown = farm.ok(["build", "show", build]);
        assert!(shown.contains(revision.as_str()), "{shown}");
    }

    for (reference, said) in [
        ("v2", "has no branch, tag or revision `v2`; the nearest tags it has: v1"),
        ("99", "has no revision 99"),
        ("-x", "`-x` is not a name that a branch, tag or revision can have"),
    ] {
        let vcs_branch = format!("--vcs-branch={reference}");
        farm.ok(["package-branch", "update", &branch, &vcs_branch]);
        let ran = farm.mf(["build", "create", "--package-branch", &branch, "--watch", "--logs"]);
        assert_eq!(ran.code, 1, "{reference}");
        assert!(format!("{}{}", ran.out, ran.err).contains(said), "{}{}", ran.out, ran.err);
    }

    // What the host says reaches the plugin, and another's does not.
    farm.stop();
    let plugins_d = farm.data_dir().join("plugins.d");
    fs::create_dir(&plugins_d).unwrap();
    fs::write(plugins_d.join("git.toml"), "no_such_key = 1\n").unwrap();
    fs::write(plugins_d.join("bzr.toml"), "allow_urls = ['bzr://example.org/team']\n").unwrap();
    farm.up();
    farm.ok(["package-branch", "update", &branch, "--vcs-branch="]);
    let ran = farm.mf(["build", "create", "--package-branch", &branch, "--watch", "--logs"]);
    let said = format!("is not allowed on this host: `allow_urls` of {}", plugins_d.display());
    assert_eq!(ran.code, 1);
    assert!(format!("{}{}", ran.out, ran.err).contains(&said), "{}{}", ran.out, ran.err);
}
