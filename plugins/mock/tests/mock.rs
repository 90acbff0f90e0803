//! Builds by a stand-in for mock: what it is called with, what is kept, and
//! that nothing is left.
#![allow(clippy::unwrap_used)]

mod task;

use std::fs;

use monkeyfarm_plugin_api::{ArtifactKind, Failure, Repository};
use task::{Task, isolated};

fn kept(artifacts: &[monkeyfarm_plugin_api::Artifact]) -> Vec<(ArtifactKind, &str)> {
    artifacts.iter().map(|a| (a.kind, a.name.as_str())).collect()
}

#[test]
fn mock_builds_a_spec_file_and_leaves_nothing() {
    if !isolated() {
        return;
    }
    let task = Task::with_spec();
    let built = task.build().unwrap();
    assert_eq!(
        kept(&built.artifacts),
        [
            (ArtifactKind::Log, "rpmbuild.log"),
            (ArtifactKind::Source, "hello-1.0-1.src.rpm"),
            (ArtifactKind::File, "hello-1.0-1.x86_64.rpm"),
            (ArtifactKind::Log, "installed_pkgs.log"),
            (ArtifactKind::Config, "plain.cfg"),
            (ArtifactKind::Log, "root.log"),
            (ArtifactKind::Log, "state.log"),
        ]
    );
    for artifact in &built.artifacts {
        assert!(artifact.path.starts_with(&task.job.work_dir), "{artifact:?}");
        let text = fs::read_to_string(&artifact.path).unwrap();
        assert!(!text.is_empty() && !text.contains("sw0rdfish"), "{artifact:?}: {text}");
    }
    assert_eq!(task.phases(), ["config", "init", "buildsrpm", "installdeps", "rebuild", "clean"]);
    let calls = task.calls();
    for call in &calls {
        assert!(call.contains("--root plain --uniqueext mf-7.1-"), "{call}");
    }
    for offline in [2, 4] {
        assert!(calls[offline].contains(" --no-clean --offline "), "{}", calls[offline]);
    }
    assert!(!calls[1].contains("--offline") && !calls[3].contains("--offline"));
    assert!(task.farm.progress().contains(&"rpmbuild hello-1.0-1.src.rpm".to_owned()));
    task.assert_nothing_left();
}

#[test]
fn mock_builds_a_source_rpm_of_the_checkout_or_of_a_url() {
    if !isolated() {
        return;
    }
    let task = Task::new();
    task.write("php-5.2-1.src.rpm", "srpm");
    let built = task.build().unwrap();
    assert!(kept(&built.artifacts).contains(&(ArtifactKind::File, "php-5.2-1.x86_64.rpm")));
    assert_eq!(task.phases(), ["config", "init", "installdeps", "rebuild", "clean"]);

    let mut task = Task::new();
    let package = task.at("php-5.2-1.src.rpm");
    fs::write(&package, "srpm").unwrap();
    task.job.has_source = false;
    task.job.source_url = format!("file://{}", package.display());
    let built = task.build().unwrap();
    assert!(kept(&built.artifacts).contains(&(ArtifactKind::Source, "php-5.2-1.src.rpm")));
    task.assert_nothing_left();
}

#[test]
fn mock_takes_what_the_target_may_say_and_the_tags_repositories() {
    if !isolated() {
        return;
    }
    let mut task = Task::with_spec();
    task.job.handler_config = "[mock]\nwith = ['base']\ntimeout = '1h'\ncheck = true\n".into();
    task.job.target_config = "[mock]\nconfig = 'plain'\nwith = ['tests']\nwithout = ['docs']\n\
                              define = { vendor = 'The Farm' }\nenablerepo = ['extras']\n\
                              packages = ['perl(Foo)']\ncheck = false\ntimeout = '90m'\n\
                              release_suffix = '.{build_prefix}.el9'\n"
        .into();
    task.job.build_prefix = "ius".into();
    let url = "http://hub/repo/p/stable/el9/x86_64/".to_owned();
    task.job.repositories = vec![Repository { tag: "stable".into(), url }];
    task.build().unwrap();
    let rebuild = &task.calls()[4];
    for words in [
        "--with=base --with=tests --without=docs",
        "--enablerepo=extras --additional-package=perl(Foo)",
        "--addrepo=http://hub/repo/p/stable/el9/x86_64/",
        "--define=build_prefix ius --define=dist .ius.el9 --define=vendor The Farm",
        "--rpmbuild_timeout=5400 --nocheck",
    ] {
        assert!(rebuild.contains(words), "{words}: {rebuild}");
    }
    assert!(task.farm.log().iter().any(|line| line.starts_with("Start: ")));
    // Without a prefix there is no dot before it either.
    task.job.build_prefix.clear();
    fs::remove_file(task.at("etc/calls")).unwrap();
    task.build().unwrap();
    assert!(task.calls()[4].contains("--define=dist .el9"), "{}", task.calls()[4]);
}

#[test]
fn mock_takes_a_whole_configuration_only_where_the_host_lets_it() {
    if !isolated() {
        return;
    }
    let mut task = Task::with_spec();
    task.job.target_config = "[mock]\ntext = '''\nfail rebuild 10\n'''\n".into();
    let told = task.refusal();
    assert!(told.contains("set allow_config_text in plugins.d/mock.toml"), "{told}");
    assert!(task.calls().is_empty(), "nothing ran");
    task.job.local_config.table.insert("allow_config_text".into(), true.into());
    let failure = task.failure();
    assert!(failure.kept.iter().any(|a| a.name == "target.cfg"), "{:?}", kept(&failure.kept));
    task.assert_nothing_left();
}

#[test]
fn mock_keeps_the_logs_and_the_source_of_a_failure_and_removes_the_root() {
    if !isolated() {
        return;
    }
    let task = Task::with_spec();
    task.configure("plain.cfg", "fail rebuild 1\n");
    task.configure("plain.rebuild.log", "cc: oh no\nerror: Bad exit status from /x (%build)\n");
    let failure = task.failure();
    assert_eq!(
        failure.sentence,
        "rpmbuild: %build failed; its last words: cc: oh no; see build.log"
    );
    let names: Vec<_> = failure.kept.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "rpmbuild.log",
            "hello-1.0-1.src.rpm",
            "installed_pkgs.log",
            "plain.cfg",
            "root.log",
            "state.log"
        ]
    );
    assert_eq!(task.phases().last().unwrap(), "clean");
    task.assert_nothing_left();
}

#[test]
fn mock_that_cannot_clean_is_cleaned_by_the_next_build_or_sweep() {
    if !isolated() {
        return;
    }
    let task = Task::with_spec();
    let left = || fs::read_dir(task.at("cache/roots")).unwrap().count();
    task.configure("plain.cfg", "fail clean 60\n");
    task.build().unwrap();
    assert!(task.farm.log().iter().any(|l| l.contains("stays for now")));
    assert_eq!(left(), 1);
    let told = task.sweep().unwrap_err().sentence;
    assert!(told.contains("stays for now: another mock holds this build's chroot"), "{told}");
    assert_eq!(left(), 1);
    task.configure("plain.cfg", "");
    task.sweep().unwrap();
    task.assert_nothing_left();

    task.configure("plain.cfg", "fail clean 60\n");
    task.build().unwrap();
    task.configure("plain.cfg", "");
    let mut next = Task::with_spec();
    next.job.local_config = task.job.local_config.clone();
    next.job.cache_dir.clone_from(&task.job.cache_dir);
    next.build().unwrap();
    assert!(next.farm.log().iter().any(|l| l.contains("left by a task that was killed")));
    task.assert_nothing_left();
}

#[test]
fn mock_that_never_made_a_root_is_not_asked_to_remove_one() {
    if !isolated() {
        return;
    }
    let task = Task::with_spec();
    task.configure("plain.cfg", "never init\nfail clean 25\n");
    let told = task.refusal();
    assert!(told.starts_with("mock cannot use its LVM volumes"), "{told}");
    assert_eq!(task.phases(), ["config", "init"]);
    task.assert_nothing_left();
}

#[test]
fn mock_that_is_cancelled_is_ended_and_its_root_removed() {
    if !isolated() {
        return;
    }
    let task = Task::with_spec();
    task.configure("plain.cfg", "hang installdeps\n");
    let fifo = task.at("etc/hung");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let farm = task.farm.clone();
    let canceller = std::thread::spawn(move || {
        fs::read(fifo).unwrap();
        farm.cancel();
    });
    assert_eq!(task.build().unwrap_err(), Failure::cancelled());
    canceller.join().unwrap();
    assert_eq!(task.phases(), ["config", "init", "buildsrpm", "installdeps", "clean"]);
    task.assert_nothing_left();
}
