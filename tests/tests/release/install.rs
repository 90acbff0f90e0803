//! dnf installs from a tag's repository what is tagged, and nothing else.

use crate::rpms::{Rpms, can, spec};

#[test]
fn dnf_installs_what_is_tagged() {
    if !can() {
        return;
    }
    let rpms = Rpms::start();
    let farm = &rpms.farm;
    farm.ok(["tag", "create", "-l", "stable", "--manage-repo=True", "--only-latest=True"]);
    rpms.build("hello-1", &["--pre-tag", "stable"]);
    rpms.followed("stable");
    for path in ["el/one/x86_64", "two-x86_64"] {
        let ran = rpms.dnf("stable", path, &["repoquery", "hello"]);
        assert!(ran.out.contains("hello-0:1.0-1.noarch"), "{path}: {ran:?}");
    }
    let ran = rpms.dnf("stable", "el/one/x86_64", &["install", "hello"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(rpms.installed(), "1.0");

    // The next version takes its place.
    rpms.source.commit(&[("hello.spec", &spec("2.0"))]);
    rpms.build("hello-2", &["--pre-tag", "stable"]);
    rpms.followed("stable");
    let ran = rpms.dnf("stable", "el/one/x86_64", &["repoquery", "hello"]);
    assert_eq!(ran.out.trim(), "hello-0:2.0-1.noarch", "{ran:?}");
    let ran = rpms.dnf("stable", "el/one/x86_64", &["upgrade", "hello"]);
    assert_eq!((ran.code, rpms.installed().as_str()), (0, "2.0"), "{ran:?}");

    // Nothing moves while the tag is locked; untagged, it is there no more.
    farm.ok(["tag", "lock", "stable"]);
    assert_ne!(farm.mf(["build", "untag", "hello-2", "stable"]).code, 0);
    farm.ok(["tag", "unlock", "stable"]);
    farm.ok(["build", "untag", "hello-2", "stable"]);
    rpms.followed("stable");
    let ran = rpms.dnf("stable", "el/one/x86_64", &["repoquery", "hello"]);
    assert_eq!((ran.code, ran.out.trim()), (0, ""), "{ran:?}");
    let ran = rpms.dnf("stable", "el/one/x86_64", &["reinstall", "hello"]);
    assert_ne!(ran.code, 0, "{ran:?}");
    let shown = farm.ok(["tag", "show", "stable"]);
    assert!(shown.contains("/repo/demo/stable/") && shown.contains("current as of "), "{shown}");
}
