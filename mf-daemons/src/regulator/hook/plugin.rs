//! Runs a regulator hook of a plugin, in the plugin host, and asks the hub for
//! it.
//!
//! This process has the key, and the plugin's process has not. With the
//! regulator's own key, only requests that read are passed on; a hook that is to
//! change something needs a user of its own, which this host's administrator
//! gives it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use mf_core::resource;
use mf_core::wire::{Called, Crash, ReportCalls};
use monkeyfarm_plugin_api::farm::Ask;
use monkeyfarm_plugin_api::{Failure, HookJob, Hooked};
use serde_json::Value;

use super::HookContext;
use crate::plugin::mask::Secrets;
use crate::plugin::{Call, Ended, HostProgram, Job, Local, Locals, Plugin};
use crate::regulator::frame::PluginHook;
use crate::tell::tell;

/// Table of `plugins.d/<plugin>.toml` that is the regulator's own to read.
const HUB: &str = "hub";

/// Runs the hook that the job names.
pub fn run(context: &HookContext) -> anyhow::Result<()> {
    let wanted = context.plugin_hook().context("the regulator named no hook of a plugin")?;
    let plugin = Plugin::known(&wanted.path, &wanted.digest);
    let plugin = plugin.map_err(|why| anyhow::anyhow!("{}: {why}", wanted.path.display()))?;
    let mut local = Locals::read(context.plugins_d())?.of(&wanted.plugin);
    let own_key = key_file(&mut local)?;
    if let Some(file) = &own_key {
        context.use_key(file)?;
    }
    let work = tempfile::tempdir().context("cannot make a directory for the hook")?;
    let (log, writer) = std::io::pipe()?;
    let name = wanted.name();
    let secrets = Arc::new(Secrets::new(local.secrets.values().map(String::as_str)));
    let for_log = secrets.clone();
    // Ends with the call: nothing of it is left then to hold the other end.
    let reader = std::thread::spawn(move || tell(&name, log, &for_log));
    let call = Call {
        plugin: plugin.clone(),
        handler: wanted.label.clone(),
        job: Job::Hook(HookJob { local_config: local.config, memory: context.memory() }),
        log: writer.into(),
        work_dir: work.path().into(),
        deadline: None,
        begin_by: None,
        secrets: local.secrets,
        confine: context.confine(vec![work.path().into()]),
    };
    let running = call.start(&HostProgram::beside()?)?;
    let ended = running.serve(
        |_| (),
        |ask| {
            if own_key.is_none() && changes(&ask) {
                return Err(Failure::new(format!(
                    "the hook has no user of its own and can only read: make one on the hub, \
                     and name the file of its key on the regulator's host, as key_file under \
                     [{HUB}] in plugins.d/{}.toml",
                    wanted.plugin
                )));
            }
            context.ask(ask)
        },
    );
    // It has said all that it had to say, or nothing that could be heard.
    let log = reader.join().unwrap_or_default();
    match ended.masked(&secrets) {
        Ended::Hooked(Hooked { memory, warnings }) => {
            let named = |sentence| format!("{}: {sentence}", wanted.name());
            warnings.into_iter().for_each(|sentence| context.warn(named(sentence)));
            if context.woken() {
                // The last run failed, or may have.
                report(context, Called::Worked(plugin.digest.clone()))?;
            }
            context.remember(&memory)
        }
        Ended::Crashed(how) => {
            let crash = Crash { log, ..plugin.crash(&wanted.label, how.clone()) };
            report(context, Called::Crashed(Box::new(crash)))?;
            bail!(how)
        }
        Ended::Failed(failure) => bail!(failure.sentence),
        Ended::Refused(why) | Ended::Killed(why) => bail!(why),
        other => bail!("it ended with {other:?}"),
    }
}

/// Tells the hub how the run went: a plugin that crashes again and again is
/// quarantined.
fn report(context: &HookContext, call: Called) -> anyhow::Result<()> {
    let calls = vec![call];
    Ok(context.post::<Value>("/util/report_calls.json", &ReportCalls { calls }).map(drop)?)
}

/// Takes the name of the key's file out of what the plugin is given.
fn key_file(local: &mut Local) -> anyhow::Result<Option<PathBuf>> {
    let Some(mut hub) = local.config.table.remove(HUB) else { return Ok(None) };
    let file = hub.as_object_mut().and_then(|table| table.remove("key_file"));
    let rest = hub.as_object().is_none_or(|table| !table.is_empty());
    match file {
        Some(Value::String(file)) if !rest => Ok(Some(file.into())),
        _ => bail!(
            "{}: [{HUB}] holds the key_file of the hook's user, and nothing else",
            local.config.file
        ),
    }
}

/// Whether the hub would change something.
fn changes(ask: &Ask) -> bool {
    match ask {
        Ask::GetOne(_) | Ask::GetAll { .. } => false,
        Ask::Create { .. } | Ask::Update { .. } | Ask::Delete(_) => true,
        Ask::Call { resource, function, .. } => resource::find(resource)
            .and_then(|resource| resource.function(function))
            .is_none_or(|function| function.writes),
    }
}

impl PluginHook {
    /// Its name in messages.
    pub fn name(&self) -> String {
        format!("{}/{}", self.plugin, self.label)
    }
}
