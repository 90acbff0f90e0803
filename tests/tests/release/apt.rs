//! apt installs from a tag's repository what is tagged, and nothing else.

use crate::debs::{Debs, can, changelog};

#[test]
fn apt_installs_what_is_tagged() {
    if !can() {
        return;
    }
    let debs = Debs::start();
    let farm = &debs.farm;
    farm.ok(["tag", "create", "-l", "stable", "--manage-repo=True", "--only-latest=True"]);
    debs.build("hello-1");
    for path in ["two-x86_64", "debian/one"] {
        let ran = debs.apt(path, &["update"]);
        assert_eq!(ran.code, 0, "{path}: {ran:?}");
        let ran = debs.apt(path, &["install", "--simulate", "hello"]);
        assert!(ran.out.contains("Inst hello (1.0 "), "{path}: {ran:?}");
    }
    let ran = debs.apt("debian/one", &["install", "hello"]);
    assert_eq!((ran.code, debs.installed().as_str()), (0, "1.0"), "{ran:?}");

    // The next version takes its place.
    debs.source.commit(&[("debian/changelog", &changelog("2.0"))]);
    debs.build("hello-2");
    assert_eq!(debs.apt("debian/one", &["update"]).code, 0);
    let ran = debs.apt("debian/one", &["upgrade"]);
    assert_eq!((ran.code, debs.installed().as_str()), (0, "2.0"), "{ran:?}");

    // Untagged, it is there no more.
    farm.ok(["build", "untag", "hello-2", "stable"]);
    monkeyfarm_tests::awaited::followed(farm, "stable");
    assert_eq!(debs.apt("debian/one", &["update"]).code, 0);
    let ran = debs.apt("debian/one", &["install", "--reinstall", "hello=2.0"]);
    assert!(ran.code != 0 || ran.out.contains("cannot be downloaded"), "{ran:?}");
}
