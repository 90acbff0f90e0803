//! The Python interface.

use std::fs;

use monkeyfarm_tests::{Ran, python};

#[test]
fn its_own_tests_pass() {
    let ran =
        Ran::of(python::python().args(["-m", "unittest", "-q"]).current_dir(python::interface()));
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn its_types_are_strict() {
    let Some(mut mypy) = python::tool("mypy") else { return };
    mypy.args(["--strict", "--cache-dir=/dev/null", "monkeyfarm", "test_interface.py"]);
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
