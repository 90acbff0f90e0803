//! Errands to a bug tracker, and how a build names its bugs.

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::wire::Handler;

/// Longest name of a bug, in bytes.
const NAME: usize = 200;

/// What is to be done to a bug.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BugAction {
    /// Look what it is: its title, and whether it is open.
    #[default]
    Show,
    /// Say something on it.
    Comment,
    /// Say something on it and close it.
    Close,
    /// Open it again, and say why.
    Reopen,
    /// Let it refer to the build.
    Link,
}

impl BugAction {
    /// As it stands on the wire.
    pub fn name(self) -> &'static str {
        match self {
            BugAction::Show => "show",
            BugAction::Comment => "comment",
            BugAction::Close => "close",
            BugAction::Reopen => "reopen",
            BugAction::Link => "link",
        }
    }
}

/// Something that is to be done to a bug, for a build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BugDeed {
    /// What.
    pub action: BugAction,
    /// Id of the build that names the bug.
    pub build: i64,
    /// The bug, as its tracker calls it: `17`, `owner/name#17`.
    pub bug: String,
    /// Label of the tag that the build got, if that is why.
    pub tag: String,
    /// What somebody has to say on it; else the farm says why it does this.
    pub comment: String,
}

/// The same for the hook that does it. Names are labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // They are the labels of what they are named after.
pub struct BugWork {
    pub action: BugAction,
    pub bug: String,
    pub project: String,
    pub package: String,
    pub build: String,
    pub tag: String,
    /// The project's bug handler.
    pub handler: Handler,
    /// What is said on the bug; empty where nothing is.
    pub comment: String,
    /// Page of the build, where the hub knows how people reach it.
    pub build_url: String,
}

/// A bug as its tracker shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BugFound {
    /// Its title.
    pub title: String,
    /// Its status in the tracker's own words: `RESOLVED FIXED`.
    pub status: String,
    /// Whether it is open.
    pub open: bool,
}

/// The bugs that a build's `bugs` names, each once, in their order: separated
/// by commas, with or without a `#` before them.
///
/// # Errors
/// [`Code::InvalidValue`] for what no tracker would call a bug, such as text
/// with a blank in it.
pub fn bugs(text: &str) -> Result<Vec<&str>, Error> {
    let mut bugs = Vec::new();
    for bug in text.split(',').map(str::trim).map(|bug| bug.strip_prefix('#').unwrap_or(bug)) {
        let known = |c: char| c.is_ascii_alphanumeric() || "-_./#:".contains(c);
        let climbs = bug.split('/').any(|part| part.chars().all(|c| c == '.'));
        if bug.len() > NAME || !bug.chars().all(known) || (climbs && !bug.is_empty()) {
            let shown: String = bug.chars().take(80).collect();
            let told = format!(
                "{shown:?} is no bug; give them as their tracker calls them, separated by commas: \
                 17, or owner/name#17"
            );
            return Err(Error::new(Code::InvalidValue, told));
        }
        if !bug.is_empty() && !bugs.contains(&bug) {
            bugs.push(bug);
        }
    }
    Ok(bugs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bugs_are_named_as_people_do() {
        assert_eq!(bugs("").unwrap(), Vec::<&str>::new());
        assert_eq!(bugs("1, #2,,2 , alias-x,o/n.x#3,").unwrap(), ["1", "2", "alias-x", "o/n.x#3"]);
        for bad in ["1 2", "../3", "a?b", "1\n2", "a/../b", "%2e", "é"] {
            assert!(bugs(bad).is_err(), "{bad}");
        }
        assert!(bugs(&"1".repeat(201)).is_err());
    }
}
