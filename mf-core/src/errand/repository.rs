//! Errands that update the file repositories of tags.

use serde::{Deserialize, Serialize};

/// A repository that is to follow its tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RepositoryDeed {
    /// Id of the tag.
    pub tag: i64,
}
