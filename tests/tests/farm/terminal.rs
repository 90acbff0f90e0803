//! `mf` on a terminal: what fits it, what moves, what is asked.

use std::process::Command;

use monkeyfarm_tests::terminal::{Terminal, plain};
use monkeyfarm_tests::{Farm, world};
use rustix::process::{Pid, Signal, kill_process};

/// `mf` on a terminal that can everything.
fn mf(farm: &Farm, words: &[&str]) -> Command {
    let mut mf = farm.mf_command();
    mf.args(words).env("TERM", "xterm-256color");
    // What whoever runs the tests has said of colours is not meant for these;
    // where `CI` is set, even a dumb terminal has them.
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI", "PAGER"] {
        mf.env_remove(variable);
    }
    mf
}

const LONG: &str = "a-package-with-a-name-that-is-longer-than-any";

#[test]
fn tables_fit_the_terminal_and_keep_every_name_whole() {
    let farm = Farm::start();
    world::make(&farm);
    let summary = "a summary that says much more than there is room for in a column";
    for name in ["tool", "another-tool"] {
        farm.ok(["package", "create", "-l", name, "--summary", summary]);
    }
    for columns in [80, 40] {
        let (shown, code) = Terminal::run(mf(&farm, &["package", "list"]), columns).end_fitting();
        assert_eq!(code, 0, "{shown}");
        assert!(shown.contains("another-tool"), "{shown}");
        assert_eq!(shown.contains('\x1b'), columns == 80, "headings are bold: {shown}");
    }
    // A name that no terminal is wide enough for is whole all the same.
    farm.ok(["package", "create", "-l", LONG]);
    let (shown, _) = Terminal::run(mf(&farm, &["--no-pager", "package", "list"]), 40).end();
    assert!(shown.contains(LONG), "{shown}");
    for (variable, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let mut dull = mf(&farm, &["--no-pager", "package", "list"]);
        let (shown, _) =
            Terminal::run(std::mem::replace(dull.env(variable, value), Command::new("true")), 80)
                .end();
        assert!(!shown.contains('\x1b') && shown.contains("another-tool"), "{variable}: {shown}");
    }
    let piped = farm.ok(["package", "list"]);
    assert!(!piped.contains('\x1b') && piped.contains(summary), "{piped}");
    assert_eq!(piped.lines().count(), 4, "a line for each and the headings:\n{piped}");
    let quiet = farm.ok(["package", "list", "-q", "--order", "label"]);
    assert_eq!(quiet, format!("{LONG}\nanother-tool\ntool\n"));
}

#[test]
fn long_output_goes_through_the_pager() {
    let farm = Farm::start();
    let help = ["build", "create", "--help"];
    let whole = farm.ok(help).lines().count();
    let mut paged = mf(&farm, &help);
    paged.env("MF_PAGER", "grep -c ^");
    // As wide as help is where nobody looks.
    let (shown, code) = Terminal::run(paged, 100).end();
    assert_eq!((shown.trim(), code), (whole.to_string().as_str(), 0));
    for mut without in [mf(&farm, &["--no-pager", "build", "create", "--help"]), mf(&farm, &help)] {
        // An empty one is none.
        without.env("MF_PAGER", "");
        let (shown, _) = Terminal::run(without, 200).end();
        assert!(shown.contains("Example:"), "{shown}");
    }
    let mut short = mf(&farm, &["arch", "show", "x86_64"]);
    short.env("MF_PAGER", "grep -c ^");
    let (shown, _) = Terminal::run(short, 80).end();
    assert!(shown.contains("x86_64"), "it fits: {shown}");
}

#[test]
fn what_is_missing_is_asked_for_and_what_is_final_confirmed() {
    let farm = Farm::start();
    world::make(&farm);
    let mut asked = Terminal::run(mf(&farm, &["release", "create", "-l", "three"]), 80);
    asked.wait_for("distro (");
    asked.wait_for("linux");
    asked.line("debain");
    asked.wait_for("there is no distro \"debain\"");
    asked.line("linux");
    let (shown, code) = asked.end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("release three is created"), "{shown}");

    let delete = || Terminal::run(mf(&farm, &["release", "delete", "three"]), 80);
    let mut wrong = delete();
    wrong.wait_for("type three to confirm");
    wrong.line("y");
    let (shown, code) = wrong.end();
    assert_eq!(code, 130, "{shown}");
    assert!(shown.contains("nothing was done"), "{shown}");
    farm.ok(["release", "show", "three"]);
    let unasked = farm.mf(["release", "delete", "three"]);
    assert_eq!(unasked.code, 2, "{unasked:?}");
    assert!(unasked.err.contains("--yes"), "{unasked:?}");
    let mut right = delete();
    right.wait_for("type three to confirm");
    right.line("three");
    assert_eq!(right.end().1, 0);
    assert_eq!(farm.mf(["release", "show", "three"]).code, 6);
}

#[test]
fn a_watch_has_a_line_for_each_task_and_is_left_by_ctrl_c() {
    let farm = Farm::start();
    world::make(&farm);
    let gate = farm.scratch().join("gate");
    assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
    let waits = format!("read x < {}", gate.display());
    farm.ok([
        "target",
        "update",
        "one-x86_64",
        "--config",
        &world::recipe(&[&waits, "echo broken; false"]),
    ]);
    let branch = world::package(&farm, "tool", "", &["--release", "one"]);
    farm.ok(["build", "create", "-l", "tool-1", "--package-branch", &branch]);
    let watch = || Terminal::run(mf(&farm, &["build", "watch", "tool-1"]), 80);
    let left = watch();
    left.wait_for("▸ one-x86_64");
    left.interrupt();
    let (shown, code) = left.end();
    assert_eq!(code, 130, "{shown}");
    assert!(shown.contains("goes on") && shown.contains("mf build watch tool-1"), "{shown}");
    let stays = watch();
    stays.wait_for("▸ one-x86_64");
    // A hub that is gone for a moment is waited for, and so is its build.
    let hub = Pid::from_raw(farm.child("mf-hub")).unwrap();
    kill_process(hub, Signal::KILL).unwrap();
    std::fs::write(&gate, "go\n").unwrap();
    let (shown, code) = stays.end();
    assert_eq!(code, 1, "{shown}");
    let shown = plain(&shown);
    assert!(shown.contains("| broken") && shown.contains("one-x86_64 BuildFail"), "{shown}");
    // Elsewhere nothing moves.
    let piped = farm.mf(["build", "watch", "tool-1"]);
    assert_eq!(piped.code, 1);
    assert!(!piped.out.contains('\x1b') && !piped.err.contains('\x1b'), "{piped:?}");
}
