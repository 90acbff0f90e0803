//! What a hook is given at its run.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mf_client::{Hub, Key, Trust};
use mf_core::lifeline::FRAME_LIMIT;
use mf_core::wire::Offer;
use monkeyfarm_plugin_api::Failure;
use monkeyfarm_plugin_api::farm::Ask;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::asked::asked;
use super::frame::{HookJob, HookReport, PluginHook};
use crate::plugin::frame::Reply;
use crate::plugin::{Confine, Policy};
use crate::registered;

/// What a hook is given at its run: the hub to call, where plugins are, and a
/// memory of its last run.
pub struct HookContext {
    job: HookJob,
    hub: Hub,
    /// As a plugin's hook asks it, if that has a key of its own.
    own: OnceCell<Hub>,
    runtime: Runtime,
    report: RefCell<HookReport>,
}

impl HookContext {
    /// A context for one run.
    pub(super) fn new(job: HookJob) -> anyhow::Result<Self> {
        let hub = hub(&job, &job.key_file)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let own = OnceCell::new();
        Ok(Self { job, hub, own, runtime, report: RefCell::default() })
    }

    /// Posts a message to a function of the hub; what its answer holds.
    ///
    /// # Errors
    /// The hub refuses, or cannot be reached.
    pub fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, mf_client::Error> {
        self.runtime.block_on(self.hub.post(path, body, None, ""))
    }

    /// The hub, for what [`post`](Self::post) does not do.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// A way for another thread to call the hub: connections are one thread's.
    pub(super) fn dial(&self) -> impl Fn() -> anyhow::Result<Hub> + Send + use<> {
        let job = self.job.clone();
        move || hub(&job, &job.key_file)
    }

    /// Waits for something that the hub answers.
    pub fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// All handlers that are registered on the hub.
    ///
    /// # Errors
    /// The hub refuses, or cannot be reached.
    pub fn registered(&self) -> Result<Vec<Offer>, mf_client::Error> {
        self.runtime.block_on(registered::all(&self.hub))
    }

    /// The plugins that are quarantined on the hub: why, by their hashes.
    ///
    /// # Errors
    /// The hub refuses, or cannot be reached.
    pub fn quarantined(&self) -> Result<BTreeMap<String, String>, mf_client::Error> {
        self.runtime.block_on(registered::quarantined(&self.hub))
    }

    /// What a call may take of this host that writes into these directories.
    pub fn confine(&self, writes: Vec<PathBuf>) -> Confine {
        let own = [&self.job.key_file, &self.job.plugins_d];
        let own = own.into_iter().filter(|path| !path.as_os_str().is_empty());
        // A call is in another directory.
        let hidden = own.filter_map(|path| std::path::absolute(path).ok()).collect();
        Confine { hidden, ..Confine::default() }.writing(writes)
    }

    /// Which plugins are used.
    pub fn plugin_policy(&self) -> &Policy {
        &self.job.plugin_policy
    }

    /// Where plugins are; none: the default places.
    pub fn plugins_dirs(&self) -> &[PathBuf] {
        &self.job.plugins_dirs
    }

    /// Where the configuration of plugins on this host is.
    pub fn plugins_d(&self) -> &Path {
        &self.job.plugins_d
    }

    /// Where the hook may work, and what plugins keep from call to call.
    pub fn data_dir(&self) -> &Path {
        &self.job.data_dir
    }

    /// The hub's data directory, where it is on this host.
    pub fn hub_data_dir(&self) -> Option<&Path> {
        self.job.hub_data_dir.as_deref()
    }

    /// Schemes that source may come from, beyond the handlers' own defaults.
    pub fn allow_schemes(&self) -> &[String] {
        &self.job.allow_schemes
    }

    /// The hook of a plugin that this process is to run.
    pub(super) fn plugin_hook(&self) -> Option<&PluginHook> {
        self.job.plugin.as_ref()
    }

    /// Asks the hub with the key in `file` from now on.
    ///
    /// # Errors
    /// The key cannot be read, or must not be sent to this hub.
    pub(super) fn use_key(&self, file: &Path) -> anyhow::Result<()> {
        // One process runs one hook, and says this once.
        let _ = self.own.set(hub(&self.job, file)?);
        Ok(())
    }

    /// Asks the hub for what a plugin's hook asks for.
    pub(super) fn ask(&self, ask: Ask) -> Reply {
        let hub = self.own.get().unwrap_or(&self.hub);
        self.runtime.block_on(asked(hub, ask)).map_err(|error| Failure::new(error.to_string()))
    }

    /// Says which hooks the plugins give.
    pub(super) fn found_hooks(&self, hooks: Vec<PluginHook>) {
        self.report.borrow_mut().plugin_hooks = Some(hooks);
    }

    /// Whether something happened since the hook's last run that concerns it,
    /// or that run failed: what it remembers of the hub may be wrong.
    pub fn woken(&self) -> bool {
        self.job.woken
    }

    /// What the hook remembered at its last good run; at the first, or when
    /// that was another version's, the default.
    pub fn memory<T: DeserializeOwned + Default>(&self) -> T {
        serde_json::from_value(self.job.memory.clone()).unwrap_or_default()
    }

    /// Remembers `memory` for the next run. If it is larger than half a frame,
    /// it is not remembered, and the next run starts from nothing.
    ///
    /// # Errors
    /// It is nothing that JSON can hold.
    pub fn remember(&self, memory: &impl Serialize) -> anyhow::Result<()> {
        let text = serde_json::to_string(memory)?;
        let bearable = text.len() <= FRAME_LIMIT / 2;
        let kept = if bearable { serde_json::from_str(&text)? } else { Value::Null };
        self.report.borrow_mut().memory = kept;
        Ok(())
    }

    /// Says that something is not as it should be. Every run says all that is
    /// wrong then; people are told what is new.
    pub fn warn(&self, sentence: impl Into<String>) {
        self.report.borrow_mut().warnings.push(sentence.into());
    }

    /// What the run came to.
    pub(super) fn into_report(self, result: anyhow::Result<()>) -> HookReport {
        let mut report = self.report.into_inner();
        report.error = result.err().map(|error| format!("{error:#}"));
        report
    }
}

/// The hub, as it is called with the key in `file`.
fn hub(job: &HookJob, file: &Path) -> anyhow::Result<Hub> {
    let trust = Trust { ca_file: job.ca_file.clone(), plain_http: job.plain_http };
    Ok(Hub::trusting(&job.url, Some(Key::read(file)?), &trust)?)
}
