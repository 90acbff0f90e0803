//! Recipes: which one is taken, and what is wrong with it.
#![allow(clippy::unwrap_used)]

mod task;

use std::fs;
use std::os::unix::fs::symlink;

use task::Task;

#[test]
fn the_checkouts_own_recipe_wins_over_the_targets() {
    let config = "[build]\ncommands = ['echo target > who']";
    let mut task = Task::with_recipe("[build]\ncommands = ['echo source > who']");
    task.job.target_config = config.into();
    task.build().unwrap();
    assert_eq!(fs::read_to_string(task.source().join("who")).unwrap(), "source\n");

    fs::remove_file(task.source().join(".monkeyfarm.toml")).unwrap();
    task.build().unwrap();
    assert_eq!(fs::read_to_string(task.source().join("who")).unwrap(), "target\n");
}

#[test]
fn without_a_source_the_target_says_what_to_do() {
    let mut task = Task::new();
    assert_eq!(
        task.refusal(),
        "there is no source, and the config of target `el6-x86_64` is empty: \
         it must say in `[build] commands` what to do"
    );
    // Whatever lies there was not checked out, and is not asked.
    fs::write(task.source().join(".monkeyfarm.toml"), "broken").unwrap();
    task.job.target_config = "[build]\ncommands = ['echo made > made']\nfiles = ['made']".into();
    assert_eq!(task.build().unwrap().artifacts.len(), 1);

    task.job.target_config = "[build]\ncommands = 'true'".into();
    let sentence = task.refusal();
    assert!(
        sentence.starts_with("the config of target `el6-x86_64`, line 2, column 12: invalid type"),
        "{sentence}"
    );
}

#[test]
fn a_checkout_without_any_recipe_is_told_where_to_put_one() {
    let mut task = Task::new();
    task.job.has_source = true;
    assert_eq!(
        task.refusal(),
        "the source has no .monkeyfarm.toml, and the config of target `el6-x86_64` is empty: \
         one of them must say in `[build] commands` how to build it"
    );
}

#[test]
fn a_broken_recipe_is_named_with_line_and_column() {
    let cases = [
        ("[build]\ncommands = [\"make\"", ".monkeyfarm.toml, line 2, column 19: "),
        ("", ".monkeyfarm.toml has no `[build]` table: write `commands = [...]` in one"),
        ("[build]\n", ".monkeyfarm.toml, line 1, column 1: missing field `commands`"),
        (
            "[build]\ncommands = []\n",
            ".monkeyfarm.toml, line 2, column 12: `commands` is empty: name at least one command",
        ),
        (
            "[build]\ncommands = [\"make\", \"  \"]\n",
            ".monkeyfarm.toml, line 2, column 12: command 2 is empty",
        ),
        (
            "[build]\ncommands = [\"a\\u0000b\"]\n",
            ".monkeyfarm.toml, line 2, column 12: command 1 contains a NUL",
        ),
        (
            "[build]\ncommands = [1]\n",
            ".monkeyfarm.toml, line 2, column 13: invalid type: integer `1`, expected a string",
        ),
        (
            "[build]\ncommands = ['make']\nfile = ['a']\n",
            ".monkeyfarm.toml, line 3, column 1: unknown field `file`, \
             expected one of `commands`, `files`, `sources`, `timeout`",
        ),
        (
            "[biuld]\ncommands = ['make']\n",
            ".monkeyfarm.toml, line 1, column 2: unknown field `biuld`, expected `build`",
        ),
        (
            "[build]\ncommands = ['make']\nfiles = ['a', '/etc/passwd']\n",
            ".monkeyfarm.toml, line 3, column 15: the glob `/etc/passwd` is absolute: \
             write it relative to the checkout",
        ),
        (
            "[build]\ncommands = ['make']\nsources = ['a/../../b']\n",
            ".monkeyfarm.toml, line 3, column 12: the glob `a/../../b` leaves the checkout: \
             `..` is not allowed",
        ),
        (
            "[build]\ncommands = ['make']\nfiles = ['a[']\n",
            ".monkeyfarm.toml, line 3, column 10: the glob `a[` is broken: ",
        ),
        (
            "[build]\ncommands = ['make']\nfiles = ['']\n",
            ".monkeyfarm.toml, line 3, column 10: the glob `` names no file: leave it out",
        ),
    ];
    for (text, expected) in cases {
        let sentence = Task::refused_recipe(text);
        assert!(sentence.starts_with(expected), "{text:?}\n{sentence}\n{expected}");
    }
}

#[test]
fn a_timeout_is_seconds_or_a_time_with_its_unit() {
    for timeout in ["0", "-1", "true", "1.5", "'0s'", "'10'", "'m'", "'1 day'", "'9999999h'"] {
        let text = format!("[build]\ncommands = ['true']\ntimeout = {timeout}\n");
        let sentence = Task::refused_recipe(&text);
        assert!(
            sentence.starts_with(".monkeyfarm.toml, line 3, column 11: invalid ")
                && sentence.ends_with(
                    "expected a number of seconds, or a time such as \"90s\", \"10m\" or \"2h\""
                ),
            "{sentence}"
        );
    }
    for timeout in ["600", "'90s'", "'10m'", "' 2 h'"] {
        let text = format!("[build]\ncommands = ['true']\ntimeout = {timeout}\n");
        Task::with_recipe(&text).build().unwrap();
    }
}

#[test]
fn what_is_no_text_is_no_recipe() {
    let mut task = Task::new();
    task.job.has_source = true;
    let file = task.source().join(".monkeyfarm.toml");
    fs::create_dir(&file).unwrap();
    assert_eq!(task.refusal(), ".monkeyfarm.toml is not a regular file");
    fs::remove_dir(&file).unwrap();
    fs::write(&file, b"[build]\n\xff").unwrap();
    assert_eq!(task.refusal(), ".monkeyfarm.toml is not UTF-8 text (byte 8)");
    fs::write(&file, vec![b'#'; 300_000]).unwrap();
    assert_eq!(task.refusal(), ".monkeyfarm.toml has 300000 bytes: more than 262144 are not read");
}

#[test]
fn a_linked_recipe_is_refused() {
    let mut task = Task::new();
    task.job.has_source = true;
    let elsewhere = task.job.work_dir.join("elsewhere.toml");
    fs::write(&elsewhere, "[build]\ncommands = ['true']").unwrap();
    symlink(elsewhere, task.source().join(".monkeyfarm.toml")).unwrap();
    assert_eq!(
        task.refusal(),
        ".monkeyfarm.toml is a symbolic link, which is not followed: put the file itself there"
    );
}
