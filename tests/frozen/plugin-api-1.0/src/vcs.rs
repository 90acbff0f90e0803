//! VCS handlers: they fetch source.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Context, Failure, LocalConfig};

/// Fetches source from one kind of version control system.
pub trait VcsHandler: Send + Sync {
    /// Checks out `job.url` at `job.reference` into `job.source_dir`, which
    /// exists and is empty.
    ///
    /// # Errors
    /// A [`Failure`] ends the task; its sentence is what people read first.
    fn checkout(&self, job: &CheckoutJob, cx: &Context) -> Result<Checkout, Failure>;
}

/// What is to be fetched, and where to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckoutJob {
    /// Where the source is. Foreign text: never an option of a program.
    pub url: String,
    /// Branch, tag or revision; empty is the repository's default branch.
    pub reference: String,
    /// Text that the hub keeps for this handler.
    pub handler_config: String,
    /// What this host keeps for the plugin.
    pub local_config: LocalConfig,
    /// An empty directory to fill.
    pub source_dir: PathBuf,
    /// A directory that stays from task to task on this host, shared with
    /// other tasks that run at the same time: lock what is changed in it.
    pub cache_dir: PathBuf,
    /// Schemes that this host lets source come from, beyond the handler's
    /// own defaults, such as `file`.
    pub allow_schemes: Vec<String>,
}

/// What was checked out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkout {
    /// The revision by its full, unambiguous name: a hash or revision id.
    pub revision: String,
}
