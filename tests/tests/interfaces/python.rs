//! The Python interface.

use std::fs;
use std::process::Command;

use monkeyfarm_tests::programs::source_tree;
use monkeyfarm_tests::{Farm, Ran, Repository, python};

#[test]
fn its_own_tests_pass() {
    let ran =
        Ran::of(python::python().args(["-m", "unittest", "-q"]).current_dir(python::interface()));
    assert_eq!(ran.code, 0, "{}", ran.err);
}

/// On whatever this host has beside the Python that all other tests use.
#[test]
fn its_own_tests_pass_on_other_versions_of_python() {
    for minor in [9, 10, 11, 12, 13, 14] {
        let name = format!("python3.{minor}");
        let there = Command::new(&name).arg("--version").output();
        if !there.is_ok_and(|ran| ran.status.success()) {
            eprintln!("skipped: no {name}");
            continue;
        }
        let mut python = Command::new(&name);
        python.args(["-B", "-m", "unittest", "-q"]).current_dir(python::interface());
        let ran = Ran::of(&mut python);
        assert_eq!(ran.code, 0, "{name}: {}", ran.err);
    }
}

#[test]
fn its_types_are_strict() {
    let Some(mut mypy) = python::tool("mypy") else { return };
    mypy.args(["--strict", "--cache-dir=/dev/null", "monkeyfarm", "test_interface.py"]);
    let programs = source_tree().join("tests/tests/interfaces");
    mypy.args([programs.join("day.py"), programs.join("older.py")]);
    let ran = Ran::of(mypy.current_dir(python::interface()));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

/// What is newer than Python 3.9 would not be understood there.
#[test]
fn it_is_written_for_python_3_9() {
    let check = "import ast, sys\nfor f in sys.argv[1:]: ast.parse(open(f).read(), f, feature_version=(3, 9))";
    let dir = python::interface().join("monkeyfarm");
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "py")).collect();
    assert!(files.len() >= 5, "{files:?}");
    let ran = Ran::of(python::python().args(["-c", check]).args(files));
    assert_eq!(ran.code, 0, "{}", ran.err);
}

/// Runs one of the programs beside this file.
fn run(farm: &Farm, program: &str, words: &[&str]) {
    let program = source_tree().join("tests/tests/interfaces").join(program);
    let mut python = python::python();
    python.arg(program).args(words).env("MF_CONFIG", farm.config());
    let ran = Ran::of(&mut python);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn a_release_managers_day() {
    let farm = Farm::start();
    let recipe = "[build]\n\
        commands = [\"echo built for $MF_TARGET > out.txt\"]\n\
        files = [\"out.txt\"]\n\
        sources = [\"*.c\"]\n";
    let source = Repository::new(
        farm.scratch().join("source"),
        &[(".monkeyfarm.toml", recipe), ("main.c", "int main(void) { return 0; }\n")],
    );
    run(&farm, "day.py", &[&source.url()]);
}

#[test]
fn programs_of_old_go_on() {
    let farm = Farm::start();
    let key = farm.data_dir().join("keys/admin");
    run(&farm, "older.py", &[&farm.setting("url"), key.to_str().unwrap()]);
}
