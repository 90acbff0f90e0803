//! The same handler with mock itself, offline, on a buildroot made of Debian
//! packages. `MOCK` names the program, else it is looked for on the `PATH`;
//! `MF_MOCK_FIXTURE` names the directory with `run-mock.sh`, a repository and
//! the configuration `local-x86_64`. Without them each test says that it is
//! skipped.
#![allow(clippy::unwrap_used)]

mod task;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::{ArtifactKind, Failure, LocalConfig};
use serde_json::json;
use task::{SPEC, Task};

/// Where the fixture is when nobody says otherwise.
const FIXTURE: &str = "/var/tmp/mf-mock-fixture";

/// The mock program and the fixture, or a word that the test is skipped.
fn host() -> Option<(String, PathBuf)> {
    let on_path = || {
        let dirs = std::env::var_os("PATH")?;
        std::env::split_paths(&dirs).map(|dir| dir.join("mock")).find(|path| path.is_file())
    };
    let named = std::env::var("MOCK").ok().filter(|name| !name.is_empty());
    let Some(mock) = named.or_else(|| on_path().map(|path| path.display().to_string())) else {
        eprintln!("skipped: no mock (neither on PATH, nor named by MOCK)");
        return None;
    };
    let fixture = std::env::var_os("MF_MOCK_FIXTURE").map_or(FIXTURE.into(), PathBuf::from);
    if !fixture.join("run-mock.sh").is_file() {
        eprintln!("skipped: no mock fixture in {} (MF_MOCK_FIXTURE names it)", fixture.display());
        return None;
    }
    Some((mock, fixture))
}

/// A task on a host with mock itself.
fn real() -> Option<Task> {
    let (mock, fixture) = host()?;
    let mut task = Task::new();
    let program = task.at("mock");
    let quoted = mock.replace('\'', r"'\''");
    let run = fixture.join("run-mock.sh");
    let text = format!(
        "#!/bin/sh\nexport MOCK='{quoted}'\nexec '{}' '{}' \"$@\"\n",
        run.display(),
        task.at("unused").display()
    );
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let local = json!({
        "program": program,
        "config_dir": fixture.join("etc"),
        "stage_dir": task.at("stage"),
    });
    fs::create_dir_all(task.at("stage")).unwrap();
    task.job.local_config = LocalConfig::new("plugins.d/mock.toml", local);
    task.job.target_config = "local-x86_64".into();
    Some(task)
}

fn with_spec(spec: &str) -> Option<Task> {
    let task = real()?;
    task.write("hello.spec", spec);
    task.write("hello.txt", "hello\n");
    Some(task)
}

/// Nothing of the task is left on this host.
fn assert_clean(task: &Task) {
    task.assert_nothing_left();
    let roots = fs::read_dir("/var/lib/mock").map(|d| d.flatten().collect::<Vec<_>>());
    let name = root_of(task);
    for entry in roots.unwrap_or_default() {
        let path = entry.path();
        assert!(!path.to_string_lossy().contains(&name), "left: {}", path.display());
    }
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(&name), "left mounted: {mounts}");
}

/// The name of a task's root, as the log of its calls has it.
fn root_of(task: &Task) -> String {
    let hash = task
        .job
        .work_dir
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    format!("mf-7.1-{hash:08x}")
}

fn read(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join("mock").join(name)).unwrap()
}

#[test]
fn real_mock_builds_a_checkout_without_a_network_and_leaves_nothing() {
    let spec = SPEC.replace(
        "%build\n",
        "%build\necho \"interfaces: $(grep -c : /proc/net/dev), $(cat \
         /sys/class/net/lo/operstate /proc/net/if_inet6)\"\necho \"prefix %{build_prefix}\"\n",
    );
    let Some(mut task) = with_spec(&spec) else { return };
    task.job.build_prefix = "ius".into();
    task.job.target_config =
        "[mock]\nconfig = 'local-x86_64'\nrelease_suffix = '.{build_prefix}.el9'\n".into();
    let built = task.build().unwrap();
    let mut kept: Vec<_> = built.artifacts.iter().map(|a| (a.kind, a.name.as_str())).collect();
    kept.sort();
    assert_eq!(
        kept,
        [
            (ArtifactKind::File, "hello-1.0-1.ius.el9.noarch.rpm"),
            (ArtifactKind::Source, "hello-1.0-1.ius.el9.src.rpm"),
            (ArtifactKind::Log, "installed_pkgs.log"),
            (ArtifactKind::Log, "root.log"),
            (ArtifactKind::Log, "rpmbuild.log"),
            (ArtifactKind::Log, "state.log"),
            (ArtifactKind::Config, "local-x86_64.cfg"),
        ]
    );
    let log = read(&task.job.work_dir, "build.log");
    assert!(log.contains("interfaces: 1, "), "only the loopback: {log}");
    assert!(log.contains("prefix ius"), "{log}");
    let said = task.farm.log();
    assert!(said.iter().any(|line| line.contains("interfaces: 1")), "live: {said:#?}");
    assert!(task.farm.progress().iter().any(|step| step.starts_with("rpmbuild hello")));
    assert_clean(&task);
}

#[test]
fn real_mock_builds_source_rpms_at_once_and_installs_what_they_require() {
    let Some((_, fixture)) = host() else { return };
    let tasks: Vec<_> = ["tiny", "withgcc"]
        .into_iter()
        .map(|name| {
            let mut task = real().unwrap();
            let package = fixture.join(format!("srpm/{name}-1.0-1.src.rpm"));
            task.job.has_source = false;
            task.job.source_url = format!("file://{}", package.display());
            if name == "withgcc" {
                task.job.target_config =
                    "[mock]\nconfig = 'local-x86_64'\ndynamic_requires = true\n".into();
            }
            std::thread::spawn(move || (task.build(), task, name))
        })
        .collect();
    for thread in tasks {
        let (built, task, name) = thread.join().unwrap();
        let built = built.unwrap_or_else(|f| panic!("{name}: {f}\n{:#?}", task.farm.log()));
        let made = built.artifacts.iter().filter(|a| a.kind == ArtifactKind::File);
        assert_eq!(
            made.map(|a| a.name.as_str()).collect::<Vec<_>>(),
            [&format!("{name}-1.0-1.noarch.rpm")]
        );
        assert_clean(&task);
    }
}

/// The rows of the exit table that a test can have.
#[test]
fn real_mock_exits_are_sentences() {
    if host().is_none() {
        return;
    }
    let spec = |from: &str, to: &str| SPEC.replace(from, to);
    let required = spec("BuildArch", "BuildRequires: no-such-package >= 2\nBuildArch");
    let rows: &[(String, &str)] = &[
        (
            spec("%build\n", "%build\necho oh no; exit 3\n"),
            "rpmbuild: %build failed; its last words: oh no",
        ),
        (required, "no repository has what the build requires: `no-such-package >= 2`; build it"),
        (
            spec("hello.txt", "gone.tar"),
            "the spec file wants the source `gone.tar`, which is not there",
        ),
        (
            spec("License: MIT\n", ""),
            "rpmbuild cannot make a source RPM of the spec file: License field must",
        ),
        (
            spec("%files\n", "%if 1\n%files\n"),
            "rpmbuild cannot make a source RPM of the spec file: ",
        ),
        (spec("/usr/share/hello\n", "/no/such\n"), "rpmbuild: "),
    ];
    for (spec, sentence) in rows {
        let task = with_spec(spec).unwrap();
        let failure = task.failure();
        println!("{}", failure.sentence);
        assert!(failure.sentence.starts_with(sentence), "{failure}\n{:#?}", task.farm.log());
        assert!(failure.kept.iter().any(|a| a.name == "root.log"), "{:?}", failure.kept);
        assert_clean(&task);
    }
}

#[test]
fn real_mock_is_stopped_at_its_timeout_and_by_a_cancel() {
    let slow = SPEC.replace("%build\n", "%build\necho begun; sleep 1000\n");
    let Some(mut task) = with_spec(&slow) else { return };
    task.job.target_config = "[mock]\nconfig = 'local-x86_64'\ntimeout = 2\n".into();
    let told = task.refusal();
    assert!(told.starts_with("the build took longer than its timeout of 2 s: raise"), "{told}");
    assert_clean(&task);

    let task = with_spec(&slow).unwrap();
    let farm = task.farm.clone();
    let (sender, receiver) = std::sync::mpsc::channel();
    let cancelling = std::thread::spawn(move || {
        // The recorder has no event; the build's own end is the limit.
        while receiver.recv_timeout(std::time::Duration::from_millis(100)).is_err() {
            if farm.log().iter().any(|line| line == "begun") {
                farm.cancel();
                return true;
            }
        }
        false
    });
    let ended = task.build();
    let _ = sender.send(());
    assert!(cancelling.join().unwrap(), "it never began: {:#?}", task.farm.log());
    assert_eq!(ended.unwrap_err(), Failure::cancelled());
    assert_clean(&task);
}

#[test]
fn real_mock_says_what_is_wrong_with_the_host() {
    let Some(mut task) = with_spec(SPEC) else { return };
    // What is no source RPM.
    let garbage = task.at("garbage-1-1.src.rpm");
    fs::write(&garbage, "garbage").unwrap();
    task.job.has_source = false;
    task.job.source_url = format!("file://{}", garbage.display());
    let told = task.refusal();
    assert!(told.starts_with("the source RPM cannot be read ("), "{told}");
    assert_clean(&task);

    // A repository that is not there.
    let mut task = with_spec(SPEC).unwrap();
    task.job.target_config =
        "[mock]\nconfig = 'local-x86_64'\naddrepo = ['file:///no/such/repository']\n".into();
    let told = task.refusal();
    assert!(told.starts_with("a package repository cannot be reached ("), "{told}");
    assert_clean(&task);

    // A stage that mock's user cannot enter.
    let task = with_spec(SPEC).unwrap();
    fs::set_permissions(task.at("stage"), Permissions::from_mode(0o700)).unwrap();
    let told = task.refusal();
    assert!(told.starts_with("mock cannot write its results: make stage_dir"), "{told}");
    assert_clean(&task);

    // A configuration that is no Python.
    let mut task = with_spec(SPEC).unwrap();
    task.job.local_config.table.insert("allow_config_text".into(), true.into());
    task.job.target_config = "[mock]\ntext = '''\nconfig_opts['root'] = (\n'''\n".into();
    let told = task.refusal();
    assert!(told.starts_with("mock cannot use the configuration of this target: "), "{told}");
    assert_clean(&task);
}

#[test]
fn real_mock_has_odd_configurations() {
    let Some((_, fixture)) = host() else { return };
    let include = format!("include('{}/etc/local-x86_64.cfg')\n", fixture.display());
    let lvm = "config_opts['plugin_conf']['lvm_root_enable'] = True\n";
    let with = |more: &str| {
        let mut task = with_spec(SPEC).unwrap();
        task.job.local_config.table.insert("allow_config_text".into(), true.into());
        task.job.target_config = format!("[mock]\ntext = \"\"\"\n{include}{more}\"\"\"\n");
        task
    };
    let task = with(lvm);
    let told = task.refusal();
    let begin = "mock cannot use its LVM volumes on this worker: Volume group must be specified";
    assert!(told.starts_with(begin), "{told}\n{:#?}", task.farm.log());
    assert_clean(&task);

    // Of a host that has only dnf mock would ask whether that may be.
    let task = with(
        "config_opts['package_manager'] = 'yum'\nconfig_opts['yum.conf'] = \
                     config_opts['dnf.conf']\n",
    );
    task.build().unwrap();
    assert_clean(&task);
}

#[test]
fn real_mock_ends_of_odd_packages_are_sentences() {
    let Some((_, fixture)) = host() else { return };
    // Its header is whole, and of its content the end is not there.
    let mut task = real().unwrap();
    let bytes = fs::read(fixture.join("srpm/tiny-1.0-1.src.rpm")).unwrap();
    let torn = task.at("torn-1.0-1.src.rpm");
    fs::write(&torn, &bytes[..bytes.len() - 100]).unwrap();
    task.job.has_source = false;
    task.job.source_url = format!("file://{}", torn.display());
    let told = task.refusal();
    let begin = "the source RPM is not as it should be: unpacking of archive failed on file ";
    assert!(told.starts_with(begin), "{told}\n{:#?}", task.farm.log());
    assert_clean(&task);

    // What it requires is generated, and that fails.
    let spec = SPEC.replace("%build\n", "%generate_buildrequires\necho oh no; exit 3\n%build\n");
    let mut task = with_spec(&spec).unwrap();
    task.job.target_config = "[mock]\nconfig = 'local-x86_64'\ndynamic_requires = true\n".into();
    let told = task.refusal();
    let begin = "rpmbuild: %generate_buildrequires failed; its last words: ";
    assert!(told.starts_with(begin), "{told}\n{:#?}", task.farm.log());
    assert_clean(&task);
}

#[test]
fn real_mock_with_a_locked_root_says_so() {
    let Some(task) = with_spec(SPEC) else { return };
    let root = Path::new("/var/lib/mock").join(format!("local-x86_64-{}", root_of(&task)));
    fs::create_dir_all(&root).unwrap();
    // As mock itself does: a record lock on this file.
    let lock = File::create(root.join("buildroot.lock")).unwrap();
    rustix::fs::fcntl_lock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
    let told = task.refusal();
    assert!(told.starts_with("another mock holds this build's chroot ("), "{told}");
    assert!(task.farm.log().iter().any(|l| l.contains("stays for now")));
    drop(lock);
    // The next build of this worker removes it.
    let mut next = with_spec(SPEC).unwrap();
    next.job.cache_dir.clone_from(&task.job.cache_dir);
    next.job.work_dir = next.at("tasks/8.1");
    fs::create_dir_all(&next.job.work_dir).unwrap();
    next.job.local_config = task.job.local_config.clone();
    next.build().unwrap();
    assert_clean(&task);
}
