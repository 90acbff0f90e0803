//! Bad input: each is a sentence, before a chroot is made.
#![allow(clippy::unwrap_used)]

mod task;

use std::fs;
use std::os::unix::fs::symlink;

use task::Task;

fn refused(task: &Task) -> String {
    let told = task.refusal();
    assert!(!task.work().join("chroot").exists(), "a chroot was made: {told}");
    told
}

#[test]
fn a_checkout_needs_its_directory_debian() {
    let task = Task::new();
    assert!(refused(&task).starts_with("the checkout has no directory debian at its top"));
    symlink("/etc", task.job.source_dir.join("debian")).unwrap();
    assert!(refused(&task).starts_with("the checkout has no directory debian at its top"));
    for name in ["control", "changelog", "rules"] {
        let task = Task::with_package();
        let path = task.job.source_dir.join("debian").join(name);
        fs::remove_file(&path).unwrap();
        let told = format!("the checkout has no file debian/{name} (a symbolic link is none)");
        assert_eq!(refused(&task), told);
        symlink("/etc/passwd", &path).unwrap();
        assert_eq!(refused(&task), told);
    }
    let task = Task::with_package();
    task.write("debian/changelog", "../x (1.0) unstable; urgency=low\n");
    assert!(refused(&task).starts_with("debian/changelog does not begin with"));
    let mut task = Task::new();
    task.job.has_source = false;
    assert!(refused(&task).starts_with("there is no source: give the package-branch the url"));
}

#[test]
fn a_target_says_what_is_on_the_list_and_nothing_else() {
    for (config, told) in [
        ("", "names no suite: write one, such as bookworm"),
        ("--mode", "the suite \"--mode\" begins with a letter or digit"),
        ("[debian]\nsuite = '../x'", "the suite \"../x\" begins"),
        ("[debian]\nchroot = '../x.tar'", "the chroot \"../x.tar\" begins"),
        ("[debian]\nsuite = 'a'\npackages = ['-o']", "the package \"-o\" begins"),
        ("[debian]\nsuite = 'a'\ncomponents = ['a b']", "the component \"a b\" begins"),
        ("[debian]\nsuite = 'a'\nmirror = 'ext::x'", "cannot download \"ext::x\": it is no URL"),
        ("[debian]\nsuite = 'a'\nhook = 'x'", "line 3, column 1: unknown field `hook`, expected"),
        ("[debian]\nchroot = 'none.tar'", "this worker has no chroot "),
    ] {
        let mut task = Task::with_package();
        task.job.target_config = config.into();
        let said = refused(&task);
        assert!(said.contains(told), "{config}: {said}");
    }
}

#[test]
fn only_source_packages_are_downloaded() {
    let mut task = Task::new();
    task.job.has_source = false;
    task.job.source_url = "https://h/hello.src.rpm".into();
    assert!(refused(&task).contains("names no Debian source package"));
    let dsc = task.at("hello_1.0.dsc");
    fs::write(&dsc, "Format: 1.0\nFiles:\n 0ab 12 ../../etc/passwd\n").unwrap();
    task.job.source_url = format!("file://{}", dsc.display());
    assert!(refused(&task).contains("lists \"../../etc/passwd\", which is no file's name"));
    fs::write(&dsc, "no such thing").unwrap();
    assert!(refused(&task).contains("lists 0 files: it is no .dsc"));
}

/// A task whose chroot is a tarball of these empty files.
fn on_tarball(files: &[&str]) -> Task {
    let mut task = Task::with_package();
    let tree = task.at("tree");
    for name in files {
        let path = tree.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    let mut tar = std::process::Command::new("tar");
    tar.arg("-cf").arg(task.at("chroots/c.tar")).arg("-C").arg(&tree).arg(".");
    assert!(tar.status().unwrap().success());
    task.job.target_config = "[debian]\nchroot = 'c.tar'".into();
    task
}

#[test]
fn a_tarball_is_of_a_debian_system_and_may_have_a_place_for_builds() {
    // One that has it all in a directory of its own.
    let told = on_tarball(&["bookworm/etc/passwd", "bookworm/etc/group"]).refusal();
    let says =
        "the chroot c.tar is no Debian system: it has no /etc/passwd at its top; make it with";
    assert!(told.starts_with(says), "{told}");

    if !fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0) {
        eprintln!("skipped: only root can give the place of a build to its user");
        return;
    }
    let system = ["etc/passwd", "etc/group", "etc/apt/sources.list.d/x.list", "build/old"];
    let task = on_tarball(&system);
    // There is no program in it; but it comes to where one is run.
    let told = task.refusal();
    assert!(!told.contains("furnish"), "{told}");
    assert!(task.work().join("chroot/build").is_dir());
    assert!(!task.work().join("chroot/build/old").exists());
}
