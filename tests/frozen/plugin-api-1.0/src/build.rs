//! Build handlers: they turn a checked-out source tree into files.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Context, Failure, LocalConfig};

/// Builds one task: one package-branch, for one target.
///
/// A handler is made once per call and lives in a process of its own, in the
/// task's work directory; whatever it starts is gone when the call is over.
pub trait BuildHandler: Send + Sync {
    /// Builds `job` and says what came out of it.
    ///
    /// # Errors
    /// A [`Failure`] ends the task; its sentence is what people read first.
    fn build(&self, job: &BuildJob, cx: &Context) -> Result<Built, Failure>;
}

/// What is to be built, and where. All names are labels of the hub.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BuildJob {
    /// Project that the package belongs to.
    pub project: String,
    /// Package that is built.
    pub package: String,
    /// Package-branch that is built.
    pub package_branch: String,
    /// Build that the task is part of.
    pub build: String,
    /// Task, `<build>.<target>`.
    pub task: String,
    /// Target, a release on an arch, such as `el6-x86_64`.
    pub target: String,
    /// Arch of the target, such as `x86_64`.
    pub arch: String,
    /// Distro of the target's release.
    pub distro: String,
    /// Release of the target, such as `el6`.
    pub release: String,
    /// The package-branch's `build_prefix`, or nothing.
    pub build_prefix: String,
    /// Text that the target keeps for the build handler.
    pub target_config: String,
    /// Text that the hub keeps for this handler.
    pub handler_config: String,
    /// What this host keeps for the plugin.
    pub local_config: LocalConfig,
    /// Whether `source_dir` holds a checkout; if not, it is empty and the
    /// task is built from nothing.
    pub has_source: bool,
    /// The task's own directory; the process starts in it.
    pub work_dir: PathBuf,
    /// The checkout.
    pub source_dir: PathBuf,
    /// Where results may be put; what lies in it after a build is a result,
    /// whether the handler names it or not.
    pub result_dir: PathBuf,
}

/// What a successful build gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Built {
    /// Files to keep, beside all that lies in the result directory.
    pub artifacts: Vec<Artifact>,
}

/// One file for the hub to keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// What the file is to the farm.
    pub kind: ArtifactKind,
    /// Name under which the hub shows it: one path component.
    pub name: String,
    /// Where it is: a regular file below the task's work directory. A
    /// symbolic link on the way there is refused.
    pub path: PathBuf,
}

/// What a file is to the farm; a task has a list of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArtifactKind {
    /// A result: what people install.
    File,
    /// A source package that the result was made from.
    Source,
    /// A log beside the task's own, which needs no naming.
    Log,
    /// A configuration file that the build was given.
    Config,
}
