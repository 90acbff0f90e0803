//! Regulator hooks: work that the farm repeats.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::farm::Farm;
use crate::{Context, Failure, LocalConfig, Schemas};

/// Work that the regulator repeats: it runs the hook again `cycle_seconds` after
/// the last run has ended.
///
/// A hook is made once per run and lives in a process of its own; whatever it
/// starts is gone when the run is over. It has no key: it asks the hub through
/// [`Farm`]. Leave work that is done once a day to cron.
pub trait Hook: Send + Sync {
    /// Does whatever needs doing now.
    ///
    /// # Errors
    /// The regulator writes the sentence of a [`Failure`] to its standard error,
    /// once until it changes; the next cycle runs the hook again.
    fn run(&self, job: &HookJob, farm: &Farm, cx: &Context) -> Result<Hooked, Failure>;

    /// JSON Schemas of its configuration; asked for once, when the plugin is
    /// examined. Of a hook only the one of `plugins.d/<plugin>.toml` is used.
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
    /// The regulator's host's configuration for the plugin.
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
    /// What to give the hook at its next run: a few kilobytes. More than
    /// 128 KiB of JSON is forgotten.
    pub memory: Value,
    /// Everything that is wrong now, each as a sentence. The regulator warns of
    /// those that are new.
    pub warnings: Vec<String>,
}
