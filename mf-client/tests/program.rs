//! The program `mf` itself, where no hub is needed.

// A test that cannot go on says where.
#![allow(clippy::unwrap_used)]

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

fn mf(home: &std::path::Path) -> Command {
    let mut mf = Command::new(env!("CARGO_BIN_EXE_mf"));
    mf.env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    // Nothing listens there.
    mf.env("MF_URL", "http://127.0.0.1:1");
    mf
}

fn run(words: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    mf(home.path()).args(words).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    for (words, code, said) in [
        (&["pakage", "list"][..], 2, &["error: ", "'pakage'", "hint: ", "'package'"][..]),
        (&["package", "frob"], 2, &["'frob'"]),
        (&["package", "create", "-l", "x", "--colour", "red"], 2, &["--colour"]),
        (&["package", "create", "-l", "x"], 2, &["project", "mf workon"]),
        (&["package", "create", "--project", "p"], 2, &["--label"]),
        (&["release", "create", "-l", "el6"], 2, &["--distro"]),
        (&["package-branch", "create", "x", "--project", "p"], 2, &["--package, --build-handler"]),
        (
            &["build", "create", "wc.main", "--project", "p"],
            2,
            &["needs --package-branch", "\"wc.main\" is the label of the new build"],
        ),
        (&["build", "create", "--project", "p"], 2, &["--package-branch"]),
        (&["arch", "create", "a b"], 2, &["\"a b\""]),
        (&["arch", "update", "x"], 2, &["nothing", "x"]),
        (&["arch", "delete", "x"], 8, &["http://127.0.0.1:1"]),
        (&["bulid", "list"], 2, &["did you mean 'build'", "'build-type'?"]),
        (&["package", "list", "--columns", "colour"], 2, &["colour", "summary"]),
        (&["build", "watch", "b", "--project", "p", "--timeout", "0"], 2, &["timeout"]),
        (&["up"], 2, &["--data-dir"]),
        (&["up", "--data-dir", "/dev/null/x"], 78, &["/dev/null/x"]),
        (&["up", "--data-dir", "/dev/null/x", "--plugins-dir", "/nope"], 78, &["/nope: No such"]),
        (&["up", "--data-dir", "/dev/null/x", "--plugins-dir", "/dev/null"], 78, &["/dev/null: "]),
        (&["arch", "list"], 8, &["http://127.0.0.1:1", "mf up"]),
        (&["--connection", "work", "arch", "list"], 78, &["[connection:work]"]),
        (&["user", "create", "-l", "x", "--password"], 2, &["password is empty"]),
    ] {
        let output = run(words);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {told}");
        assert!(output.stdout.is_empty(), "{words:?}: {}", text(&output.stdout));
        for word in said {
            assert!(told.contains(word), "{words:?}: {word:?} is not in {told}");
        }
        assert!(!told.contains('\x1b'), "{words:?}: colours in a pipe: {told}");
    }
}

#[test]
fn programs_get_errors_as_json() {
    for (words, code, key) in [
        (&["pakage", "--json"][..], 2, "Usage"),
        (&["arch", "list", "--json"], 8, "Unreachable"),
        (&["arch", "create", "a b", "--json"], 2, "InvalidValue"),
    ] {
        let output = run(words);
        assert_eq!(output.status.code(), Some(code), "{words:?}");
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(json["errors"][key].is_string(), "{words:?}: {json}");
        assert!(output.stderr.is_empty(), "{words:?}: {}", text(&output.stderr));
    }
}

/// Every command below this one that does something, with a word for whatever
/// it needs.
fn leaves(command: &clap::Command, words: &[String], found: &mut Vec<Vec<String>>) {
    let mut words = words.to_vec();
    let inner: Vec<_> = command.get_subcommands().filter(|c| c.get_name() != "help").collect();
    if inner.is_empty() {
        words.extend(command.get_positionals().map(|_| "x".to_owned()));
        found.push(words);
        return;
    }
    for command in inner {
        let mut words = words.clone();
        words.push(command.get_name().to_owned());
        leaves(command, &words, found);
    }
}

#[test]
fn every_command_says_its_errors_as_json() {
    // Those are other programs, start a farm, or only print.
    const OTHER: [&str; 8] =
        ["hub", "regulator", "worker", "plugin", "up", "demo", "completion", "man"];
    let mut tree = mf_client::cli::tree();
    tree.build();
    let mut all = Vec::new();
    leaves(&tree, &[], &mut all);
    let home = tempfile::tempdir().unwrap();
    let asked = all.iter().filter(|words| !OTHER.contains(&words[0].as_str()));
    for words in asked.clone() {
        for form in ["--json", "--jsonl"] {
            let output = mf(home.path()).args(words).arg(form).output().unwrap();
            let shown = text(&output.stdout);
            let pieces =
                if form == "--json" { vec![shown.trim()] } else { shown.lines().collect() };
            let read = |text: &&str| serde_json::from_str::<serde_json::Value>(text);
            let json = pieces.iter().map(read).collect::<Result<Vec<_>, _>>();
            let json = json.unwrap_or_else(|e| panic!("{words:?} {form}: {e}: {shown}"));
            let Some(last) = json.last() else {
                assert!(output.status.success(), "{words:?} {form} says nothing");
                continue;
            };
            // The doctor's checks say what is wrong.
            let told = last["errors"].as_object().is_some_and(|errors| !errors.is_empty());
            let told = told || last.pointer("/data/checks").is_some() || last["what"].is_string();
            assert!(told || output.status.success(), "{words:?}: {last}");
        }
    }
    assert!(asked.count() > 100);
}

#[test]
fn a_program_on_path_is_a_command() {
    let home = tempfile::tempdir().unwrap();
    let program = home.path().join("mf-greet");
    std::fs::write(&program, "#!/bin/sh\necho \"hello $*\"\nexit 42\n").unwrap();
    let greet = |words: &[&str]| {
        let path = format!("{}:/usr/bin:/bin", home.path().display());
        mf(home.path()).env("PATH", path).args(words).output().unwrap()
    };
    assert_eq!(greet(&["greet"]).status.code(), Some(2), "it cannot be run");
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let help = text(&greet(&["--help"]).stdout);
    let listed = format!("greet  {}", program.display());
    assert!(help.contains(&listed), "{listed} is not in {help}");
    assert_eq!(text(&greet(&["help", "greet"]).stdout), "hello --help\n");
    let output = greet(&["greet", "a", "--help", "--json"]);
    assert_eq!(text(&output.stdout), "hello a --help --json\n");
    assert_eq!(output.status.code(), Some(42));
    let output = greet(&["--json", "--connection", "work", "greet", "a"]);
    assert_eq!(text(&output.stdout), "hello --json --connection work a\n");
    assert_eq!(greet(&["--connection"]).status.code(), Some(2));
    assert_eq!(greet(&["../greet"]).status.code(), Some(2));
    // A command of mf's own is never another program.
    std::fs::copy(&program, home.path().join("mf-arch")).unwrap();
    assert_eq!(greet(&["arch", "list"]).status.code(), Some(8));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let home = tempfile::tempdir().unwrap();
    let mut child = mf(home.path())
        .args(["build", "create", "--help"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!((child.wait().unwrap().code(), told.as_str()), (Some(0), ""));
}

#[test]
fn the_demo_names_what_is_not_installed() {
    let home = tempfile::tempdir().unwrap();
    let output = mf(home.path()).env("PATH", home.path()).arg("demo").output().unwrap();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{told}");
    assert!(told.contains("git") && told.contains("apt install"), "{told}");
}

#[test]
fn help_and_version_are_answers() {
    for words in [
        &["--help"][..],
        &["-h"],
        &["help"],
        &["help", "build", "create"],
        &["build", "create", "--help"],
        &["up", "--help"],
    ] {
        let output = run(words);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains("Example:"), "{words:?}");
    }
    assert_eq!(text(&run(&["--version"]).stdout), format!("mf {}\n", mf_core::VERSION));
    let versions = text(&run(&["version"]).stdout);
    assert!(versions.contains("does not answer (http://127.0.0.1:1)"), "{versions}");
}
