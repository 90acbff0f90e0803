//! Logs and files of tasks, in part: from a time on, and of another attempt.

use std::fs;
use std::process::Command;

use monkeyfarm_tests::campaign::Clock;
use monkeyfarm_tests::{Farm, Options, world};

const TASK: &str = "tool-1.one-x86_64";

/// A package that is built by these commands.
fn package(farm: &Farm, commands: &[&str]) {
    world::make(farm);
    farm.ok(["target", "update", "one-x86_64", "--config", &world::recipe(commands)]);
    world::package(farm, "tool", "", &["--release", "one"]);
}

#[test]
fn a_log_is_shown_from_the_time_on_when_it_came() {
    let mut farm = Farm::prepared(Options::default());
    let clock = Clock::new(farm.scratch().join("clock"));
    clock.set(-7_200);
    farm.go_by(clock);
    farm.up();
    let path = |name: &str| farm.scratch().join(name);
    for name in ["said", "gate"] {
        assert!(Command::new("mkfifo").arg(path(name)).status().unwrap().success());
    }
    let said = format!("echo said > {}", path("said").display());
    let waits = format!("read x < {}", path("gate").display());
    package(&farm, &["echo in the morning", &said, &waits, "echo at noon", "printf end"]);
    farm.ok(["build", "create", "-l", "tool-1", "--package-branch", "tool.main"]);
    fs::read(path("said")).unwrap();
    // Until the hub has what was said.
    let log = || farm.mf(["task", "log", TASK]).out;
    while !log().contains("in the morning\n") {}
    Clock::new(path("clock"));
    fs::write(path("gate"), "go\n").unwrap();
    assert_eq!(farm.mf(["build", "watch", "tool-1"]).code, 0);
    let whole = log();
    let from = |from: &str, more: &[&str]| {
        let words = ["task", "log", TASK, "--from", from].into_iter();
        farm.ok(words.chain(more.iter().copied()))
    };
    let noon = from("1h", &[]);
    assert!(noon.contains("at noon") && !noon.contains("in the morning"), "{noon}");
    assert!(whole.ends_with(&noon), "{noon}\nis no end of\n{whole}");
    assert_eq!(from("3h", &[]), whole);
    assert_eq!(from("1h", &["--follow"]), noon);
    let moment = mf_core::time::in_seconds(-3_600).unwrap();
    assert_eq!(from(&moment, &[]), noon);
    assert_eq!(from(&mf_core::time::in_seconds(3_600).unwrap(), &[]), "");
    // Lines have their numbers, wherever one begins.
    let found = farm.ok(["task", "log", TASK, "--search", "at noon"]);
    assert_eq!(from("1h", &["--search", "at noon"]), found);
    let number = whole.lines().count() - noon.lines().count() + 1;
    assert_eq!(from(&number.to_string(), &[]), noon);
    assert_eq!(from("100000", &[]), "");
    for (wrong, told) in [("tomorrow", "10m, 2h"), ("0", "the first line is 1")] {
        let ran = farm.mf(["task", "log", TASK, "--from", wrong]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(told), "{ran:?}");
    }
}

#[test]
fn a_failure_is_shown_where_it_happened_whatever_the_log_goes_on_with() {
    let farm = Farm::start();
    let noise = "for n in $(seq 1 300); do echo \"module $n\"; done";
    package(&farm, &["echo 'a.c:7:1: error: no semicolon'", noise, "false"]);
    let submit = ["build", "create", "-l", "tool-1", "--package-branch", "tool.main", "--watch"];
    let ran = farm.mf(submit);
    assert_eq!(ran.code, 1, "{ran:?}");
    let place = |text: &str| ran.out.find(text).unwrap_or_else(|| panic!("no {text:?}: {ran:?}"));
    assert!(place("| a.c:7:1: error: no semicolon") < place("| … "), "{ran:?}");
    assert!(place("| … ") < place("| module 300"), "{ran:?}");
    assert!(!ran.out.contains("| module 150"), "{ran:?}");
    let url = farm.setting("url");
    for page in ["/build/tool-1?project_label=demo", "/task/tool-1.one-x86_64?project_label=demo"] {
        let text = Command::new("curl").args(["-sS", &format!("{url}{page}")]).output().unwrap();
        let text = String::from_utf8(text.stdout).unwrap();
        let hit = text.split_once("class=\"line hit\"").unwrap_or_else(|| panic!("{text}")).1;
        let (hit, rest) = hit.split_once("</div>").unwrap();
        assert!(hit.contains("a.c:7:1: error: no semicolon") && hit.contains("#L"), "{hit}");
        assert!(rest.contains("class=\"line gap\"") && rest.contains("module 300"), "{rest}");
        assert!(!text.contains("module 150"), "{text}");
    }
    let ran = farm.mf(["task", "log", TASK, "--attempt", "7"]);
    assert_eq!(ran.code, 6, "{ran:?}");
    assert!(ran.err.contains("no attempt 7; its last is 1"), "{ran:?}");
}

#[test]
fn an_object_that_one_project_alone_has_needs_no_project() {
    let farm = Farm::start();
    package(&farm, &["false"]);
    let submit = ["build", "create", "-l", "tool-1", "--package-branch", "tool.main", "--watch"];
    assert_eq!(farm.mf(submit).code, 1);
    farm.ok(["workon", "--none"]);
    assert!(farm.ok(["build", "show", "tool-1"]).contains("demo"));
    assert!(farm.ok(["why", TASK]).contains("ended: it is BuildFail"));
    let of_build = farm.ok(["why", "tool-1"]);
    assert!(of_build.starts_with("one-x86_64: ended: it is BuildFail"), "{of_build}");
    let json = farm.json(&["why", "tool-1"]);
    assert_eq!(json["data"]["tasks"][TASK]["verdict"], "ended", "{json}");
    let ran = farm.mf(["build", "show", "tol-1"]);
    assert_eq!(ran.code, 6, "{ran:?}");
    assert!(ran.err.contains("in any project") && ran.err.contains("\"tool-1\""), "{ran:?}");
    // Two have one: it is to be said which.
    farm.ok(["project", "create", "-l", "other", "--vcs-handler", "git"]);
    for project in ["demo", "other"] {
        farm.ok(["tag", "create", "-l", "stable", "--project", project]);
    }
    let ran = farm.mf(["tag", "show", "stable"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("in demo, other") && ran.err.contains("--project demo"), "{ran:?}");
}

#[test]
fn what_an_attempt_left_can_be_had_after_a_retry() {
    let farm = Farm::start();
    let once = farm.scratch().join("once");
    let fails = format!("test -e {0} || {{ touch {0}; false; }}", once.display());
    package(&farm, &["echo one > $MF_RESULT_DIR/out", &fails, "echo two > $MF_RESULT_DIR/out"]);
    let submit = ["build", "create", "-l", "tool-1", "--package-branch", "tool.main", "--watch"];
    assert_eq!(farm.mf(submit).code, 1);
    let first = farm.ok(["task", "log", TASK]);
    farm.ok(["build", "retry", "tool-1"]);
    let watched = farm.ok(["build", "watch", "tool-1"]);
    assert_eq!(watched.matches("  file ").count(), 1, "only of the last attempt:\n{watched}");
    let last = farm.ok(["task", "log", TASK]);
    assert!(first.contains("attempt 1") && last.contains("attempt 2"), "{first}\n{last}");
    assert_eq!(farm.ok(["task", "log", TASK, "--attempt", "1"]), first);
    let tail = ["task", "log", TASK, "--attempt", "1", "--tail", "1"];
    assert_eq!(farm.ok(tail).trim_end(), first.lines().last().unwrap());
    assert_eq!(farm.mf(["task", "log", TASK, "--attempt", "3"]).code, 6);
    let files = farm.ok(["task", "files", TASK]);
    assert!(files.lines().next().unwrap().contains("attempt"), "{files}");
    assert_eq!(files.matches("build.log").count(), 2, "{files}");
    for (more, log) in [(&[][..], &last), (&["--attempt", "1"], &first)] {
        let dir = farm.scratch().join(format!("got{}", more.len()));
        let dir = dir.to_str().unwrap();
        let words = ["task", "download", TASK, "--all", "-o", dir].into_iter();
        farm.ok(words.chain(more.iter().copied()));
        assert_eq!(&fs::read_to_string(format!("{dir}/build.log")).unwrap(), log);
    }
}
