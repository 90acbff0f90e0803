//! Has build handlers remove what builds that were ended have left on this
//! host, outside of their own directories: chroots and the like.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use mf_core::wire::HandlerKind;
use monkeyfarm_plugin_api::SweepJob;

use super::Worker;
use super::call::run;
use super::log::TaskLog;
use crate::plugin::{Call, Ended, Job, Plugin};
use crate::program::Stop;
use crate::tell::tell;

/// How long a handler may take for it: large trees on a slow disk.
const TIME: Duration = Duration::from_secs(300);

/// Sweeps after a build that was ended from outside: nothing of it runs any
/// more. What cannot be removed is logged, and removed another time.
pub async fn after(worker: &Worker, plugin: &Arc<Plugin>, handler: &str, log: &TaskLog) {
    let swept = match log.writer() {
        Ok(writer) => sweep(worker, plugin, handler, writer, std::future::pending()).await,
        Err(error) => Err(error.to_string()),
    };
    if let Err(why) = swept {
        log.say(&format!("what the build has left on this host stays there for now: {why}"));
    }
}

/// When the worker starts: what builds of an earlier one have left, by every
/// handler that has built here.
pub async fn at_start(worker: Arc<Worker>, stop: Stop) {
    for (plugin, handler) in worker.plugins.builders() {
        let name = format!("{}/{handler}", plugin.meta.id);
        if !worker.data.has_cache(&plugin.meta.id) {
            continue;
        }
        let swept = match std::io::pipe() {
            Ok((log, writer)) => {
                let (name, secrets) = (name.clone(), worker.masked.clone());
                // Ends with the call: nothing is left then to hold the pipe.
                let telling = tokio::task::spawn_blocking(move || tell(&name, log, &secrets));
                let swept = sweep(&worker, &plugin, &handler, writer.into(), stop.wait()).await;
                // A panic in it tells of itself.
                let _ = telling.await;
                swept
            }
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = swept {
            tracing::warn!("{name}: what builds have left on this host stays for now: {why}");
        }
    }
}

/// Makes the call.
async fn sweep(
    worker: &Worker,
    plugin: &Arc<Plugin>,
    handler: &str,
    log: OwnedFd,
    stop: impl Future<Output = ()>,
) -> Result<(), String> {
    let id = &plugin.meta.id;
    let cache_dir = worker.data.cache(id).map_err(|error| error.to_string())?;
    let local = worker.locals.of(id);
    let call = Call {
        plugin: plugin.clone(),
        handler: handler.to_owned(),
        job: Job::Sweep(SweepJob { local_config: local.config, cache_dir: cache_dir.clone() }),
        log,
        work_dir: cache_dir.clone(),
        deadline: Some(TIME),
        begin_by: None,
        secrets: local.secrets,
        confine: worker.confine(HandlerKind::BuildHandler, plugin, &cache_dir),
    };
    let ended = run(call, worker.plugins.host(), |_: &str| (), |_: &str| (), stop).await?;
    match ended.masked(&worker.masked) {
        // A worker that goes away leaves it to the next.
        Ended::Swept(_) | Ended::Stopped => Ok(()),
        Ended::Failed(failure) => Err(failure.sentence),
        Ended::Refused(why) | Ended::Crashed(why) | Ended::Killed(why) => Err(why),
        Ended::TimedOut => Err(format!("it was not done after {} seconds", TIME.as_secs())),
        other => Err(format!("an answer to another question: {other:?}")),
    }
}
