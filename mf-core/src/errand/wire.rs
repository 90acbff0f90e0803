//! Messages between hooks and the hub about errands.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Found, Kind, State, Work};

/// `POST /util/claim_errand`: asks for one errand; there may be none now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimErrand {
    /// Kinds that the hook does.
    pub kinds: Vec<Kind>,
    /// Random text, new for every errand: asked again with the same one, the
    /// hub gives the same errand again.
    pub nonce: String,
}

/// Answer to [`ClaimErrand`]: `{"errand": null}` when there is none to do now.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrandClaim {
    /// Who does which errand; every report carries it.
    #[serde(flatten)]
    pub lease: ErrandLease,
    /// How long the hook may be silent before another may claim the errand, in
    /// seconds.
    pub lease_seconds: u64,
    /// A word that belongs to this errand alone, and is the same for every
    /// attempt: left where the work can be seen, it shows that it was done.
    pub marker: String,
    /// What is to be done.
    pub work: Work,
}

/// One attempt at an errand.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrandLease {
    /// The errand's id.
    pub errand: i64,
    /// Number of the attempt, from 1.
    pub attempt: i64,
    /// Secret that shows who has the lease.
    pub token: String,
}

/// `POST /util/renew_errand`: the hook is still working on its errand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RenewErrand {
    /// Which errand.
    #[serde(flatten)]
    pub lease: ErrandLease,
    /// How long the hub may hold back the answer, in seconds, at most
    /// [`LONGEST_WAIT`](crate::wire::LONGEST_WAIT). A connection that breaks
    /// before the answer means that the hook has died, unless it renews again
    /// within a second.
    pub wait: u64,
}

/// `POST /util/end_errand`: how an attempt ended. Said again it changes
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndErrand {
    /// Which.
    #[serde(flatten)]
    pub lease: ErrandLease,
    /// How.
    pub ended: Ended,
}

/// How an attempt at an errand ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Ended {
    /// It is done.
    Done(Done),
    /// It failed, and may succeed later.
    Later {
        /// Why, in a sentence.
        why: String,
        /// Seconds that it is to wait at least, as a server that limits its
        /// callers says; 0: the hub knows how long.
        #[serde(default)]
        seconds: i64,
        /// Whether everything that goes to the same place waits with it: the
        /// server is down, or has had enough.
        #[serde(default)]
        all: bool,
    },
    /// It was refused for good.
    Refused {
        /// Why, in a sentence.
        why: String,
    },
}

/// What came of an errand that was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Done {
    /// What it has found out.
    pub found: Option<Found>,
}

impl Ended {
    /// As it stands on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Ended::Done(_) => "done",
            Ended::Later { .. } => "later",
            Ended::Refused { .. } => "refused",
        }
    }
}

impl fmt::Debug for ErrandLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErrandLease({}, attempt {})", self.errand, self.attempt)
    }
}

impl fmt::Debug for ErrandClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrandClaim")
            .field("lease", &self.lease)
            .field("work", &self.work)
            .finish_non_exhaustive()
    }
}

/// One errand as people see it: in `GET /util/errands`, in `GET /util/status`,
/// and on the object that it belongs to. The status has looks at heads that come
/// to nothing beside them, in the same words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrandStatus {
    /// Its id; null for a look at a head, which is looked at again for ever.
    pub id: Option<i64>,
    /// Its kind: `bug`, `repository`; `head` for a look at one.
    pub kind: String,
    /// What it is about: `close bug 17`.
    pub about: String,
    /// Its project; empty where it belongs to none.
    pub project_label: String,
    /// Its build; empty where it belongs to none.
    pub build_label: String,
    /// Its tag; empty where it belongs to none.
    pub tag_label: String,
    /// Where it stands.
    pub state: State,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, UTC; empty when it is over.
    pub next_try: String,
    /// What went wrong last; empty when nothing did.
    pub message: String,
}
