//! A whole day: a commit is built, tagged, moved to stable, published, installed
//! and closes its bug; and in the middle of each step somebody kills the
//! regulator.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use monkeyfarm_bug_kit::suite::{Fault, World};
use monkeyfarm_tests::appears::Appears;
use monkeyfarm_tests::awaited::wait;
use monkeyfarm_tests::farm::PATIENCE;
use monkeyfarm_tests::world;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::bugzilla::{self, KEY, StandIn};
use crate::rpms::{Rpms, can, spec};

/// How long a hook may be silent before another takes its errand, in seconds:
/// after each kill somebody waits for that.
const LEASE: &str = "lease_seconds = 5\n";

/// Tags as releases have them.
const TAGS: [(&str, &[&str]); 3] = [
    ("candidate", &[]),
    ("testing", &["--manage-repo=True"]),
    ("stable", &["--manage-repo=True", "--only-latest=True", "--close-on-tag=True"]),
];

/// What takes place, and the tracker that hears of it.
struct Day {
    rpms: Rpms,
    tracker: StandIn,
    bug: String,
}

/// One step of the day.
struct Step {
    what: &'static str,
    /// Somebody begins it; or it begins by what was before.
    begin: fn(&Day),
    /// Waits until the farm is in the middle of it.
    middle: fn(&Day, &Moment),
    /// Waits until it has come about.
    done: fn(&Day),
}

/// What is known of the moment in which a step begins.
struct Moment {
    /// What the regulator's hooks begin with from then on.
    work: Appears,
    /// How often the tracker was asked before.
    asked: usize,
}

const STEPS: [Step; 5] = [
    Step {
        what: "a commit is seen",
        begin: |day| {
            let message = format!("Hello again\n\nfixes #{}", day.bug);
            day.rpms.source.commit_saying(&message, &[("hello.spec", &spec("2.0"))]);
        },
        middle: |_, moment| moment.begins("heads"),
        done: |day| {
            wait(&day.rpms.farm, &["package-branch", "show", "hello.main"], |shown| {
                shown["data"]["package_branch"]["head"] == day.head()
            });
        },
    },
    Step {
        what: "it is built for two targets",
        begin: |_| (),
        middle: |day, _| {
            day.status(|status| status != "New" && status != "Queued");
        },
        done: |day| {
            day.status(|status| status == "BuildSuccess");
            assert_eq!(day.build()["tags"], json!(["candidate"]));
            day.bug_is("open");
        },
    },
    Step {
        what: "it goes to testing",
        begin: |day| day.moves("candidate", "testing"),
        middle: |_, moment| moment.begins("repositories"),
        done: |day| {
            day.rpms.followed("testing");
            day.offers("testing");
        },
    },
    Step {
        what: "it goes to stable",
        begin: |day| {
            // The first question of who closes the bug is not answered, and of
            // who does it after that the last one.
            let faults = vec![Some(Fault::Hang), None, None, None, Some(Fault::Hang)];
            day.tracker.server().misbehave_at(faults);
            day.moves("testing", "stable");
        },
        middle: |day, moment| {
            moment.begins("repositories");
            let server = day.tracker.server();
            server.wait_until(|| server.seen().len() > moment.asked);
        },
        done: |day| {
            day.rpms.followed("stable");
            day.offers("stable");
        },
    },
    Step {
        what: "its bug is closed",
        begin: |_| (),
        middle: |day, _| day.tracker.server().wait_until(|| !day.tracker.is_open(&day.bug)),
        done: |day| day.bug_is("closed"),
    },
];

impl Moment {
    /// Waits until a hook of that name is at work.
    fn begins(&self, hook: &str) {
        assert!(self.work.wait(hook, Instant::now() + PATIENCE), "{hook} does not begin");
    }
}

impl Day {
    /// The farm before anything happens: a branch is watched.
    fn begin() -> Self {
        let tracker = bugzilla::world();
        let bug = tracker.make("it burns");
        let rpms = Rpms::with(|farm| {
            fs::write(farm.data_dir().join("hub.toml"), LEASE).unwrap();
            let url = tracker.server().url();
            let text = format!("url = \"{url}\"\n[secrets]\napi_key = \"{KEY}\"\n");
            let file = farm.data_dir().join("plugins.d/bugzilla.toml");
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        });
        let farm = &rpms.farm;
        farm.ok(["project", "update", "demo", "--bug-handler", "bugzilla"]);
        for (tag, more) in TAGS {
            farm.ok(["tag", "create", "-l", tag].iter().chain(more));
        }
        let watched = ["--build-on-commit=True", "--pre-tag", "candidate"];
        farm.ok(["package-branch", "update", "hello.main"].iter().chain(&watched));
        let day = Self { rpms, tracker, bug };
        (STEPS[0].done)(&day);
        day
    }

    /// The head of the source.
    fn head(&self) -> String {
        self.rpms.source.git(&["rev-parse", "HEAD"])
    }

    fn moves(&self, from: &str, to: &str) {
        let moved = self.rpms.farm.ok(["tag", "move", from, to]);
        assert_eq!(moved.trim(), "moved     hello-build1");
    }

    fn build(&self) -> Value {
        self.rpms.farm.json(&["build", "show", "hello-build1"])["data"]["build"].take()
    }

    /// Waits until the build's status is right.
    fn status(&self, right: impl Fn(&str) -> bool) {
        wait(&self.rpms.farm, &["build", "show", "hello-build1"], |shown| {
            right(shown["data"]["build"]["status_label"].as_str().unwrap())
        });
    }

    /// Waits until the build's bug is known to be this.
    fn bug_is(&self, state: &str) {
        wait(&self.rpms.farm, &["build", "show", "hello-build1"], |shown| {
            shown["data"]["build"]["bug_details"][0]["state"] == state
        });
    }

    /// A real dnf finds the new version in a tag's repository, and no other.
    fn offers(&self, tag: &str) {
        for path in ["el/one/x86_64", "two-x86_64"] {
            let ran = self.rpms.dnf(tag, path, &["repoquery", "hello"]);
            assert_eq!(ran.out.trim(), "hello-0:2.0-1.noarch", "{tag} {path}: {ran:?}");
        }
    }

    /// Kills the regulator at once; another one is started by `mf up`.
    fn kill_regulator(&self) -> i32 {
        let regulator = self.rpms.farm.child("mf-regulatord");
        kill_process(Pid::from_raw(regulator).unwrap(), Signal::KILL).unwrap();
        regulator
    }

    /// Everything has come about once.
    fn ends(mut self) {
        self.rpms.followed("testing");
        let ran = self.rpms.dnf("stable", "el/one/x86_64", &["install", "hello"]);
        assert_eq!((ran.code, self.rpms.installed().as_str()), (0, "2.0"), "{ran:?}");
        let farm = &self.rpms.farm;
        let builds = farm.json(&["build", "list"])["data"]["builds"].take();
        assert_eq!(builds.as_array().unwrap().len(), 1, "one build of one head: {builds}");
        assert_eq!(builds[0]["revision"], self.head());
        for target in world::TARGETS {
            let task = farm.json(&["task", "show", &format!("hello-build1.{target}")]);
            assert_eq!(task["data"]["task"]["status_label"], "BuildSuccess", "{task}");
        }
        let said = self.tracker.said(&self.bug);
        assert_eq!(said.len(), 1, "one comment: {said:?}");
        let told = "Build hello-build1 of package hello was tagged stable in project demo.";
        assert!(said[0].starts_with(told), "{}", said[0]);
        let asked = self.tracker.server().seen();
        let changes = asked.iter().filter(|request| request.method == "PUT");
        assert_eq!(changes.count(), 1, "it is closed once");
        let tags = farm.json(&["tag", "history", "stable"]).to_string();
        assert_eq!(tags.matches("\"tagged\"").count(), 1, "{tags}");
        let status = farm.json(&["status"])["data"]["status"].take();
        assert_eq!(status["troubles"], json!([]), "{status}");
        assert_eq!(status["errands"], json!({ "refused": 0, "running": 0, "waiting": 0 }));
        assert!(self.rpms.farm.stop().success());
    }
}

#[test]
fn whenever_the_regulator_is_killed_each_thing_comes_about_once() {
    if !can() {
        return;
    }
    let day = Day::begin();
    let mut killed = Vec::new();
    for Step { what, begin, middle, done } in STEPS {
        eprintln!("{what}");
        let work = day.rpms.farm.data_dir().join("regulator/work");
        let asked = day.tracker.server().seen().len();
        let moment = Moment { work: Appears::within(&work), asked };
        begin(&day);
        middle(&day, &moment);
        killed.push(day.kill_regulator());
        done(&day);
    }
    killed.dedup();
    assert_eq!(killed.len(), STEPS.len(), "each time another one: {killed:?}");
    day.ends();
}
