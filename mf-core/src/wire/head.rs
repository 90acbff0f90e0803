//! Messages between the regulator and the hub about heads.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Handler;

/// A branch that is watched for new heads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeadSource {
    /// How it is looked at.
    pub handler: Handler,
    /// Where it is.
    pub url: String,
    /// Branch; empty: the default branch.
    pub vcs_branch: String,
    /// Revisions of it since which somebody wants to know what was fixed.
    pub since: Vec<String>,
}

/// `POST /util/report_head`: a branch was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeadSeen {
    /// Which one; of its handler the label alone counts.
    pub source: HeadSource,
    /// The revision that it is now, by its full name; empty with a problem.
    pub revision: String,
    /// Bugs that the changes since a revision say they fix.
    pub fixes: BTreeMap<String, Vec<String>>,
    /// Why it could not be looked at, in a sentence; empty with a revision.
    pub problem: String,
}
