//! Indexes: what describes the files of a tag's repository.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::LocalConfig;

/// A directory of a repository that is to be described. All names are labels
/// of the hub.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IndexJob {
    /// Project that the tag belongs to.
    pub project: String,
    /// Tag whose repository it is.
    pub tag: String,
    /// The directory's path in the repository, such as `redhat/6/x86_64`.
    pub path: String,
    /// The handler's `config` on the hub, as text.
    pub handler_config: String,
    /// This host's configuration for the plugin.
    pub local_config: LocalConfig,
    /// The files that the handler's builds have there, by name.
    pub files: Vec<IndexFile>,
    /// Where those files are, each under its name and nothing else with them.
    /// They are the farm's own: to be read and never written.
    pub files_dir: PathBuf,
    /// An empty directory. What lies in it afterwards, directories and all, is
    /// served beside the files.
    pub index_dir: PathBuf,
    /// A directory that stays from call to call on this host, shared with
    /// others that run at the same time: lock what is changed in it.
    pub cache_dir: PathBuf,
}

/// A file that is to be described.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IndexFile {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, in hexadecimal: the farm has checked it.
    pub sha256: String,
}

/// An index that was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Indexed {}
