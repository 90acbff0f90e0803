//! Messages between the regulator and the hub about tags' repositories.

use serde::{Deserialize, Serialize};

use super::Handler;

/// A generation of a repository that lags, to be filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RepositoryDraft {
    /// Number of the generation.
    pub generation: i64,
    /// Label of the project.
    pub project: String,
    /// Label of the tag.
    pub tag: String,
    /// Id of the tag, which never changes.
    pub tag_id: i64,
    /// All that it will hold, by directory and build handler.
    pub parts: Vec<RepositoryPart>,
}

/// What one build handler has in one directory of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RepositoryPart {
    /// The directory, beneath the tag: a target's `tag_path`.
    pub path: String,
    /// Whose index describes it.
    pub handler: Handler,
    /// What is in it, by name.
    pub files: Vec<RepositoryFile>,
}

/// A file of a repository that a task has made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RepositoryFile {
    /// Its name: one component of a path.
    pub name: String,
    /// Its size in bytes.
    pub size: i64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Label of the task that made it.
    pub task: String,
    /// That task's id.
    pub task_id: i64,
    /// The attempt that made it.
    pub attempt: i64,
}
