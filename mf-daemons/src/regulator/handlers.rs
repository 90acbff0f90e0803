//! Calls handlers of plugins for a hook: on this host, each call in processes
//! of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mf_core::wire::{Called, Crash, Handler, HandlerKind, ReportCalls};
use monkeyfarm_plugin_api::{Failure, LocalConfig};
use serde_json::Value;

use super::HookContext;
use crate::plugin::last_words;
use crate::plugin::mask::Secrets;
use crate::plugin::{Call, Confine, Ended, HostProgram, Job, Locals, Plugin, Sources};

/// Most crashes that the hub is told of at once: each comes with 16 KiB.
const MOST_CRASHES: usize = 8;

/// The handlers of this host's plugins; threads may share it.
pub struct Handlers {
    data_dir: PathBuf,
    host: HostProgram,
    sources: Sources,
    locals: Locals,
    /// What their calls may take of this host, wherever they write.
    confine: Confine,
    /// Those that were called for.
    found: Mutex<Vec<Arc<Plugin>>>,
    /// How calls went that the hub has not heard of.
    calls: Mutex<Vec<Called>>,
}

impl Handlers {
    /// The handlers of this host; no plugin has been looked at yet.
    ///
    /// # Errors
    /// There is no host program, or the configuration of a plugin is wrong.
    pub fn new(context: &HookContext) -> anyhow::Result<Self> {
        Ok(Self {
            data_dir: context.data_dir().to_path_buf(),
            host: HostProgram::beside()?,
            sources: Sources::new(context.plugins_dirs())?,
            locals: Locals::read(context.plugins_d())?,
            confine: context.confine(Vec::new()),
            found: Mutex::default(),
            calls: Mutex::default(),
        })
    }

    /// Calls a handler in `work_dir`, for at most `limit`. The job is made of
    /// what this host says to the plugin, and of a directory that stays from
    /// call to call. What the handler and the programs that it starts write is
    /// in `log`, for whoever has to find out.
    ///
    /// # Errors
    /// The handler's own failure, or why there is no answer of it: that may be
    /// better later.
    pub fn call(
        &self,
        kind: HandlerKind,
        wanted: &Handler,
        work_dir: &Path,
        limit: Duration,
        job: impl FnOnce(LocalConfig, PathBuf) -> Job,
    ) -> Result<Ended, Failure> {
        let plugin = self.find(kind, wanted).map_err(Failure::later)?;
        let local = self.locals.of(&plugin.meta.id);
        let cannot = |what: &str| {
            let what = what.to_owned();
            move |error: std::io::Error| Failure::later(format!("{what}: {error}"))
        };
        let cache_dir = self.data_dir.join("cache").join(&plugin.meta.id);
        fs::create_dir_all(&cache_dir).map_err(cannot("the plugin's cache cannot be made"))?;
        let opened = File::create(work_dir.join("log"))
            .and_then(|log| Ok((log, File::open(work_dir.join("log"))?)));
        let (log, said) = opened.map_err(cannot("no log can be written"))?;
        let secrets = Secrets::new(local.secrets.values().map(String::as_str));
        let confine = self.confine.clone().writing(vec![work_dir.to_path_buf(), cache_dir.clone()]);
        let call = Call {
            plugin: Arc::clone(&plugin),
            handler: wanted.label.clone(),
            job: job(local.config, cache_dir),
            log: log.into(),
            work_dir: work_dir.to_path_buf(),
            deadline: Some(limit),
            begin_by: None,
            secrets: local.secrets,
            confine,
        };
        let running = call.start(&self.host).map_err(cannot("the handler cannot be called"))?;
        match running.wait(|_| ()).masked(&secrets) {
            Ended::Failed(failure) => Err(failure),
            Ended::Refused(why) | Ended::Killed(why) => Err(Failure::later(why)),
            Ended::Crashed(how) => {
                let log = secrets.masked(&last_words::of(&said));
                let crash = Crash { log, ..plugin.crash(&wanted.label, how.clone()) };
                self.went(Called::Crashed(Box::new(crash)));
                Err(Failure::later(how))
            }
            Ended::TimedOut => {
                let told = format!("it was not done after {} seconds", limit.as_secs());
                Err(Failure::later(told))
            }
            Ended::Stopped | Ended::Late => Err(Failure::later("it was stopped")),
            answer => {
                self.went(Called::Worked(plugin.digest.clone()));
                Ok(answer)
            }
        }
    }

    /// Remembers how a call went, for [`report`](Self::report).
    fn went(&self, call: Called) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let last = calls.iter().rev().find(|known| known.digest() == call.digest());
        let crashes = calls.iter().filter(|known| matches!(known, Called::Crashed(_))).count();
        let news = match call {
            // Of many successes one says as much.
            Called::Worked(_) => last != Some(&call),
            Called::Crashed(_) => crashes < MOST_CRASHES,
        };
        if news {
            calls.push(call);
        }
    }

    /// Tells the hub how the calls went: it quarantines what crashes again and
    /// again.
    ///
    /// # Errors
    /// The hub refuses, or cannot be reached.
    pub fn report(&self, context: &HookContext) -> Result<(), mf_client::Error> {
        let calls = std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner));
        if calls.is_empty() {
            return Ok(());
        }
        context.post::<Value>("/util/report_calls.json", &ReportCalls { calls }).map(drop)
    }

    /// The plugin that the farm has for a handler: that one and no other
    /// version of it. What has been registered was loaded and checked then.
    fn find(&self, kind: HandlerKind, wanted: &Handler) -> Result<Arc<Plugin>, String> {
        let known = |plugin: &&Arc<Plugin>| {
            plugin.gives(kind, &wanted.label) && plugin.digest == wanted.digest
        };
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plugin) = found.iter().find(known) {
            return Ok(Arc::clone(plugin));
        }
        let (mut paths, _) = self.sources.candidates();
        // Most are in a file that is named for them.
        let name = format!("libmf_plugin_{}.so", wanted.plugin);
        paths.sort_by_key(|path| path.file_name().is_none_or(|file| file != name.as_str()));
        for path in paths {
            // Another hook reports on the others.
            let Ok(Ok(plugin)) = Plugin::read(&path) else { continue };
            if known(&&plugin) {
                found.push(Arc::clone(&plugin));
                return Ok(plugin);
            }
        }
        Err(format!(
            "no plugin on the regulator's host provides the {} {:?} as it is registered: plugin \
             {:?} {} with sha256 {}",
            kind.resource().replace('_', " "),
            wanted.label,
            wanted.plugin,
            wanted.version,
            wanted.digest
        ))
    }
}
