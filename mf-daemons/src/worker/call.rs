//! Calls a handler for an attempt, and ends the call when the attempt ends.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use monkeyfarm_plugin_api::FailureKind;
use tokio::sync::oneshot;

use super::end::End;
use super::halt::Halt;
use super::log::TaskLog;
use super::stage::Stage;
use crate::plugin::mask::Secrets;
use crate::plugin::{Call, Confine, Ended, HostProgram, Job, Plugin};

/// What a call needs beside its job.
pub struct Caller<'a> {
    /// The program that makes it.
    pub host: &'a HostProgram,
    /// What the plugin may ask for.
    pub secrets: BTreeMap<String, String>,
    /// What it may take of this host.
    pub confine: Confine,
    /// Directory that the handler starts in.
    pub work_dir: &'a Path,
    /// When the whole task must be done.
    pub deadline: tokio::time::Instant,
    /// When it must have begun, if it must, as [`Call::begin_by`].
    pub begin_by: Option<Duration>,
    /// For the sentence of a task that was not: `task_seconds`.
    pub limit: Duration,
    /// What no log and no sentence may show.
    pub masked: &'a Arc<Secrets>,
    /// The log.
    pub log: &'a TaskLog,
    /// Hears of the handler's progress.
    pub stage: &'a Stage,
    /// Ends the call.
    pub halt: &'a Halt,
}

impl Caller<'_> {
    /// Makes the call and waits until nothing of it is left.
    pub async fn call(&self, plugin: Arc<Plugin>, handler: &str, job: Job) -> Result<Ended, End> {
        if let Some(reason) = self.halt.reason() {
            return Err(reason.into());
        }
        let fail = |what: &str, error: std::io::Error| End::Failure(format!("{what}: {error}"));
        let called = plugin.clone();
        let call = Call {
            plugin,
            handler: handler.to_owned(),
            job,
            log: self.log.writer().map_err(|e| fail("the log cannot be written", e))?,
            work_dir: self.work_dir.to_path_buf(),
            deadline: Some(self.deadline.saturating_duration_since(tokio::time::Instant::now())),
            begin_by: self.begin_by,
            secrets: self.secrets.clone(),
            confine: self.confine.clone(),
        };
        let (words, isolation) =
            (self.stage.words(self.masked.clone()), self.stage.isolation(handler));
        let ended = run(call, self.host, words, isolation, self.halt.wait()).await;
        match ended.map(|ended| ended.masked(self.masked)) {
            Ok(Ended::Crashed(how)) => self.crashed(&called, handler, how),
            Ok(ended) => self.judge(ended),
            Err(why) => Err(End::Failure(why)),
        }
    }

    /// A plugin that did not survive its call.
    fn crashed(&self, plugin: &Plugin, handler: &str, how: String) -> Result<Ended, End> {
        match self.halt.reason() {
            // Stopped in the middle of something it may well have died of that.
            Some(reason) => Err(reason.into()),
            None => Err(End::Crashed(Box::new(plugin.crash(handler, how)))),
        }
    }

    /// What is no answer of the handler's ends the attempt.
    fn judge(&self, ended: Ended) -> Result<Ended, End> {
        let halted = self.halt.reason().map(End::from);
        match ended {
            Ended::Built(_)
            | Ended::CheckedOut(_)
            | Ended::At(_)
            | Ended::AllAt(_)
            | Ended::Changed(_) => {
                match halted {
                    // What has been done by then need not be done again.
                    None | Some(End::HandedBack) => Ok(ended),
                    Some(end) => Err(end),
                }
            }
            Ended::Late => halted.map_or(Ok(Ended::Late), Err),
            Ended::Stopped => Err(halted.unwrap_or(End::Stopped)),
            Ended::Failed(failure) if failure.kind == FailureKind::Cancelled => {
                Err(halted.unwrap_or(End::Failure(failure.sentence)))
            }
            _ if halted.is_some() => Err(halted.unwrap_or(End::Unwanted)),
            // What it leaves for people to read is still to be kept.
            Ended::Failed(_) => Ok(ended),
            Ended::Refused(why) | Ended::Crashed(why) | Ended::Killed(why) => {
                Err(End::Failure(why))
            }
            Ended::TimedOut => Err(End::Failure(format!(
                "the task was not done after {} seconds; task_seconds is this worker's limit",
                self.limit.as_secs()
            ))),
            Ended::Described
            | Ended::Indexed(_)
            | Ended::Swept(_)
            | Ended::Bug(_)
            | Ended::Hooked(_) => {
                Err(End::Failure("the handler gave an answer to another question".into()))
            }
        }
    }
}

/// Makes a call on a thread of its own, and stops it when `stop` comes first.
///
/// # Errors
/// A sentence: it could not be made.
pub async fn run<T>(
    call: Call,
    host: &HostProgram,
    words: impl FnMut(&str) + Send + 'static,
    isolation: impl FnMut(&str) + Send + 'static,
    stop: impl Future<Output = T>,
) -> Result<Ended, String> {
    let host = host.clone();
    let (sender, stopper) = oneshot::channel();
    let mut running = tokio::task::spawn_blocking(move || {
        let running = call.start(&host)?.on_isolation(isolation);
        // Nobody listens only when the worker has ended.
        let _ = sender.send(running.stopper());
        let ended = running.wait(words);
        // While the hub is told of this call, the next one's processes are
        // started.
        tokio::task::spawn_blocking(move || host.keep_spare());
        Ok(ended)
    });
    let ended = tokio::select! {
        ended = &mut running => ended,
        _ = stop => {
            if let Ok(stopper) = stopper.await {
                stopper.stop();
            }
            running.await
        }
    };
    match ended {
        Ok(Ok(ended)) => Ok(ended),
        Ok(Err(error)) => {
            let error: std::io::Error = error;
            Err(format!("the handler cannot be called: {error}"))
        }
        Err(error) => Err(format!("the call broke off: {error}")),
    }
}
