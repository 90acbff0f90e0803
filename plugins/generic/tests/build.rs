//! Builds: what commands get, what is kept, and how they fail.
#![allow(clippy::unwrap_used)]

mod task;

use std::fs;
use std::path::Path;

use monkeyfarm_plugin_api::{ArtifactKind, Failure};
use task::Task;

#[test]
fn commands_run_in_the_checkout_and_files_are_kept() {
    let task = Task::with_recipe(
        r#"
        [build]
        commands = ["mkdir -p out/deep", "echo built > out/deep/a.bin", "tar -cf src.tar out"]
        files = ["out/**/*.bin"]
        sources = ["./*.tar"]
        "#,
    );
    let built = task.build().unwrap();
    let kept: Vec<_> = built.artifacts.iter().map(|a| (a.kind, a.name.as_str())).collect();
    assert_eq!(kept, [(ArtifactKind::File, "a.bin"), (ArtifactKind::Source, "src.tar")]);
    assert_eq!(built.artifacts[0].path, task.source().join("out/deep/a.bin"));
    assert_eq!(
        task.farm.log(),
        ["+ mkdir -p out/deep", "+ echo built > out/deep/a.bin", "+ tar -cf src.tar out"]
    );
    assert_eq!(task.farm.progress()[1], "command 2 of 3: echo built > out/deep/a.bin");
}

#[test]
fn the_environment_is_the_tasks_and_nothing_else() {
    let task = Task::with_recipe("[build]\ncommands = ['env > $MF_RESULT_DIR/env', 'pwd > pwd']");
    task.build().unwrap();
    let env = fs::read_to_string(task.job.result_dir.join("env")).unwrap();
    // The shell itself adds PWD, and some shells two more.
    let own = ["PWD=", "OLDPWD=", "SHLVL=", "_="];
    let mut env: Vec<_> =
        env.lines().filter(|line| !own.iter().any(|own| line.starts_with(own))).collect();
    env.sort();
    let work = task.job.work_dir.display();
    assert_eq!(
        env,
        [
            &format!("HOME={work}/home"),
            "LANG=C.UTF-8",
            "MF_ARCH=x86_64",
            "MF_BUILD=hello-1",
            "MF_DISTRO=redhat",
            "MF_PACKAGE=hello",
            "MF_PROJECT=ius",
            "MF_RELEASE=el6",
            &format!("MF_RESULT_DIR={work}/result"),
            "MF_TARGET=el6-x86_64",
            "MF_TASK=hello-1.el6-x86_64",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            &format!("TMPDIR={work}/tmp"),
        ]
    );
    let pwd = fs::read_to_string(task.source().join("pwd")).unwrap();
    assert_eq!(Path::new(pwd.trim()), task.source());
    assert!(task.job.work_dir.join("home").is_dir() && task.job.work_dir.join("tmp").is_dir());
}

#[test]
fn a_build_that_takes_too_long_is_stopped() {
    let text = "[build]\ncommands = ['true', 'exec sleep 1000']\ntimeout = '1s'\n";
    assert_eq!(
        Task::with_recipe(text).refusal(),
        "the build took longer than its timeout of 1s: stopped at command 2 of 2: exec sleep 1000"
    );
}

#[test]
fn a_failing_command_is_named_and_is_the_last() {
    let task = Task::with_recipe("[build]\ncommands = ['true', 'exit 7', 'touch after']\n");
    assert_eq!(task.refusal(), "command 2 of 3 failed with exit status 7: exit 7");
    assert_eq!(task.farm.log(), ["+ true", "+ exit 7"]);
    assert!(!task.source().join("after").exists());

    // -e: a line that fails ends its command.
    let task = Task::with_recipe("[build]\ncommands = [\"\"\"\nfalse\ntouch after\n\"\"\"]\n");
    assert_eq!(task.refusal(), "command 1 of 1 failed with exit status 1: false ...");
    assert!(!task.source().join("after").exists());

    let task = Task::with_recipe("[build]\ncommands = ['kill -KILL $$']\n");
    assert_eq!(task.refusal(), "command 1 of 1 was ended by signal 9 (SIGKILL): kill -KILL $$");
    // A command is no option of the shell.
    let task = Task::with_recipe("[build]\ncommands = ['-i']\n");
    assert_eq!(task.refusal(), "command 1 of 1 failed with exit status 127: -i");
}

#[test]
fn a_cancelled_build_ends_as_cancelled() {
    let task = Task::with_recipe("[build]\ncommands = ['echo > started; sleep 1000', 'true']\n");
    let fifo = task.source().join("started");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let farm = task.farm.clone();
    let canceller = std::thread::spawn(move || {
        fs::read(fifo).unwrap();
        farm.cancel();
    });
    assert_eq!(task.build().unwrap_err(), Failure::cancelled());
    canceller.join().unwrap();
}

#[test]
fn a_glob_that_matches_nothing_fails_the_build() {
    for key in ["files", "sources"] {
        let text = format!("[build]\ncommands = ['touch a.bin d.rpm']\n{key} = ['*.bin', '*.deb']");
        assert_eq!(
            Task::with_recipe(&text).refusal(),
            format!("all commands succeeded, but no file matches `*.deb` in `{key}`")
        );
    }
    // A directory is no file, `*` stays in its directory, and .git is not the project's.
    for glob in ["out", "*.bin", ".git/*", "**/config"] {
        let script = "mkdir out .git; touch out/a.bin .git/config";
        let text = format!("[build]\ncommands = ['{script}']\nfiles = ['{glob}']");
        let sentence = Task::with_recipe(&text).refusal();
        assert!(sentence.contains(&format!("no file matches `{glob}`")), "{sentence}");
    }
}

#[test]
fn links_are_neither_followed_nor_kept() {
    let task = Task::with_recipe(
        "[build]\ncommands = ['echo 1 > so.1; ln -s so.1 so; ln -s / top']\nfiles = ['so*', '**/so*']",
    );
    let built = task.build().unwrap();
    assert_eq!(built.artifacts.iter().map(|a| &*a.name).collect::<Vec<_>>(), ["so.1"]);
    assert!(task.farm.log().contains(&"`so` is not kept: it is a symbolic link".to_owned()));

    let task = Task::with_recipe("[build]\ncommands = ['ln -s /etc/passwd p']\nfiles = ['p']");
    assert_eq!(
        task.refusal(),
        "`p` in `files` matches only what is not kept, such as symbolic links"
    );
}

#[test]
fn two_files_of_one_name_are_both_named() {
    let text = "[build]\ncommands = ['mkdir a b; touch a/x b/x']\nfiles = ['*/x']";
    assert_eq!(
        Task::with_recipe(text).refusal(),
        "two files are named `x`, from `a/x` and from `b/x`: the hub keeps one of a name"
    );
    let text = "[build]\ncommands = ['touch x $MF_RESULT_DIR/x']\nfiles = ['x']";
    assert_eq!(
        Task::with_recipe(text).refusal(),
        "two files are named `x`, from the result directory and from `x`: \
         the hub keeps one of a name"
    );
    // One file matched twice is one file; a file may be a source too.
    let text = "[build]\ncommands = ['touch x']\nfiles = ['x', '?']\nsources = ['x']";
    assert_eq!(Task::with_recipe(text).build().unwrap().artifacts.len(), 2);
}
