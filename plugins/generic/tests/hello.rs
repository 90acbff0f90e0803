//! The example of the repository, built as a farm would build it.
#![allow(clippy::unwrap_used)]

mod task;

use std::fs;
use std::path::Path;
use std::process::Command;

use monkeyfarm_plugin_api::ArtifactKind;
use task::Task;

#[test]
fn the_example_builds_a_program_that_knows_its_target() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hello");
    let mut task = Task::new();
    task.job.has_source = true;
    for entry in fs::read_dir(example).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), task.source().join(entry.file_name())).unwrap();
        }
    }
    let built = task.build().unwrap();
    let kept: Vec<_> = built.artifacts.iter().map(|a| (a.kind, a.name.as_str())).collect();
    assert_eq!(
        kept,
        [(ArtifactKind::File, "hello-el6-x86_64"), (ArtifactKind::Source, "hello-1.0.tar.gz")]
    );
    let said = Command::new(&built.artifacts[0].path).arg("Ada").output().unwrap();
    assert_eq!(
        String::from_utf8(said.stdout).unwrap(),
        "Hello, Ada! Fresh from the farm, built for el6-x86_64.\n"
    );
}
