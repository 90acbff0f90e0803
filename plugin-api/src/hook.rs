//! Regulator hooks: work that a farm must do for ever, again and again.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::farm::Farm;
use crate::{Context, Failure, LocalConfig, Schemas};

/// Work of its own for the regulator, which runs the hook in each of its
/// cycles: some seconds after it has ended the last time.
///
/// A hook is made once per run and lives in a process of its own; whatever it
/// starts is gone when the run is over. It has no key: what it wants of the
/// hub it asks [`Farm`] for. What is to be done once a day is work for cron.
pub trait Hook: Send + Sync {
    /// Does what is to be done now.
    ///
    /// # Errors
    /// A [`Failure`] is told on the regulator's standard error, once until it
    /// changes; the next cycle runs the hook again.
    fn run(&self, job: &HookJob, farm: &Farm, cx: &Context) -> Result<Hooked, Failure>;

    /// What its configuration may hold; asked once, when the plugin is
    /// examined. A hook that says nothing has nothing checked.
    fn schemas() -> Schemas
    where
        Self: Sized,
    {
        Schemas::default()
    }
}

/// What a hook is given at its run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HookJob {
    /// What the regulator's host keeps for the plugin.
    pub local_config: LocalConfig,
    /// What the hook remembered at the end of its last good run; null at the
    /// first, and after the regulator was started.
    pub memory: Value,
}

impl HookJob {
    /// The memory as `T`: its default at the first run, and when another
    /// version of the hook remembered something else.
    pub fn memory<T: serde::de::DeserializeOwned + Default>(&self) -> T {
        T::deserialize(&self.memory).unwrap_or_default()
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hooked {
    /// What to give the hook at its next run: a few kilobytes.
    pub memory: Value,
    /// All that is not as it should be now, each a sentence. The regulator
    /// tells people what is new in it.
    pub warnings: Vec<String>,
}
