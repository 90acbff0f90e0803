//! One farm that is given every bad file and every bad handler there is. After
//! each the next build is green; at the end no process is left.

use std::fs;

use monkeyfarm_tests::{Farm, Options, Repository, hostile, programs, world};
use serde_json::Value;

/// A farm whose plugins directories hold the good, the bad and the hostile.
struct World {
    farm: Farm,
    green: String,
    bad: Vec<hostile::Bad>,
    _dirs: [tempfile::TempDir; 2],
}

impl World {
    fn new() -> Self {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let put = |name: &str| dirs[0].path().join(name);
        for name in ["git", "generic"] {
            fs::copy(programs::plugin(name), put(&format!("libmf_plugin_{name}.so"))).unwrap();
        }
        for name in ["hostile", "crash"] {
            let file = format!("libmf_plugin_{name}.so");
            fs::copy(programs::example_plugin(&format!("mf_plugin_{name}")), put(&file)).unwrap();
        }
        let mut bad = hostile::fill(dirs[0].path());
        let anyones = dirs[1].path();
        fs::set_permissions(anyones, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        bad.push(hostile::Bad { path: anyones.into(), says: "no plugin in it is used" });
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
        Self { farm, green, bad, _dirs: dirs }
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
        let deadline = std::time::Instant::now() + monkeyfarm_tests::PATIENCE;
        while self.task(handler)["stage"] != "running away" {
            assert!(std::time::Instant::now() < deadline, "{}", self.task(handler));
            std::thread::yield_now();
        }
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
        let deadline = std::time::Instant::now() + monkeyfarm_tests::PATIENCE;
        while !self.enabled("tell") {
            assert!(std::time::Instant::now() < deadline, "it is not used again");
            std::thread::yield_now();
        }
    }

    fn enabled(&self, handler: &str) -> bool {
        self.farm.json(&["build-handler", "show", handler])["data"]["build_handler"]["enabled"]
            == true
    }
}

#[test]
fn a_farm_outlives_whatever_is_put_into_its_plugins_directory() {
    let mut world = World::new();
    world.is_green();
    for bad in &world.bad {
        let path = bad.path.display().to_string();
        let said = world.farm.wait_for_message(&[&format!("{path}: "), bad.says]);
        assert!(!said.contains("worker"), "{said}");
    }
    world.is_green();

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
    world.is_green();
    for handler in ["spin", "stay"] {
        assert_eq!(world.cancelled(handler)["status_label"], "Cancelled", "{handler}");
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
    assert!(!world.enabled("tell"));
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
