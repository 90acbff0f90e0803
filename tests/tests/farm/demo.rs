//! `mf demo`: the main job, in one command.

use std::process::{Command, Stdio};

use monkeyfarm_tests::{Ran, programs};

#[test]
fn the_demo_builds_a_real_program_and_leaves_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let mut demo = Command::new(programs::program("mf"));
    demo.arg("demo").env("TMPDIR", temp.path()).env("HOME", temp.path()).stdin(Stdio::null());
    let ran = Ran::of(&mut demo);
    let shown = format!("{}\n--- standard error:\n{}", ran.out, ran.err);
    assert_eq!(ran.code, 0, "{shown}");
    for words in ["BuildSuccess", "make", "http://127.0.0.1:", "hello", "bytes"] {
        assert!(
            ran.out.contains(words) || (words == "bytes" && ran.out.contains(" B")),
            "{words:?} is not in:\n{shown}"
        );
    }
    let left: Vec<_> = std::fs::read_dir(temp.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?} is left");
    let left = monkeyfarm_tests::process::of_farm(-1, temp.path());
    assert!(left.is_empty(), "{left:?} is left");
}
