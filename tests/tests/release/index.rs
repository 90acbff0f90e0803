//! Repositories of the handler `generic`, and what keeps one from following.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Command;

use monkeyfarm_tests::awaited::{followed, wait};
use monkeyfarm_tests::{Farm, Options, Repository, world};
use tempfile::TempDir;

/// A farm with a package that is built into one file, and the tag `stable`.
fn farm() -> Farm {
    with(|_| ())
}

/// The same; `more` is done before it is up.
fn with(more: impl FnOnce(&Farm)) -> Farm {
    let mut farm = Farm::prepared(Options::default());
    more(&farm);
    farm.up();
    world::make(&farm);
    let recipe =
        "[build]\ncommands = [\"echo $MF_TARGET > 'the result'\"]\nfiles = [\"the result\"]\n";
    let source = Repository::new(farm.scratch().join("s"), &[(".monkeyfarm.toml", recipe)]);
    world::package(&farm, "tool", &source.url(), &[]);
    farm.ok(["tag", "create", "-l", "stable", "--manage-repo=True"]);
    let words = ["build", "create", "-l", "tool-1", "--package-branch", "tool.main"];
    farm.ok(words.iter().chain(&["--pre-tag", "stable", "--watch"]));
    farm
}

#[test]
fn a_plain_repository_has_its_checksums() {
    checks(&farm());
}

/// A directory on another disk than `dir`, to which nothing can be linked.
fn elsewhere(dir: &Path) -> Option<TempDir> {
    let of = |dir: &Path| fs::metadata(dir).ok().map(|metadata| metadata.dev());
    let mut others = ["/dev/shm", "/var/tmp", "/run"].iter().map(Path::new);
    let other = others.find(|other| of(other).is_some_and(|disk| Some(disk) != of(dir)))?;
    tempfile::tempdir_in(other).ok()
}

#[test]
fn a_regulator_on_another_disk_fetches_the_files() {
    let mut other = None;
    let farm = with(|farm| {
        let Some(dir) = elsewhere(farm.scratch()) else { return };
        fs::create_dir(farm.data_dir()).unwrap();
        symlink(dir.path(), farm.data_dir().join("regulator")).unwrap();
        other = Some(dir);
    });
    let Some(other) = other else {
        eprintln!("skipped: no other disk");
        return;
    };
    checks(&farm);
    let kept = fs::read_dir(other.path().join("repositories")).unwrap().next().unwrap();
    let files = fs::read_dir(kept.unwrap().path()).unwrap().count();
    assert_eq!(files, world::TARGETS.len(), "each was fetched once, and is kept");
}

/// The repository of `stable` is what its checksums say.
fn checks(farm: &Farm) {
    followed(farm, "stable");
    let dir = farm.scratch().join("fetched");
    fs::create_dir(&dir).unwrap();
    for name in ["SHA256SUMS", "the result"] {
        let path = format!("{}/repo/demo/stable/one-x86_64/{name}", farm.setting("url"));
        let bytes = reqwest::blocking::get(path).unwrap().error_for_status().unwrap().bytes();
        fs::write(dir.join(name), bytes.unwrap()).unwrap();
    }
    assert_eq!(fs::read_to_string(dir.join("the result")).unwrap(), "one-x86_64\n");
    let mut check = Command::new("sha256sum");
    let checked = check.args(["--check", "--strict", "SHA256SUMS"]).current_dir(&dir).status();
    assert!(checked.unwrap().success());
}

#[test]
fn a_file_that_is_gone_is_named_at_the_tag() {
    let farm = farm();
    followed(&farm, "stable");
    fs::remove_dir_all(farm.data_dir().join("files/tasks/1")).unwrap();
    farm.ok(["tag", "create", "-l", "later", "--manage-repo=True"]);
    farm.ok(["build", "tag", "tool-1", "later"]);
    let shown = wait(&farm, &["tag", "show", "later"], |shown| {
        shown["data"]["tag"]["repository_state"].as_str().unwrap().contains(": ")
            && shown["data"]["tag"]["repository_state"].as_str().unwrap().contains("tool-1")
    });
    let state = shown["data"]["tag"]["repository_state"].as_str().unwrap().to_owned();
    assert!(state.starts_with("lags since ") && state.contains("the result"), "{state}");
    // The one that has it goes on having it.
    let path = format!("{}/repo/demo/stable/one-x86_64/the result", farm.setting("url"));
    assert!(reqwest::blocking::get(path).unwrap().status().is_success());
    farm.ok(["build", "untag", "tool-1", "later"]);
    followed(&farm, "later");
}
