//! Sweeps: what calls that were killed have left outside of their own
//! directories.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::LocalConfig;

/// A host that may have something left of builds that were killed. No process
/// of those runs any more; other builds of the handler may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepJob {
    /// This host's configuration for the plugin.
    pub local_config: LocalConfig,
    /// The directory that stays from task to task, where builds have written
    /// down what they were about to leave elsewhere.
    pub cache_dir: PathBuf,
}

/// Nothing is left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Swept {}
