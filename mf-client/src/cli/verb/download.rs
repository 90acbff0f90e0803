//! `mf task download`: what a task made, on this host.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};
use futures_util::StreamExt;
use mf_core::wire::TaskFile;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::Hub;
use crate::cli::crud::one;
use crate::cli::cx::{Cx, run};
use crate::cli::example;
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::flags;
use crate::cli::print::{clean, json as print_json, line, live::Bytes, size};
use crate::cli::verb::log::{attempt, task};

/// The command.
pub fn command() -> Command {
    one(task(), "download")
        .about("Fetch what a task made; without names all its results")
        .arg(Arg::new("NAME").num_args(0..).help("Names of files; `mf task files` lists them"))
        .arg(
            Arg::new("all")
                .long("all")
                .action(ArgAction::SetTrue)
                .conflicts_with("NAME")
                .help("Fetch sources, logs and configurations too"),
        )
        .arg(attempt())
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("DIR")
                .value_parser(clap::value_parser!(PathBuf))
                .default_value(".")
                .help("The directory to put them into; created if missing"),
        )
        .after_help(example::text(&format!(
            "mf task download {} -o results",
            example::label(task())
        )))
}

/// Fetches them.
///
/// # Errors
/// There is no such task or file, or it cannot be written.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let label = flags::label(task(), matches)?;
    let project = cx.project_of(task(), &label, matches)?;
    let names: Vec<String> = matches.get_many("NAME").into_iter().flatten().cloned().collect();
    let dir = matches.get_one::<PathBuf>("output").map_or(Path::new("."), PathBuf::as_path);
    let hub = cx.hub()?;
    run(async {
        let mut there = hub.task_files(&label, &project).await?;
        let attempt = matches.get_one::<i64>("attempt").copied();
        let attempt = attempt.or_else(|| there.iter().map(|file| file.attempt).max());
        there.retain(|file| Some(file.attempt) == attempt);
        let wanted = chosen(&there, &names, matches.get_flag("all"), &label)?;
        std::fs::create_dir_all(dir).map_err(|e| not_written(dir, &e))?;
        for file in &wanted {
            let progress = Bytes::new(cx, &file.name, file.size.max(0).unsigned_abs());
            let path = fetch(&hub, (&label, &project), file, dir, &progress).await?;
            drop(progress);
            if !cx.json && !cx.quiet {
                line(&format!("{}  {}", clean(&path.display().to_string()), size(file.size)))?;
            }
        }
        if cx.json {
            print_json::data("files", &json!(wanted))?;
        }
        Ok(Exit::Success)
    })
}

/// The files to fetch. Of the same name in several kinds a result is meant.
fn chosen(
    there: &[TaskFile],
    names: &[String],
    all: bool,
    label: &str,
) -> Result<Vec<TaskFile>, Failure> {
    let wanted: Vec<TaskFile> = if names.is_empty() {
        there.iter().filter(|file| all || file.kind == "file").cloned().collect()
    } else {
        let named = |name: &String| {
            ["file", "source", "log", "config"]
                .into_iter()
                .find_map(|kind| there.iter().find(|f| f.kind == kind && f.name == *name))
                .cloned()
                .ok_or_else(|| {
                    Failure::new(Exit::NotFound, format!("task {label} has no file {name:?}"))
                        .hint(format!("mf task files {label} lists what it has"))
                })
        };
        names.iter().map(named).collect::<Result<_, _>>()?
    };
    for file in &wanted {
        check(&file.name)?;
    }
    Ok(wanted)
}

/// A name from the hub is one file in one directory, or it is refused.
fn check(name: &str) -> Result<(), Failure> {
    let bad = matches!(name, "" | "." | "..")
        || name.len() > 255
        || name.contains(['/', '\\'])
        || name.chars().any(char::is_control);
    if !bad {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Refused,
        format!("the hub names a file {name:?}, which is no file name"),
    )
    .hint("nothing was written"))
}

/// Fetches one file; it is there whole and right, or not at all.
async fn fetch(
    hub: &Hub,
    (task, project): (&str, &str),
    file: &TaskFile,
    dir: &Path,
    progress: &Bytes,
) -> Result<PathBuf, Failure> {
    let path = dir.join(&file.name);
    let fail = |e: std::io::Error| not_written(&path, &e);
    let mut fresh = tempfile::Builder::new().prefix(".mf-").tempfile_in(dir).map_err(fail)?;
    let mut hash = Sha256::new();
    let bytes =
        hub.get_bytes_of(task, project, &file.kind, &file.name, Some(file.attempt), 0).await?;
    let mut bytes = Box::pin(bytes);
    while let Some(piece) = bytes.next().await {
        let piece = piece?;
        hash.update(&piece);
        progress.more(piece.len() as u64);
        fresh.write_all(&piece).map_err(fail)?;
    }
    let got: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if !file.sha256.is_empty() && got != file.sha256 {
        let told = format!("{} arrived with the hash {got}, not {}", file.name, file.sha256);
        return Err(Failure::new(Exit::Internal, told).hint("nothing was written; try again"));
    }
    readable(fresh.as_file()).map_err(fail)?;
    fresh.persist(&path).map_err(|e| not_written(&path, &e.error))?;
    Ok(path)
}

/// A temporary file is its owner's alone; a download is like any new file.
fn readable(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mask = rustix::process::umask(rustix::fs::Mode::empty());
    rustix::process::umask(mask);
    file.set_permissions(std::fs::Permissions::from_mode(0o666 & !mask.bits()))
}

fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Internal, format!("{} cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kind: &str, name: &str) -> TaskFile {
        TaskFile { kind: kind.into(), name: name.into(), ..TaskFile::default() }
    }

    #[test]
    fn a_name_from_the_hub_is_never_a_path() {
        for name in ["../x", "/etc/passwd", "..", "a\\b", "a\0b", "", "a\nb", &"x".repeat(256)] {
            assert!(chosen(&[file("file", name)], &[], false, "t").is_err(), "{name:?}");
        }
        check("php-5.2.14-1.x86_64.rpm").unwrap();
    }

    #[test]
    fn results_are_meant_unless_more_is_asked_for() {
        let there = [file("log", "build.log"), file("file", "a"), file("source", "a")];
        let kinds = |names: &[String], all| -> Vec<String> {
            chosen(&there, names, all, "t").unwrap().into_iter().map(|f| f.kind).collect()
        };
        assert_eq!(kinds(&[], false), ["file"]);
        assert_eq!(kinds(&[], true).len(), 3);
        assert_eq!(kinds(&["build.log".into(), "a".into()], false), ["log", "file"]);
        let missing = chosen(&there, &["b".into()], false, "t").unwrap_err();
        assert_eq!(missing.exit, Exit::NotFound);
    }
}
