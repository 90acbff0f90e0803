//! Building: the recipe's commands, one after the other.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use monkeyfarm_plugin_api::command::{Command, Ended};
use monkeyfarm_plugin_api::{
    BuildHandler, BuildJob, Built, Context, Failure, IndexJob, Indexed, Schemas,
};

use crate::collect::collect;
use crate::index;
use crate::recipe::{Document, Recipe};

/// The build handler `generic`: what is to be done is written in the source,
/// or in the target's config.
#[derive(Clone, Copy, Debug, Default)]
pub struct Generic;

impl BuildHandler for Generic {
    fn index(&self, job: &IndexJob, cx: &Context) -> Result<Indexed, Failure> {
        index::write(job, cx)
    }

    fn build(&self, job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
        let recipe = Recipe::find(job, cx)?;
        let shell = shell(job)?;
        let start = Instant::now();
        for (index, text) in recipe.commands.iter().enumerate() {
            let place = format!("command {} of {}", index + 1, recipe.commands.len());
            cx.progress(format!("{place}: {}", short(text)));
            for line in text.lines() {
                cx.log(format!("+ {line}"));
            }
            let mut command = shell.clone().arg(text);
            if let Some(timeout) = &recipe.timeout {
                // What is left of it; with nothing left the command is
                // stopped at once, by the same path and with its sentence.
                command = command.timeout(timeout.limit.saturating_sub(start.elapsed()));
            }
            let ended = command.status(cx)?;
            judge(ended, &recipe, &place, text)?;
        }
        cx.check()?;
        Ok(Built { artifacts: collect(job, &recipe, cx)? })
    }

    fn schemas() -> Schemas {
        Schemas::default().target::<Document>()
    }
}

fn judge(ended: Ended, recipe: &Recipe, place: &str, text: &str) -> Result<(), Failure> {
    let text = short(text);
    match (ended, &recipe.timeout) {
        (Ended::TimedOut(_), Some(timeout)) => Err(Failure::new(format!(
            "the build took longer than its timeout of {}: stopped at {place}: {text}",
            timeout.text
        ))),
        _ if ended.success() => Ok(()),
        _ => Err(Failure::new(format!("{place} {ended}: {text}"))),
    }
}

/// The shell that runs a command, lacking only the command's text. The text
/// is the project's own and one argument; `--` keeps one that begins with a
/// dash from being an option.
fn shell(job: &BuildJob) -> Result<Command, Failure> {
    let dir = |path: &Path| {
        std::path::absolute(path).map_err(Failure::io(format!("cannot find {}", path.display())))
    };
    let work = dir(&job.work_dir)?;
    let labels = [
        ("MF_PROJECT", &job.project),
        ("MF_PACKAGE", &job.package),
        ("MF_BUILD", &job.build),
        ("MF_TASK", &job.task),
        ("MF_TARGET", &job.target),
        ("MF_ARCH", &job.arch),
        ("MF_DISTRO", &job.distro),
        ("MF_RELEASE", &job.release),
    ];
    let mut shell = Command::new("/bin/sh").args(["-ec", "--"]).dir(dir(&job.source_dir)?);
    for (name, label) in labels {
        shell = shell.env(name, label);
    }
    Ok(shell
        .env("MF_RESULT_DIR", dir(&job.result_dir)?)
        .env("HOME", private(work.join("home"))?)
        .env("TMPDIR", private(work.join("tmp"))?))
}

/// A directory of the task's own, made when it is not there.
fn private(dir: PathBuf) -> Result<PathBuf, Failure> {
    fs::create_dir_all(&dir).map_err(Failure::io(format!("cannot make {}", dir.display())))?;
    Ok(dir)
}

/// The first line of a command, cut where a sentence would get too long.
fn short(text: &str) -> String {
    const LONGEST: usize = 100;
    let line = text.trim().lines().next().unwrap_or_default();
    let cut: String = line.chars().take(LONGEST).collect();
    if cut.len() < text.trim().len() { format!("{cut} ...") } else { cut }
}
