//! Bad input: each is a sentence, and mock is not even called.
#![allow(clippy::unwrap_used)]

mod task;

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;
use task::{SPEC, Task};

/// The sentence of a build that nothing may come of.
fn refused(task: &Task) -> String {
    let told = task.refusal();
    assert_eq!(task.calls(), [""; 0], "mock was called: {told}");
    task.assert_nothing_left();
    told
}

#[test]
fn mock_needs_one_spec_file_within_the_checkout() {
    let task = Task::new();
    assert!(refused(&task).starts_with("the checkout has no spec file: none ends in .spec at its"));

    let task = Task::new();
    task.write("a.spec", SPEC);
    task.write("b.spec", SPEC);
    assert_eq!(
        refused(&task),
        "the checkout has 2 spec files, `a.spec`, `b.spec`: name one `hello.spec`, or say which \
         in .monkeyfarm.toml: [mock] spec = \"…\""
    );

    let outside = Task::new();
    outside.write("secret.spec", SPEC);
    let task = Task::new();
    symlink(outside.job.source_dir.join("secret.spec"), task.job.source_dir.join("hello.spec"))
        .unwrap();
    assert_eq!(
        refused(&task),
        "`hello.spec` is a symbolic link that leads out of the checkout: put the file itself there"
    );
    fs::remove_file(task.job.source_dir.join("hello.spec")).unwrap();
    symlink("nowhere", task.job.source_dir.join("hello.spec")).unwrap();
    assert_eq!(refused(&task), "the checkout has no `hello.spec`, or a link to nothing");
    // A directory that is a link is not looked into at all.
    fs::remove_file(task.job.source_dir.join("hello.spec")).unwrap();
    symlink(&outside.job.source_dir, task.job.source_dir.join("SPECS")).unwrap();
    assert!(refused(&task).starts_with("the checkout has no spec file"));

    for name in ["--define=x.spec", "-hello.spec", "a b.spec", "a;id.spec"] {
        let task = Task::new();
        task.write(name, SPEC);
        let told = refused(&task);
        assert!(told.contains("is not one that mock can be given"), "{told}");
    }
    let mut task = Task::new();
    task.job.has_source = false;
    assert!(refused(&task).starts_with("there is no source: give the package-branch the url"));
}

#[test]
fn mock_takes_the_projects_word_for_its_spec_file_but_no_other_path() {
    for (spec, told) in [
        ("'../x.spec'", "is not a path within the checkout"),
        ("'/etc/passwd'", "is not a path within the checkout"),
        ("'none.spec'", "the checkout has no `none.spec`"),
        ("'dir'", "is no regular file, so no spec file"),
        ("3", ".monkeyfarm.toml, line 2, column 8: invalid type"),
    ] {
        let task = Task::new();
        task.write("dir/file", "");
        task.write(".monkeyfarm.toml", &format!("[mock]\nspec = {spec}\n[build]\nx = 1\n"));
        let said = refused(&task);
        assert!(said.contains(told), "{spec}: {said}");
    }
}

#[test]
fn mock_is_given_no_configuration_but_an_installed_one() {
    for name in ["../etc/plain", "/etc/mock/x", "-r", "--clean", "a b=c", "..", "plain.cfg", "é"] {
        let mut task = Task::with_spec();
        task.job.target_config = format!("[mock]\nconfig = {name:?}\n");
        let told = refused(&task);
        assert!(told.starts_with(&format!("the mock configuration {name:?} ")), "{told}");
    }
    let mut task = Task::with_spec();
    task.job.target_config = "other".into();
    assert!(refused(&task).starts_with("this worker has no mock configuration \"other\" in "));
    task.job.target_config.clear();
    assert!(refused(&task).contains("names no mock configuration: write the name of one that is"));
    task.job.target_config = "[mock]\nconfig = 'plain'\ntext = 'x'\n".into();
    assert!(refused(&task).contains("has both `config` and `text`"));
}

#[test]
fn mock_is_given_no_option_but_those_on_the_list() {
    for (line, told) in [
        ("plugin_option = ['x']", "unknown field `plugin_option`, expected one of `config`"),
        ("with = ['--shell']", "the option \"--shell\" begins with a dash"),
        ("enablerepo = ['a,b']", "the repository \"a,b\" contains ','"),
        ("packages = ['-y']", "the package \"-y\" begins with a dash"),
        ("addrepo = ['ext::sh']", "cannot download \"ext::sh\": it is no URL"),
        ("addrepo = ['gopher://x/']", "not by \"gopher\""),
        ("define = { 'a b' = 'c' }", "the macro \"a b\" contains ' '"),
        ("define = { a = '' }", "the value of macro `a`"),
        ("forcearch = '../x'", "the option \"../x\" contains '/'"),
        ("release_suffix = '.a-b'", "the release_suffix \".a-b\" contains '-'"),
        ("timeout = 'long'", "line 3, column 11: invalid value: string \"long\", expected"),
    ] {
        let mut task = Task::with_spec();
        task.job.target_config = format!("[mock]\nconfig = 'plain'\n{line}\n");
        let said = refused(&task);
        assert!(said.contains(told), "{line}: {said}");
    }
    let mut task = Task::with_spec();
    task.job.build_prefix = "a/../b".into();
    assert!(refused(&task).starts_with("the build prefix \"a/../b\" contains '/'"));
}

#[test]
fn mock_downloads_only_source_rpms_and_none_too_large() {
    let mut task = Task::new();
    task.job.has_source = false;
    task.job.source_url = "https://h/hello.dsc".into();
    assert!(refused(&task).contains("names no source RPM"));
    task.job.source_url = "https://h/-x.src.rpm".into();
    assert!(refused(&task).contains("names no source RPM"));
    task.job.source_url = "scp://h/x.src.rpm".into();
    assert!(refused(&task).contains("not by \"scp\""));
    let large = task.at("large.src.rpm");
    fs::File::create(&large).unwrap().set_len(1024 * 1024 + 1).unwrap();
    task.job.source_url = format!("file://{}", large.display());
    task.job.local_config.table.insert("source_limit_mib".into(), 1.into());
    assert!(refused(&task).contains("more than 1048576 bytes, which is this worker's limit"));
    task.job.local_config.table.insert("download_hosts".into(), json!(["pkgs.example.org"]));
    assert!(refused(&task).contains("this worker downloads only from pkgs.example.org"));
}

#[test]
fn mock_that_is_missing_or_may_not_run_is_told() {
    let mut task = Task::with_spec();
    let table = &mut task.job.local_config.table;
    table.insert("program".into(), "/no/such/mock".into());
    let told = refused(&task);
    assert!(told.contains("no such program") && told.contains("install mock"), "{told}");
    let table = &mut task.job.local_config.table;
    table.insert("program".into(), "/etc/passwd".into());
    assert!(refused(&task).starts_with("cannot run `passwd`: Permission denied"));
    let table = &mut task.job.local_config.table;
    table.insert("user".into(), "root".into());
    assert!(refused(&task).contains("is root, as whom mock does not build: add a user"));
    let table = &mut task.job.local_config.table;
    table.insert("user".into(), "mf-nobody-has-this".into());
    assert!(refused(&task).starts_with("this worker has no user \"mf-nobody-has-this\" for mock"));
    let table = &mut task.job.local_config.table;
    table.insert("programm".into(), "x".into());
    assert!(refused(&task).contains("unknown field `programm`"));
}
