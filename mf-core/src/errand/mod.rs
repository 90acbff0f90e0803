//! Errands: work that the hub does not do itself, such as calling a bug tracker
//! or running a plugin.
//!
//! The hub calls nobody and runs nothing. It writes down what is to be done in
//! the transaction of the change that causes it; hooks of the regulator claim
//! errands under a lease, do them, and report. To add a kind: a variant of [`Kind`],
//! [`Subject`] and [`Work`], and of [`Found`] if it finds anything out.

mod bug;
mod mention;
mod pause;
mod repository;
mod wire;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::wire::RepositoryDraft;

pub use bug::{BugAction, BugDeed, BugFound, BugWork, bugs};
pub use mention::mentioned;
pub use pause::{LONGEST, pause};
pub use repository::RepositoryDeed;
pub use wire::{
    ClaimErrand, Done, EndErrand, Ended, ErrandClaim, ErrandLease, ErrandStatus, RenewErrand,
};

/// What errands are called in events and in `resource=` of `GET /util/events`.
pub const NAME: &str = "errand";

/// Kinds of errands: each is done by one hook of the regulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something is done to a bug in its tracker.
    Bug,
    /// The file repository of a tag is made anew.
    Repository,
}

impl Kind {
    /// As it stands on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bug => "bug",
            Kind::Repository => "repository",
        }
    }
}

/// What an errand is about. Two that are waiting are never about the same:
/// what is wanted twice before it was done is done once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// Something is to be done to a bug.
    Bug(BugDeed),
    /// The file repository of a tag is to hold what the tag does.
    Repository(RepositoryDeed),
}

impl Subject {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Subject::Bug(_) => Kind::Bug,
            Subject::Repository(_) => Kind::Repository,
        }
    }
}

/// For people: `close bug 17`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Bug(deed) => write!(f, "{} bug {}", deed.action.name(), deed.bug),
            Subject::Repository(_) => f.write_str("renew the repository"),
        }
    }
}

/// All that a hook needs to know to do an errand: its subject, and what the
/// farm says of it at the moment of the claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Something is to be done to a bug.
    Bug(Box<BugWork>),
    /// A draft of a repository is to be filled in: when the errand is done, it
    /// is what clients see.
    Repository(RepositoryDraft),
}

/// What an errand that was done has found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Found {
    /// A bug as it is now.
    Bug(BugFound),
}

/// Where an errand stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is done as soon as its time has come.
    Waiting,
    /// A hook has claimed it.
    Running,
    /// It was done.
    Done,
    /// It was refused for good; its message says why.
    Refused,
}

impl State {
    /// Every state.
    pub const ALL: [State; 4] = [State::Waiting, State::Running, State::Done, State::Refused];

    /// As it stands on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Running => "running",
            State::Done => "done",
            State::Refused => "refused",
        }
    }

    /// The state of a name.
    pub fn named(name: &str) -> Option<State> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_written_in_one_way_and_says_what_it_is() {
        let deed = BugDeed {
            action: BugAction::Close,
            build: 7,
            bug: "17".into(),
            tag: "stable".into(),
            comment: String::new(),
        };
        let subject = Subject::Bug(deed);
        let text = serde_json::to_string(&subject).unwrap();
        let expected =
            r#"{"kind":"bug","action":"close","build":7,"bug":"17","tag":"stable","comment":""}"#;
        assert_eq!(text, expected, "rows of older hubs are found by it");
        assert_eq!(serde_json::from_str::<Subject>(&text).unwrap(), subject);
        assert_eq!(subject.to_string(), "close bug 17");
        let subject = Subject::Repository(RepositoryDeed { tag: 7 });
        let text = serde_json::to_string(&subject).unwrap();
        assert_eq!(text, r#"{"kind":"repository","tag":7}"#, "migrations write it so");
        assert_eq!(subject.to_string(), "renew the repository");
        for state in State::ALL {
            assert_eq!(State::named(state.name()), Some(state));
        }
    }
}
