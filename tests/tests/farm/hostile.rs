//! One farm that is given every bad file and every bad handler there is, one
//! after the other while it runs. After each the next build is green; at the end
//! no process is left.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use monkeyfarm_tests::{Farm, Options, Repository, awaited, hostile, process, programs, world};
use serde_json::Value;

/// A farm whose plugins directory has the good, and handlers that misbehave.
struct World {
    farm: Farm,
    green: String,
    /// Its plugins directory; and one that everybody may write to.
    dirs: [tempfile::TempDir; 2],
}

impl World {
    fn new() -> Self {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let put = |name: &str| dirs[0].path().join(name);
        let own = ["git", "generic"].map(|name| (name, programs::plugin(name)));
        let example = |name| programs::example_plugin(&format!("mf_plugin_{name}"));
        let bad = ["hostile", "crash"].map(|name| (name, example(name)));
        for (name, plugin) in own.into_iter().chain(bad) {
            // All are read anew at every change.
            let small = hostile::stripped(&plugin);
            fs::write(put(&format!("libmf_plugin_{name}.so")), small).unwrap();
        }
        fs::set_permissions(dirs[1].path(), PermissionsExt::from_mode(0o777)).unwrap();
        let plugins_dirs = dirs.iter().map(|dir| dir.path().to_path_buf()).collect();
        let mut farm = Farm::prepared(Options { plugins_dirs, ..Options::default() });
        fs::create_dir_all(farm.data_dir()).unwrap();
        let limits = "[limits]\nmemory_megabytes = 512\n";
        fs::write(farm.data_dir().join("workerd.toml"), limits).unwrap();
        farm.up();
        world::make(&farm);
        let source = Repository::new(
            farm.scratch().join("source"),
            &[(".monkeyfarm.toml", &world::recipe(&["true"]))],
        );
        let green = world::package(&farm, "fine", &source.url(), &["--release", "one"]);
        Self { farm, green, dirs }
    }

    /// Where a file lies in the plugins directory.
    fn put(&self, name: &str) -> PathBuf {
        self.dirs[0].path().join(name)
    }

    fn is_green(&self) {
        self.farm.ok(["build", "create", "--package-branch", &self.green, "--watch"]);
    }

    /// Builds with a handler of a hostile plugin; the task as it ended.
    fn build(&self, handler: &str) -> Value {
        let ran = self.farm.mf(self.create(handler).into_iter().chain(["--watch".into()]));
        assert_ne!(ran.code, 70, "{}{}", ran.out, ran.err);
        self.task(handler)
    }

    /// The same, stopped when it runs.
    fn cancelled(&self, handler: &str) -> Value {
        self.farm.ok(self.create(handler));
        let label = format!("{handler}-1.one-x86_64");
        awaited::until("it is at it", || self.task(handler)["stage"] == "running away");
        self.farm.ok(["task", "cancel", &label]);
        self.farm.mf(["build", "watch", &format!("{handler}-1")]);
        self.task(handler)
    }

    fn create(&self, handler: &str) -> Vec<String> {
        let more = ["--release", "one", "--build-handler", handler];
        let branch = world::package(&self.farm, handler, "", &more);
        let words = ["build", "create", "-l", &format!("{handler}-1"), "--package-branch", &branch];
        words.map(str::to_owned).to_vec()
    }

    fn task(&self, handler: &str) -> Value {
        let label = format!("{handler}-1.one-x86_64");
        self.farm.json(&["task", "show", &label])["data"]["task"].take()
    }

    /// Gives the hostile plugin another try: the regulator sees to it at once.
    fn clear(&self) {
        self.farm.ok(["plugin", "clear", "hostile"]);
        awaited::until("it is used again", || self.is_enabled("build-handler", "tell"));
    }

    /// Whether there is such a handler, and it can be used.
    fn is_enabled(&self, kind: &str, handler: &str) -> bool {
        let shown = self.farm.mf([kind, "show", handler, "--json"]);
        let shown: Value = serde_json::from_str(&shown.out).unwrap_or_default();
        shown["data"][kind.replace('-', "_")]["enabled"] == true
    }
}

#[test]
fn a_farm_outlives_whatever_is_put_into_its_plugins_directory() {
    let mut world = World::new();
    let anyones = world.dirs[1].path().display().to_string();
    world.farm.wait_for_message(&[&anyones, "no plugin in it is used"]);
    world.is_green();
    // On the same file system, so that each comes and goes whole.
    let elsewhere = tempfile::tempdir().unwrap();
    let all = hostile::fill(elsewhere.path());
    for bad in &all {
        let (from, path) = (elsewhere.path().join(&bad.name), world.put(&bad.name));
        fs::rename(&from, &path).unwrap();
        let shown = path.display().to_string();
        let said = world.farm.wait_for_message(&[&format!("{shown}: "), bad.says]);
        assert!(!said.contains("worker"), "{said}");
        world.is_green();
        fs::rename(&path, &from).unwrap();
    }
    let said = world.farm.messages();
    for bad in &all {
        let path = format!("{}: ", world.put(&bad.name).display());
        let times = said.iter().filter(|line| line.contains(&path)).count();
        assert_eq!(times, 1, "{path}");
    }

    // One that can be used, and leaves a process behind whenever it is loaded.
    let (from, path) = ("constructor-forks.so", world.put("constructor-forks.so"));
    fs::rename(elsewhere.path().join(from), &path).unwrap();
    awaited::until("it is used", || world.is_enabled("vcs-handler", "constructor"));
    world.is_green();
    fs::remove_file(&path).unwrap();
    awaited::until("it is not used", || !world.is_enabled("vcs-handler", "constructor"));
    assert_eq!(process::saying(hostile::LEFT), [""; 0]);
    assert!(world.farm.stop().success());
}

#[test]
fn a_farm_outlives_whatever_a_handler_does() {
    let mut world = World::new();
    for (handler, says) in [
        ("panic", "panicked at "),
        ("drop", "dropped and cross about it"),
        ("abort", "was ended by signal 6 (SIGABRT)"),
    ] {
        fails(&world, handler, says);
    }
    three_crashes_are_evidence(&world);
    for (handler, says) in [
        ("exit", "exited with status 0 instead of giving an answer"),
        ("overflow", "was ended by signal 6 (SIGABRT)"),
        ("fail", "does not compile"),
        ("babble", "the handler's answer cannot be sent"),
        ("allocate", "was ended by signal 6 (SIGABRT)"),
        ("crash", "was ended by signal 11 (SIGSEGV)"),
    ] {
        fails(&world, handler, says);
        if world.task(handler)["message"].as_str().unwrap().contains("'hostile'") {
            world.clear();
        }
    }
    // Some of it goes where only answers should.
    fails(&world, "garbage", "");
    assert_eq!(world.build("leave-child")["status_label"], "BuildSuccess");
    assert_eq!(process::saying("leave-child-1.one-x86_64"), [""; 0]);
    world.is_green();
    for handler in ["spin", "stay"] {
        assert_eq!(world.cancelled(handler)["status_label"], "Cancelled", "{handler}");
        let task = format!("{handler}-1.one-x86_64");
        assert_eq!(process::saying(&task), [""; 0]);
        world.is_green();
    }
    assert!(world.farm.stop().success());
}

fn fails(world: &World, handler: &str, says: &str) {
    let task = world.build(handler);
    assert_eq!(task["status_label"], "BuildFail", "{handler}: {task}");
    let message = task["message"].as_str().unwrap();
    assert!(message.contains(says), "{handler}: {message}");
    world.is_green();
}

/// The third crash in a row ends the use of a plugin, on this host and for all.
fn three_crashes_are_evidence(world: &World) {
    let farm = &world.farm;
    let file = "libmf_plugin_hostile.so: it crashed 3 times in a row; last: plugin 'hostile'";
    farm.wait_for_message(&[file, "mf plugin show hostile"]);
    assert!(!world.is_enabled("build-handler", "tell"));
    let shown = farm.ok(["plugin", "show", "hostile"]);
    for words in [
        "quarantined 2",
        "in handler panic, task panic-1.one-x86_64: plugin 'hostile'",
        "this handler panics",
        "mf_plugin_hostile.rs",
        "ended by signal 6",
    ] {
        assert!(shown.contains(words), "{words} is not in:\n{shown}");
    }
    world.clear();
}
