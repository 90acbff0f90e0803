//! Programs beside this one: `mf hub` is `mf-hub`, and any `mf-foo` on PATH
//! is `mf foo`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use clap::{Arg, Command};

use super::exit::{Exit, Failure};

/// The farm's own programs: the word after `mf`, the program, what it is.
const OWN: &[(&str, &str, &str)] = &[
    ("hub", "mf-hub", "Run the hub: mf-hub"),
    ("regulator", "mf-regulatord", "Run the regulator: mf-regulatord"),
    ("worker", "mf-workerd", "Run a worker: mf-workerd"),
    ("plugin", "mf-plugin-host", "Look at plugins: mf-plugin-host"),
];

/// Their commands, for help texts; they are run before those are looked at.
pub fn commands() -> impl Iterator<Item = Command> {
    OWN.iter().map(|(word, program, about)| {
        Command::new(*word)
            .about(*about)
            .disable_help_flag(true)
            .arg(Arg::new("words").num_args(..).trailing_var_arg(true).allow_hyphen_values(true))
            .after_help(super::example::text(&format!("mf {word} --help\n{program} --help")))
    })
}

/// The programs of others on PATH, which are commands too: the word after
/// `mf`, and where it is. Only help texts look for all of them.
pub fn others(known: impl Fn(&str) -> bool) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let path = std::env::var_os("PATH").unwrap_or_default();
    for dir in std::env::split_paths(&path).filter(|dir| dir.is_absolute()) {
        for entry in dir.read_dir().into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(word) = name.to_str().and_then(|name| name.strip_prefix("mf-")) else {
                continue;
            };
            let own = OWN.iter().any(|(_, program, _)| name == **program);
            if !own && is_word(word) && !known(word) && runnable(&entry.path()) {
                // As when it is run, the first on PATH is meant.
                found.entry(word.to_owned()).or_insert_with(|| entry.path());
            }
        }
    }
    found
}

fn is_word(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with('-')
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

/// Becomes the program that the first word names, if it is none of `mf`'s own.
/// Returns only if there is no such program.
///
/// # Errors
/// One of the farm's programs is not where it should be, or cannot be run.
pub fn run(words: &[OsString], known: impl Fn(&str) -> bool) -> Result<(), Failure> {
    let place = 1 + globals(words.get(1..).unwrap_or_default());
    let Some(word) = words.get(place).and_then(|word| word.to_str()) else { return Ok(()) };
    let help_flag = OsString::from("--help");
    // What stands before the command is meant for it too.
    let handed: Vec<&OsString> = words[1..place].iter().chain(&words[place + 1..]).collect();
    if let Some((_, program, _)) = OWN.iter().find(|own| own.0 == word) {
        return Err(become_it(&find(program)?, program, format!("mf {word}"), &handed));
    }
    // `mf help foo` is the program's own help.
    let help = word == "help" && words.len() == place + 2;
    let (word, handed) = match words.get(place + 1).and_then(|word| word.to_str()) {
        Some(other) if help && !known(other) => (other, vec![&help_flag]),
        _ => (word, handed),
    };
    if !is_word(word) || known(word) {
        return Ok(());
    }
    match on_path(&format!("mf-{word}")) {
        Some(path) => {
            let name = format!("mf-{word}");
            let called = path.as_os_str().to_owned();
            Err(become_it(&path, &name, &called, &handed))
        }
        None => Ok(()),
    }
}

/// How many of the words are flags that every command has.
fn globals(words: &[OsString]) -> usize {
    let mut count = 0;
    while let Some(word) = words.get(count).and_then(|word| word.to_str()) {
        count += match word {
            "--json" | "--jsonl" | "--quiet" | "-q" | "--no-pager" => 1,
            "--connection" | "--hub" | "--ca-file" => 2,
            word if ["--connection=", "--hub=", "--ca-file="]
                .iter()
                .any(|f| word.starts_with(f)) =>
            {
                1
            }
            _ => break,
        };
    }
    count.min(words.len())
}

/// `called` is what the program is told that it is called, for its help.
fn become_it(path: &Path, name: &str, called: impl AsRef<OsStr>, words: &[&OsString]) -> Failure {
    let error = std::process::Command::new(path).arg0(called).args(words).exec();
    Failure::new(Exit::Internal, format!("{name} ({}) cannot be run: {error}", path.display()))
}

/// Where one of the farm's programs is: beside this one, else on PATH.
///
/// # Errors
/// It is in neither place.
pub fn find(program: &str) -> Result<PathBuf, Failure> {
    let here = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.to_path_buf()));
    let beside = here.as_ref().map(|dir| dir.join(program)).filter(|path| runnable(path));
    beside.or_else(|| on_path(program)).ok_or_else(|| {
        let place = here.map_or("this program".into(), |dir| dir.display().to_string());
        Failure::new(Exit::Configuration, format!("{program} is neither in {place} nor on PATH"))
            .hint("`make build` makes every program; `make install` puts them in one place")
    })
}

/// The first runnable file of this name in the directories of PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        // An empty entry would mean the current directory.
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(OsStr::new(program)))
        .find(|path| runnable(path))
}

fn runnable(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
