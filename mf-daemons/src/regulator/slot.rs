//! What the regulator cycles through: its own hooks, and those of plugins.

use super::events::Heard;
use super::frame::{HookJob, HookReport, PluginHook};
use super::hook::{self, Hook};
use super::messages::Messages;

/// One hook, and what is known of its last run.
pub struct Slot {
    /// Its name, for messages.
    pub name: String,
    wakes: &'static [&'static str],
    /// Of which plugin; `None`: the regulator's own.
    plugin: Option<PluginHook>,
    messages: Messages,
    /// What it will be given at its next run.
    next: HookJob,
}

impl Slot {
    /// A hook of the regulator's own.
    pub fn own(hook: &'static Hook, job: &HookJob) -> Self {
        Self {
            name: hook.name.to_owned(),
            wakes: hook.wakes,
            plugin: None,
            messages: Messages::new(hook.name),
            next: job.clone(),
        }
    }

    /// A hook of a plugin.
    pub fn of_plugin(hook: PluginHook, job: &HookJob) -> Self {
        let name = hook.name();
        Self {
            messages: Messages::new(&name),
            next: HookJob { plugin: Some(hook.clone()), ..job.clone() },
            name,
            wakes: &[],
            plugin: Some(hook),
        }
    }

    /// The hook of a plugin that it is, by any version of that.
    pub fn is_of(&self, hook: &PluginHook) -> bool {
        self.plugin.as_ref().is_some_and(|own| own.name() == hook.name())
    }

    /// Whether it is a hook of a plugin.
    pub fn is_foreign(&self) -> bool {
        self.plugin.is_some()
    }

    /// Its plugin may be another version from now on.
    pub fn renew(&mut self, hook: &PluginHook) {
        if self.plugin.as_ref() != Some(hook) {
            self.plugin = Some(hook.clone());
            self.next.plugin = Some(hook.clone());
        }
    }

    /// The first argument of its process, and its job.
    pub fn begin(&mut self) -> (String, HookJob) {
        let job = self.next.clone();
        self.next.woken = false;
        let argument = if self.is_foreign() { hook::OF_PLUGIN } else { self.name.as_str() };
        (argument.to_owned(), job)
    }

    /// Whether it is woken by what was heard.
    pub fn hears(&mut self, what: &Heard) -> bool {
        let concerned = what.concerns(self.wakes);
        self.next.woken |= concerned;
        concerned
    }

    /// Records how a run went; gives whether it succeeded.
    pub fn ended(&mut self, report: &HookReport) -> bool {
        self.messages.tell(report);
        if report.error.is_some() {
            // What failed may have been half done: nothing is taken for known.
            self.next.woken = true;
            return false;
        }
        self.next.memory = report.memory.clone();
        true
    }
}
