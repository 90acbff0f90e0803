//! Whole builds, in a chroot of Debian packages that mmdebstrap makes from
//! this host's own archive. Without mmdebstrap, root or an archive they say
//! that they are skipped.
#![allow(clippy::unwrap_used)]

mod task;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use monkeyfarm_plugin_api::ArtifactKind;
use task::{CHANGELOG, CONTROL, RULES, Task};

/// The tarball of a chroot with what every build requires, made once for all
/// runs of this program; `None` and a word where it cannot be.
fn tarball() -> Option<&'static Path> {
    static MADE: std::sync::OnceLock<Option<PathBuf>> = std::sync::OnceLock::new();
    let make = || {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = dir.join("bookworm.tar");
        if path.is_file() {
            return Some(path);
        }
        let first = dir.join(format!("bookworm-{}.tar", std::process::id()));
        let mut command = Command::new("mmdebstrap");
        command.args(["--quiet", "--mode=root", "--variant=buildd", "--include=fakeroot"]);
        let said = command.arg("bookworm").arg(&first).output();
        if said.as_ref().is_ok_and(|said| said.status.success()) {
            fs::rename(first, &path).unwrap();
            return Some(path);
        }
        eprintln!("skipped: no chroot: mmdebstrap: {said:?}");
        None
    };
    MADE.get_or_init(make).as_deref()
}

fn real(task: Task) -> Option<Task> {
    let mut task = task;
    fs::hard_link(tarball()?, task.at("chroots/base.tar"))
        .or_else(|_| fs::copy(tarball().unwrap(), task.at("chroots/base.tar")).map(drop))
        .unwrap();
    task.job.target_config = "[debian]\nchroot = 'base.tar'\ntimeout = '10m'\n".into();
    Some(task)
}

#[test]
fn a_debian_package_is_built_from_a_checkout_and_from_its_dsc() {
    let Some(task) = real(Task::with_package()) else { return };
    let built = task.build().unwrap_or_else(|f| panic!("{f}\n{:#?}", task.farm.log()));
    let mut kept: Vec<_> = built.artifacts.iter().map(|a| (a.kind, a.name.as_str())).collect();
    kept.sort();
    let arch = Command::new("dpkg").arg("--print-architecture").output().unwrap().stdout;
    let arch = String::from_utf8(arch).unwrap().trim().to_owned();
    assert_eq!(
        kept,
        [
            (ArtifactKind::File, "hello_1.0_all.deb"),
            (ArtifactKind::File, &*format!("hello_1.0_{arch}.buildinfo")),
            (ArtifactKind::File, &*format!("hello_1.0_{arch}.changes")),
            (ArtifactKind::Source, "hello_1.0.dsc"),
            (ArtifactKind::Source, "hello_1.0.tar.gz"),
            (ArtifactKind::Config, "sources.list"),
        ]
    );
    let log = task.farm.log();
    assert!(log.iter().any(|l| l.contains("interfaces: 1 as 2000")), "{log:#?}");

    // Its own source package, as a scratch build has it.
    let mut again = real(Task::new()).unwrap();
    again.job.has_source = false;
    again.job.source_url = format!("file://{}/debian/hello_1.0.dsc", task.work().display());
    let built = again.build().unwrap_or_else(|f| panic!("{f}\n{:#?}", again.farm.log()));
    assert!(built.artifacts.iter().any(|a| a.name == "hello_1.0_all.deb"));
}

#[test]
fn a_debian_package_with_an_upstream_release_is_built() {
    let Some(task) = real(Task::with_package()) else { return };
    task.write("debian/changelog", &CHANGELOG.replace("1.0", "1.0-2"));
    task.write("debian/source/format", "3.0 (quilt)\n");
    let built = task.build().unwrap_or_else(|f| panic!("{f}\n{:#?}", task.farm.log()));
    let names: Vec<_> = built.artifacts.iter().map(|a| a.name.as_str()).collect();
    for name in ["hello_1.0-2_all.deb", "hello_1.0.orig.tar.gz", "hello_1.0-2.debian.tar.xz"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn failures_of_debian_builds_are_sentences() {
    let Some(task) = real(Task::with_package()) else { return };
    let source = "Standards-Version: 4.6.2\n";
    let required = format!("{source}Build-Depends: mf-no-such-package (>= 2)\n");
    task.write("debian/control", &CONTROL.replace(source, &required));
    let told = task.refusal();
    println!("{told}");
    assert!(
        told.starts_with("no archive has what the build requires: `mf-no-such-package"),
        "{told}"
    );

    let task = real(Task::with_package()).unwrap();
    task.write(
        "debian/rules",
        &RULES.replace("\techo \"interf", "\techo oh no; exit 3\n\techo \"interf"),
    );
    let told = task.refusal();
    println!("{told}");
    assert!(
        told.starts_with("the build failed with exit status 2: ") && told.contains("oh no"),
        "{told}"
    );

    let mut task = real(Task::with_package()).unwrap();
    task.write("debian/rules", &RULES.replace("\techo \"interf", "\tsleep 1000\n\techo \"interf"));
    task.job.target_config = "[debian]\nchroot = 'base.tar'\ntimeout = '2s'\n".into();
    let told = task.refusal();
    println!("{told}");
    assert!(told.starts_with("the build took longer than its timeout of 2s: raise"), "{told}");
}
