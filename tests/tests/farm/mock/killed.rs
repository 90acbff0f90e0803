//! Builds that are ended before their time, by a stand-in for mock: of each
//! the chroot goes too, without another build.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use monkeyfarm_tests::farm::PATIENCE;
use monkeyfarm_tests::{Farm, programs};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, kill_process};

use super::left::{Victim, assert_nothing_runs, names, roots};
use super::{SPEC, farm, is_root, open_dir};

/// A farm whose mock hangs in its last phase, and tells so by a FIFO.
struct Hanging {
    farm: Farm,
    dir: tempfile::TempDir,
    told: File,
}

impl Hanging {
    fn start() -> Self {
        let dir = open_dir();
        let etc = dir.path().join("etc");
        fs::create_dir(&etc).unwrap();
        fs::write(etc.join("hang.cfg"), "hang rebuild\n").unwrap();
        let fifo = etc.join("hung");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        // Both ends, so that nobody waits for the other.
        let told = File::options().read(true).write(true).open(&fifo).unwrap();
        let stand_in = programs::source_tree().join("plugins/mock/tests/stand-in/mock");
        let farm = farm(dir.path(), &stand_in, &etc, ["hang", "hang"], SPEC);
        farm.ok(["package-branch", "update", "hello.main", "--releases", "one"]);
        Self { farm, dir, told }
    }

    /// Begins a build; when its mock hangs, the name of its root.
    fn hangs(&self, build: &str) -> String {
        self.farm.ok(["build", "create", "-l", build, "--package-branch", "hello.main"]);
        let patience = Timespec::try_from(PATIENCE).unwrap();
        let hung = poll(&mut [PollFd::new(&self.told, PollFlags::IN)], Some(&patience)).unwrap();
        assert_eq!(hung, 1, "{build}: {}", self.farm.messages().join("\n"));
        rustix::io::read(&self.told, &mut [0; 64]).unwrap();
        let all = roots(&self.farm);
        assert_eq!(all.len(), 1, "{build}: {all:?}");
        assert_eq!(names(&self.chroots()).len(), 2, "{build}: a chroot, and what made it");
        all[0].clone()
    }

    fn chroots(&self) -> std::path::PathBuf {
        self.dir.path().join("etc/roots")
    }

    fn assert_nothing_left(&self, root: &str, what: &str) {
        assert_nothing_runs(root, what);
        assert!(roots(&self.farm).is_empty(), "{what}: {:?}", roots(&self.farm));
        let stages: &Path = &self.dir.path().join("stage");
        for dir in [&self.chroots(), stages] {
            assert!(names(dir).is_empty(), "{what}: {:?} in {}", names(dir), dir.display());
        }
    }
}

#[test]
fn mock_that_is_killed_leaves_no_chroot() {
    if !is_root() {
        return;
    }
    let hanging = Hanging::start();
    let farm = &hanging.farm;

    let root = hanging.hangs("cancelled");
    farm.ok(["build", "cancel", "cancelled"]);
    farm.mf(["build", "watch", "cancelled"]);
    hanging.assert_nothing_left(&root, "cancelled");

    for victim in [Victim::Mock, Victim::Keeper] {
        let build = format!("{victim:?}").to_lowercase();
        let root = hanging.hangs(&build);
        kill_process(victim.of(farm, &root), Signal::KILL).unwrap();
        assert_ne!(farm.mf(["build", "watch", &build]).code, 0);
        hanging.assert_nothing_left(&root, &build);
    }
    // The plugin was not there to do it, and was asked to.
    let log = farm.ok(["task", "log", "keeper.one-x86_64"]);
    assert!(log.contains("left by a task that was killed"), "{log}");

    // The next worker sees to it, though it has nothing to build.
    let root = hanging.hangs("worker");
    let system = farm.json(&["system", "list"]);
    let system = system["data"]["systems"][0]["label"].as_str().unwrap().to_owned();
    farm.ok(["system", "drain", &system]);
    kill_process(Victim::Worker.of(farm, &root), Signal::KILL).unwrap();
    farm.wait_for_message(&["mock/mock: removing the root", &root]);
    monkeyfarm_tests::awaited::gone(&super::left::records(farm), &root);
    hanging.assert_nothing_left(&root, "worker");
}
