//! Source from a real git server, at a branch, a tag and a hash.

use monkeyfarm_tests::repository::{GitDaemon, Repository};
use monkeyfarm_tests::{Farm, world};

#[test]
fn a_branch_a_tag_and_a_hash_are_built() {
    let farm = Farm::start();
    world::make(&farm);
    let base = farm.scratch().join("served");
    let recipe = world::recipe(&["cat version"]);
    let served = Repository::new(
        base.join("tool"),
        &[(".monkeyfarm.toml", &recipe), ("version", "version: one\n")],
    );
    let first = served.git(&["rev-parse", "HEAD"]);
    served.git(&["tag", "--annotate", "v1", "--message=one"]);
    let second = served.commit(&[("version", "version: two\n")]);
    served.git(&["checkout", "--quiet", "-b", "next"]);
    let third = served.commit(&[("version", "version: three\n")]);
    served.git(&["checkout", "--quiet", "main"]);
    let daemon = GitDaemon::serve(&base);
    let url = daemon.url("tool");

    let branch = world::package(&farm, "tool", &url, &["--release", "one"]);
    for (number, (reference, revision, text)) in [
        ("next", &third, "version: three"),
        ("v1", &first, "version: one"),
        (second.as_str(), &second, "version: two"),
        ("", &second, "version: two"),
    ]
    .into_iter()
    .enumerate()
    {
        farm.ok(["package-branch", "update", &branch, "--vcs-branch", reference]);
        let build = format!("tool-{number}");
        let out = farm.ok([
            "build",
            "create",
            "-l",
            &build,
            "--package-branch",
            &branch,
            "--watch",
            "--logs",
        ]);
        assert!(out.contains(text), "{reference}:\n{out}");
        let shown = farm.json(&["task", "show", &format!("{build}.one-x86_64")]);
        assert_eq!(shown["data"]["task"]["revision"], **revision, "{reference}");
    }

    for (url, reference, said) in [
        (url.as_str(), "no-such-branch", "no-such-branch"),
        (&daemon.url("nothing-here"), "main", "nothing-here"),
        ("git://127.0.0.1:1/tool", "main", "127.0.0.1:1"),
        ("ext::sh -c true", "main", "ext"),
        (url.as_str(), "--upload-pack=true", "--upload-pack=true"),
    ] {
        farm.ok([
            "package-branch",
            "update",
            &branch,
            &format!("--vcs-branch={reference}"),
            "--url",
            url,
        ]);
        let ran = farm.mf(["build", "create", "--package-branch", &branch, "--watch", "--logs"]);
        let shown = format!("{}{}", ran.out, ran.err);
        assert_eq!(ran.code, 1, "{url} {reference}:\n{shown}");
        assert!(shown.contains(said) && shown.contains("BuildFail"), "{url} {reference}:\n{shown}");
    }
}
