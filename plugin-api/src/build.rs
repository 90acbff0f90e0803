//! Build handlers: they turn a checked-out source tree into files.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Context, Failure, IndexJob, Indexed, LocalConfig, Schemas, SweepJob, Swept};

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

    /// Writes what describes the files of a tag's repository to who installs
    /// from it, into `job.index_dir`. A handler that has no such thing writes
    /// nothing, and its repositories have the files alone.
    ///
    /// It runs on the regulator's host and not on a worker.
    ///
    /// # Errors
    /// A [`Failure`] keeps the repository as it was; its sentence is what
    /// people read at the tag.
    fn index(&self, _job: &IndexJob, _cx: &Context) -> Result<Indexed, Failure> {
        Ok(Indexed::default())
    }

    /// Removes what builds that were killed have left on this host: all that
    /// is not in their own directories, such as a chroot. A worker asks for it
    /// after every build that it had to end, and when it starts. A handler
    /// whose builds leave nothing elsewhere does nothing.
    ///
    /// # Errors
    /// A [`Failure`] is told in the log; the worker asks again after the next
    /// build that it has to end, and at its next start.
    fn sweep(&self, _job: &SweepJob, _cx: &Context) -> Result<Swept, Failure> {
        Ok(Swept::default())
    }

    /// JSON Schemas of its configuration; asked for once, when the plugin is
    /// examined. Without a schema, configuration is not checked before the
    /// handler reads it.
    fn schemas() -> Schemas
    where
        Self: Sized,
    {
        Schemas::default()
    }
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
    /// The target's `config` on the hub, as text.
    pub target_config: String,
    /// The handler's `config` on the hub, as text.
    pub handler_config: String,
    /// This host's configuration for the plugin.
    pub local_config: LocalConfig,
    /// Whether `source_dir` holds a checkout; if not, it is empty and the
    /// task is built from what `source_url` names, or from nothing.
    pub has_source: bool,
    /// Where a source package is (`.src.rpm`, `.dsc`) that the handler is to
    /// fetch itself; mostly empty. Foreign text: see [`download`](crate::download).
    pub source_url: String,
    /// Schemes that this host lets source come from, beyond the handler's
    /// own defaults, such as `file`.
    pub allow_schemes: Vec<String>,
    /// Repositories of earlier builds that this one may use, by the project's
    /// tags with `include_in_builds`.
    pub repositories: Vec<Repository>,
    /// The task's own directory; the process starts in it.
    pub work_dir: PathBuf,
    /// A directory that stays from task to task on this host, shared with
    /// other tasks that run at the same time: lock what is changed in it.
    pub cache_dir: PathBuf,
    /// The checkout.
    pub source_dir: PathBuf,
    /// Where results may be put; what lies in it after a build is a result,
    /// whether the handler names it or not.
    pub result_dir: PathBuf,
}

/// A repository of earlier builds, as a tag keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Repository {
    /// The tag that keeps it.
    pub tag: String,
    /// Where it is.
    pub url: String,
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
