//! The demo's source: `examples/hello`, as a git repository.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::exit::{Exit, Failure};
use crate::cli::sibling::on_path;

/// Programs that the demo and its build need, and the Debian package of each.
const NEEDED: [(&str, &str); 4] = [("git", "git"), ("make", "make"), ("cc", "gcc"), ("tar", "tar")];

/// The files of `examples/hello`, so that the program needs no other.
const FILES: [(&str, &str); 8] = [
    (".gitignore", include_str!("../../../../examples/hello/.gitignore")),
    (".monkeyfarm.toml", include_str!("../../../../examples/hello/.monkeyfarm.toml")),
    ("Makefile", include_str!("../../../../examples/hello/Makefile")),
    ("README.md", include_str!("../../../../examples/hello/README.md")),
    ("greeting.c", include_str!("../../../../examples/hello/greeting.c")),
    ("greeting.h", include_str!("../../../../examples/hello/greeting.h")),
    ("hello.c", include_str!("../../../../examples/hello/hello.c")),
    ("test_greeting.c", include_str!("../../../../examples/hello/test_greeting.c")),
];

/// Checks that what the demo needs is installed.
///
/// # Errors
/// Something is not, named with its Debian package.
pub fn check_programs() -> Result<(), Failure> {
    let missing: Vec<_> = NEEDED.iter().filter(|(program, _)| on_path(program).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let programs: Vec<&str> = missing.iter().map(|(program, _)| *program).collect();
    let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
    let told =
        format!("the demo builds a C program from git; not on PATH: {}", programs.join(", "));
    Err(Failure::new(Exit::Configuration, told)
        .hint(format!("on Debian: apt install {}", packages.join(" "))))
}

/// Makes the repository, with one commit that is the same every time.
///
/// # Errors
/// It cannot be written, or git says why not.
pub fn make(dir: &Path) -> Result<(), Failure> {
    let write = || {
        std::fs::create_dir(dir)?;
        for (name, text) in FILES {
            std::fs::write(dir.join(name), text)?;
        }
        std::io::Result::Ok(())
    };
    write().map_err(|e| Failure::new(Exit::Internal, format!("{}: {e}", dir.display())))?;
    git(dir, &["init", "--quiet", "--initial-branch=main"])?;
    git(dir, &["add", "--all"])?;
    git(dir, &["commit", "--quiet", "--message=hello: Say hello"])
}

/// Runs git with nothing of the caller's configuration, as nobody in
/// particular, at no particular time.
fn git(dir: &Path, words: &[&str]) -> Result<(), Failure> {
    let fail = |why: String| Failure::new(Exit::Internal, format!("git {}: {why}", words[0]));
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        // Such as GIT_DIR, which would lead elsewhere.
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    let output = command
        .args(["-c", "init.templateDir=", "-c", "commit.gpgSign=false"])
        .args(words)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs(["AUTHOR", "COMMITTER"].iter().flat_map(|who| {
            [
                (format!("GIT_{who}_NAME"), "MonkeyFarm"),
                (format!("GIT_{who}_EMAIL"), "demo@example.org"),
                (format!("GIT_{who}_DATE"), "2013-01-01T00:00:00Z"),
            ]
        }))
        .stdin(Stdio::null())
        .output()
        .map_err(|e| fail(e.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(fail(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_example_is_in_the_demo() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/hello");
        let output = Command::new("git").args(["ls-files"]).current_dir(dir).output().unwrap();
        let there = String::from_utf8(output.stdout).unwrap();
        assert_eq!(there.lines().collect::<Vec<_>>(), FILES.map(|(name, _)| name));
    }

    #[test]
    fn the_repository_has_one_commit_and_nothing_else_to_add() {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("hello");
        make(&dir).unwrap();
        let ask = |words: &[&str]| {
            let output = Command::new("git").args(words).current_dir(&dir).output().unwrap();
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        assert_eq!(
            ask(&["log", "--format=%an %ae %s"]),
            "MonkeyFarm demo@example.org hello: Say hello"
        );
        assert_eq!(ask(&["ls-files"]).lines().count(), FILES.len());
        assert_eq!(ask(&["status", "--porcelain"]), "");
        assert!(make(&dir).is_err(), "a directory that is there is not overwritten");
    }
}
