//! The first programs of the book, `docs/interfaces.md`, as they stand there.

use std::fs;
use std::process::Command;

use monkeyfarm_tests::programs::{self, source_tree};
use monkeyfarm_tests::{Farm, Ran, python, world};

/// The first block of a language in the chapter.
fn block(language: &str) -> String {
    let chapter = fs::read_to_string(source_tree().join("docs/interfaces.md")).unwrap();
    let (_, rest) = chapter.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_first_programs_say_what_was_built() {
    let example = source_tree().join("mf-client/examples/first.rs");
    assert_eq!(block("rust"), fs::read_to_string(example).unwrap());
    let farm = Farm::start();
    world::make(&farm);
    farm.ok(["target", "update", "one-x86_64", "--config", &world::recipe(&["true"])]);
    let branch = world::package(&farm, "tool", "", &["--release", "one"]);
    farm.ok(["build", "create", "-l", "tool-1", "--package-branch", &branch, "--watch"]);
    let program = farm.scratch().join("first.py");
    fs::write(&program, block("python")).unwrap();
    let mut python = python::python();
    python.arg(program);
    for program in [&mut python, &mut Command::new(programs::example("first"))] {
        let ran = Ran::of(program.env("MF_CONFIG", farm.config()));
        assert_eq!((ran.code, ran.out.as_str()), (0, "tool-1 in demo\n"), "{}", ran.err);
    }
}
