//! `mf top`: the farm on a whole screen, and what becomes of it elsewhere.

use std::fs;
use std::process::Command;

use monkeyfarm_tests::terminal::Terminal;
use monkeyfarm_tests::{Farm, Ran, world};
use rustix::process::{Pid, Signal, kill_process};

const TASK: &str = "tool-1.one-x86_64";

/// A farm that builds until it is told to stop.
fn busy() -> Farm {
    let farm = Farm::start();
    world::make(&farm);
    let gate = farm.scratch().join("gate");
    assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
    let recipe = world::recipe(&[&format!("read x < {}", gate.display())]);
    farm.ok(["target", "update", "one-x86_64", "--config", &recipe]);
    world::package(&farm, "tool", "", &["--release", "one"]);
    farm
}

fn submit(farm: &Farm, label: &str) {
    farm.ok(["build", "create", "-l", label, "--package-branch", "tool.main"]);
}

fn top(farm: &Farm) -> Command {
    let mut mf = farm.mf_command();
    mf.args(["top"]).env("TERM", "xterm-256color").env_remove("NO_COLOR");
    mf
}

#[test]
fn a_screen_follows_the_farm_and_is_given_back() {
    let farm = busy();
    for columns in [80, 40] {
        let (one, two) = (format!("a{columns}"), format!("b{columns}"));
        let mut screen = Terminal::run(top(&farm), columns);
        screen.wait_for("0 running, 0 waiting");
        submit(&farm, &one);
        screen.wait_for(&format!("{one}.one-x86_64"));
        screen.wait_for("1 running");
        // Of the same source name: it waits.
        submit(&farm, &two);
        screen.wait_for("1 running, 1 waiting");
        screen.wait_for(&format!("{two}.one-x86_64"));
        farm.ok(["util", "pause", "new disks"]);
        // Of a narrow screen a line may end in the middle of a word.
        screen.wait_for("because of: new");
        farm.ok(["util", "resume"]);
        // A hub that is killed is said to be away, and followed again.
        if columns == 80 {
            let hub = Pid::from_raw(farm.child("mf-hub")).unwrap();
            kill_process(hub, Signal::KILL).unwrap();
        }
        for label in [&one, &two] {
            fs::write(farm.scratch().join("gate"), "go\n").unwrap();
            farm.ok(["build", "watch", label]);
        }
        screen.line("q");
        let (shown, code) = screen.end();
        assert_eq!(code, 0, "{shown}");
        assert!(shown.starts_with("\x1b[?1049h\x1b[?25l"), "it takes the screen: {shown:?}");
        assert!(shown.ends_with("\x1b[?25h\x1b[?1049l"), "it gives it back: {shown:?}");
    }
    let screen = Terminal::run(top(&farm), 80);
    screen.wait_for("running");
    screen.interrupt();
    let (shown, code) = screen.end();
    assert_eq!(code, 130, "{shown}");
    assert!(shown.ends_with("\x1b[?1049l"), "{shown:?}");
}

#[test]
fn without_a_screen_it_is_shown_once() {
    let farm = busy();
    submit(&farm, "tool-1");
    while farm.json(&["task", "show", TASK])["data"]["task"]["status_label"] != "Building" {}
    let piped = Ran::of(&mut top(&farm));
    assert_eq!(piped.code, 0, "{piped:?}");
    assert!(piped.out.contains(TASK) && piped.out.contains("1 running"), "{piped:?}");
    assert!(!piped.out.contains('\x1b') && piped.err.contains("shown once"), "{piped:?}");
    let mut dumb = top(&farm);
    dumb.env("TERM", "dumb").env("NO_COLOR", "1");
    let (shown, code) = Terminal::run(dumb, 80).end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains(TASK) && !shown.contains('\x1b'), "{shown:?}");
    let top = farm.json(&["top"])["data"]["top"].take();
    assert_eq!(top["running"][0]["label"], TASK);
    assert_eq!((&top["queue"]["length"], &top["systems"][0]["running"]), (&0.into(), &1.into()));
    let other = farm.mf(["top", "--project", "none"]);
    assert!(other.code == 9 && other.err.contains("there is no project"), "{other:?}");
    farm.ok(["build", "cancel", "tool-1"]);
    let away = farm.mf(["--hub", "http://127.0.0.1:1", "top"]);
    assert_eq!(away.code, 8, "{away:?}");
}
