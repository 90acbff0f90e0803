//! One call of one handler without a hub, by the path that a worker takes:
//! the same processes, directories, log, and files that are kept.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder};
use std::io::{Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use mf_core::wire::Held;
use monkeyfarm_plugin_api::farm::Ask;
use monkeyfarm_plugin_api::{ArtifactKind, Failure, tree};
use serde_json::Value;

use super::here;
use super::plan::{Chosen, Plan, Stop};
use crate::plugin::frame::Reply;
use crate::plugin::mask::{Masker, Secrets};
use crate::plugin::{Call, Confine, Ended, HostProgram, Plugin};
use crate::regulator::tree as regulator_tree;
use crate::worker::artifact::{Beneath, Found};
use crate::worker::collect;
use crate::worker::dir::TaskDir;

/// Where and how handlers are tried.
pub struct Bench<'a> {
    /// The program that calls them.
    pub host: &'a HostProgram,
    /// Calls them in this very process instead, for a debugger.
    pub in_process: bool,
    /// Shows the log while it grows.
    pub show: bool,
    /// How long one call may take.
    pub limit: Option<Duration>,
    /// Whether a build may use the network.
    pub network: bool,
}

/// What came of it.
pub struct Tried {
    /// How the call ended.
    pub ended: Ended,
    /// What it logged, without secrets.
    pub log: String,
    /// Files that the farm would keep.
    pub files: Vec<Found>,
    /// What was wrong with them.
    pub notes: Vec<String>,
    /// Whether it said what it was doing.
    pub spoke: bool,
    /// How long it went on after it was told to stop.
    pub went_on: Duration,
    /// The work directory, until this is dropped.
    _tasks: tempfile::TempDir,
    beneath: Beneath,
    task: TaskDir,
}

/// How a call went, as it was heard.
struct Heard {
    ended: Ended,
    spoke: bool,
    went_on: Duration,
}

impl Bench<'_> {
    /// Calls `chosen` as `plan` says.
    ///
    /// # Errors
    /// It could not be tried on this host.
    pub fn call(
        &self,
        plugin: &Arc<Plugin>,
        chosen: &Chosen,
        plan: &Plan,
    ) -> anyhow::Result<Tried> {
        let tasks = tempfile::tempdir().context("cannot make a work directory")?;
        // As a worker has it: without symbolic links on the way.
        let root = fs::canonicalize(tasks.path())?;
        let task = TaskDir::create(&root, Held { task: 1, attempt: 1 })?;
        let cache = match &plan.cache {
            Some(cache) => fs::canonicalize(cache)?,
            None => root.join("cache"),
        };
        DirBuilder::new().recursive(true).mode(0o700).create(&cache)?;
        if let Some(source) = &plan.source {
            fs::remove_dir(task.source())?;
            tree::copy(source, &task.source(), ourselves())
                .with_context(|| format!("cannot copy {}", source.display()))?;
        }
        let job = plan.job(chosen, &task, &cache)?;
        let (log, writer) = std::io::pipe()?;
        let (secrets, show) = (plan.secrets.clone(), self.show);
        let reader = std::thread::spawn(move || read(log, &secrets, show));
        let call = Call {
            plugin: plugin.clone(),
            handler: chosen.label.clone(),
            job,
            log: writer.into(),
            work_dir: task.root().to_path_buf(),
            deadline: self.limit,
            begin_by: None,
            secrets: plan.secrets.clone(),
            // As a worker does it whose configuration says nothing.
            confine: Confine {
                network: chosen.kind != "build" || self.network,
                ..Confine::default()
            }
            .writing(vec![root.clone(), cache.clone()]),
        };
        let Heard { ended, spoke, went_on } = self.serve(call, plan)?;
        let ended = ended.masked(&Secrets::new(plan.secrets.values().map(String::as_str)));
        let log = reader.join().unwrap_or_default();
        let (beneath, mut notes) = (Beneath::new(task.root())?, Vec::new());
        let files = match &ended {
            Ended::Built(built) => {
                let say = &mut |line| notes.push(line);
                collect::collect(&task, &beneath, &built.artifacts, say)
            }
            Ended::Indexed(_) => indexed(&task.result()),
            Ended::Failed(failure) => collect::named(&beneath, &failure.kept),
            _ => Ok(Vec::new()),
        };
        let files = files.unwrap_or_else(|why| {
            notes.push(why);
            Vec::new()
        });
        Ok(Tried { ended, log, files, notes, spoke, went_on, _tasks: tasks, beneath, task })
    }

    /// Makes the call, answers what a hook asks, and tells it to stop when
    /// that is the plan.
    fn serve(&self, call: Call, plan: &Plan) -> anyhow::Result<Heard> {
        let mut answers: VecDeque<Value> = plan.answers.clone().into();
        let answer = move |ask: Ask| -> Reply {
            let none = || Failure::new(format!("`answers` has none for {ask:?}"));
            answers.pop_front().ok_or_else(none)
        };
        let (mut spoke, mut stopped) = (false, None);
        let ended = if self.in_process {
            here::call(call, answer)?
        } else {
            let running = if plan.stop == Some(Stop::AtOnce) {
                stopped = Some(Instant::now());
                call.start_stopped(self.host)?
            } else {
                call.start(self.host)?
            };
            let stopper = running.stopper();
            let heard = |_: &str| {
                spoke = true;
                if plan.stop == Some(Stop::AtWork) {
                    stopped.get_or_insert_with(Instant::now);
                    stopper.stop();
                }
            };
            running.serve(heard, answer)
        };
        let went_on = stopped.map_or(Duration::ZERO, |stopped: Instant| stopped.elapsed());
        Ok(Heard { ended, spoke, went_on })
    }
}

impl Tried {
    /// Keeps its files, or the checkout, in `out`.
    ///
    /// # Errors
    /// One cannot be written there, or is there already.
    pub fn keep(&self, out: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
        for found in &self.files {
            let to = out.join(&found.name);
            if fs::symlink_metadata(&to).is_ok() {
                anyhow::bail!("{} is there already", to.display());
            }
            // Files of an index have places with directories.
            fs::create_dir_all(to.parent().unwrap_or(out))?;
            self.beneath.take(&found.path, &to).map_err(anyhow::Error::msg)?;
        }
        if let Ended::CheckedOut(_) = self.ended {
            let to = out.join("source");
            tree::copy(&self.task.source(), &to, ourselves())
                .with_context(|| format!("cannot copy the checkout to {}", to.display()))?;
        }
        Ok(())
    }

    /// Whether a path is in the checkout.
    pub fn has_checked_out(&self, path: &str) -> bool {
        fs::symlink_metadata(self.task.source().join(path)).is_ok()
    }

    /// The work directory.
    pub fn work_dir(&self) -> &Path {
        self.task.root()
    }
}

/// The files of an index, by their places in it.
fn indexed(dir: &Path) -> Result<Vec<Found>, String> {
    let found = regulator_tree::files(dir).map_err(|why| format!("its index {why}"))?;
    let found = found.into_iter().map(|file| Found {
        kind: ArtifactKind::File,
        path: Path::new("result").join(&file.place),
        name: file.place,
    });
    Ok(found.collect())
}

/// What a copy belongs to: who runs this.
fn ourselves() -> tree::Owner {
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    tree::Owner { uid: uid.as_raw(), gid: gid.as_raw() }
}

/// Reads the log to its end, and shows it if it is to be shown.
fn read(
    mut log: impl Read,
    secrets: &std::collections::BTreeMap<String, String>,
    show: bool,
) -> String {
    let secrets = Secrets::new(secrets.values().map(String::as_str));
    let (mut masker, mut block, mut all) = (Masker::new(&secrets), vec![0; 64 * 1024], Vec::new());
    loop {
        let mut text = Vec::new();
        let length = log.read(&mut block).unwrap_or(0);
        match length {
            0 => masker.finish(&mut text),
            _ => masker.push(&block[..length], &mut text),
        }
        if show {
            // With standard output gone it is still kept.
            let _ = std::io::stdout().write_all(&text);
        }
        if all.len() < LOG_LIMIT {
            all.extend_from_slice(&text);
        }
        if length == 0 {
            return String::from_utf8_lossy(&all).into_owned();
        }
    }
}

/// How much of a log is kept for what is expected of it, in bytes.
const LOG_LIMIT: usize = 16 * 1024 * 1024;
