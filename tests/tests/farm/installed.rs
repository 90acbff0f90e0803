//! What `make install` installs: programs that find each other, manual pages
//! of every command, and completion that real shells complete with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use monkeyfarm_tests::terminal::Terminal;
use monkeyfarm_tests::{Farm, Ran, programs, world};

/// Installs what was built for the tests, as a package's build does.
fn install(root: &Path) -> PathBuf {
    let built = programs::program("mf").parent().unwrap().to_owned();
    let mut make = Command::new("make");
    make.current_dir(programs::source_tree()).args(["install", "CARGO=true", "PREFIX=/usr"]);
    make.arg(format!("BUILT={}", built.display())).arg(format!("DESTDIR={}", root.display()));
    // One that runs the tests has its own say on what it is to do.
    for variable in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"] {
        make.env_remove(variable);
    }
    let ran = Ran::of(&mut make);
    assert_eq!(ran.code, 0, "{ran:?}");
    root.join("usr")
}

/// Whether this host has a shell; says so loudly where it has not.
fn has(shell: &str) -> bool {
    let found = Command::new(shell).arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: no {shell} (Debian: apt-get install {shell})");
    }
    found
}

/// A shell on a terminal, in which `mf` is the one that was installed.
fn shell(farm: &Farm, usr: &Path, program: &str, words: &[&str]) -> Terminal {
    // Of a session of its own, as one that somebody has opened.
    let mut shell = Command::new("setsid");
    shell.args(["--ctty", "--wait", program]);
    let path = format!("{}:/usr/bin:/bin", usr.join("bin").display());
    shell.args(words).env_clear().env("PATH", path).env("TERM", "xterm").env("PS1", "$ ");
    shell.env("HOME", farm.scratch()).env("XDG_CONFIG_HOME", farm.scratch().join("config"));
    shell.env("MF_CONFIG", farm.config()).env("XDG_DATA_DIRS", usr.join("share"));
    Terminal::run(shell, 100)
}

/// Tab completes commands, flags and what there is on the hub.
fn completes(mut shell: Terminal) {
    for (typed, whole) in [
        ("mf build wat\t", "mf build watch"),
        ("mf build create --package-br\t", "mf build create --package-branch"),
        ("mf build create --package-branch long-n\t", "--package-branch long-name.main"),
        ("mf workon dem\t", "mf workon demo"),
    ] {
        shell.keys(typed);
        shell.wait_for(whole);
        // The line is cleared, whatever else stands in it.
        shell.keys("\x15");
    }
    shell.keys("exit\r");
    shell.end();
}

#[test]
fn what_is_installed_works_as_it_stands() {
    let farm = Farm::start();
    world::make(&farm);
    world::package(&farm, "long-name", "", &["--release", "one"]);
    let root = tempfile::tempdir().unwrap();
    let usr = install(root.path());

    let mut listed = Command::new(usr.join("bin/mf"));
    listed.env_clear().env("HOME", root.path()).args(["plugin", "list"]);
    let listed = Ran::of(&mut listed);
    assert_eq!(listed.code, 0, "{listed:?}");
    for plugin in ["mock", "debian", "git", "bzr", "generic", "bugzilla", "github"] {
        assert!(listed.out.contains(plugin), "{plugin} is not found: {listed:?}");
    }

    let pages = usr.join("share/man/man1");
    for page in ["mf", "mf-build-create", "mf-task-log", "mf-top", "mf-hub", "mf-package-branch"] {
        let text = fs::read_to_string(pages.join(format!("{page}.1"))).unwrap();
        assert!(text.contains(".TH"), "{page}: {text}");
    }
    assert!(fs::read_dir(&pages).unwrap().count() > 150);
    let example = fs::read_to_string(pages.join("mf-build-create.1")).unwrap();
    assert!(example.contains("mf build create \\-l"), "it has its example:\n{example}");

    let share = usr.join("share");
    let mut bash = shell(&farm, &usr, "bash", &["--norc", "--noprofile", "-i"]);
    let file = share.join("bash-completion/completions/mf");
    bash.keys(&format!("source {}\r", file.display()));
    completes(bash);
    if has("zsh") {
        let mut zsh = shell(&farm, &usr, "zsh", &["-f", "-i"]);
        let dir = share.join("zsh/site-functions");
        zsh.keys(&format!(
            "fpath=({} $fpath); autoload -U compinit; compinit -u -D\r",
            dir.display()
        ));
        completes(zsh);
    }
    if has("fish") {
        completes(shell(&farm, &usr, "fish", &["--interactive"]));
    }
}
