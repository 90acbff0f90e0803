//! What the parent, the keeper and the process that loads the plugin say to
//! each other, over their lifelines.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use monkeyfarm_plugin_api::command::Ended as ProgramEnded;
use monkeyfarm_plugin_api::farm::Ask;
use monkeyfarm_plugin_api::{
    Bug, BugJob, BuildJob, Built, Changes, ChangesJob, Checkout, CheckoutJob, Failure, Head, Heads,
    HeadsJob, HookJob, Hooked, IndexJob, Indexed, Schemas, Source, SweepJob, Swept,
};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::confine::Confine;

/// From the zygote to its daemon: the process id of a keeper whose lifeline it
/// was sent, or the number of the error that there is none for.
pub type Born = Result<i32, i32>;

/// From the parent to the keeper, and on from there to the plugin's process.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Make this call. The plugin's image and the write end of the log travel
    /// with it, in this order.
    Call(Box<CallOrder>),
    /// What the hub says to a question of a hook.
    Reply(Reply),
    /// End the call: first by asking, after a grace by killing.
    Stop,
}

/// What the hub says to a question of a hook, or why it was not asked.
pub type Reply = Result<Value, Failure>;

/// One call of one handler.
#[derive(Serialize, Deserialize)]
pub struct CallOrder {
    /// Label of the handler; nothing when the plugin is only examined.
    pub handler: String,
    /// What it is to do.
    pub job: Job,
    /// Directory to do it in.
    pub work_dir: PathBuf,
    /// How long it may take, in milliseconds; nothing is for ever.
    pub deadline_ms: Option<u64>,
    /// When it must have begun, in milliseconds since this host was started.
    pub begin_by_ms: Option<u64>,
    /// Whether it is told to stop before it begins.
    pub stopped: bool,
    /// What the plugin may ask for by name.
    pub secrets: BTreeMap<String, String>,
    /// What it may take of its host.
    #[serde(default)]
    pub confine: Confine,
}

/// What a plugin is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Nothing but to be loaded, to have the layouts of these handlers'
    /// kinds checked, and to say what their configuration may hold.
    Describe(Vec<Described>),
    /// Build a task.
    Build(Box<BuildJob>),
    /// Write the index of a repository's directory.
    Index(Box<IndexJob>),
    /// Remove what builds that were killed have left.
    Sweep(SweepJob),
    /// Check source out.
    Checkout(CheckoutJob),
    /// Tell where a branch, tag or revision is.
    Head(Source),
    /// Tell where several of one repository are.
    Heads(HeadsJob),
    /// Tell what has changed since a revision.
    Changes(ChangesJob),
    /// Do something to a bug.
    Bug(Box<BugJob>),
    /// Do the work of a regulator hook.
    Hook(HookJob),
}

/// A handler that a plugin is examined for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// Its kind, as the plugin API calls it.
    pub kind: String,
    /// Its label.
    pub label: String,
}

/// From the plugin's process, and from the one that waits for it, to the
/// keeper.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// What the handler is doing now.
    Progress(String),
    /// A hook asks the hub.
    Ask(Ask),
    /// What keeps the plugin from the rest of its host.
    Isolation(String),
    /// The call is over, and this is how.
    Answer(Outcome),
    /// The plugin's process has ended.
    Died(Death),
}

/// From the keeper to the parent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// What the handler is doing now.
    Progress(String),
    /// A hook asks the hub, and waits for an [`Order::Reply`].
    Ask(Ask),
    /// What keeps the plugin from the rest of its host.
    Isolation(String),
    /// Nothing of the call is left on this host; this is how it went.
    Empty(Outcome),
}

/// How a call went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The plugin can be loaded, and all its layouts fit; what it says of the
    /// configuration of its handlers, in the order of the question.
    Described(Vec<Schemas>),
    /// It built.
    Built(Built),
    /// It wrote an index.
    Indexed(Indexed),
    /// It left nothing of builds that were killed.
    Swept(Swept),
    /// It checked out.
    CheckedOut(Checkout),
    /// It told where something is.
    At(Head),
    /// It told where several are.
    AllAt(Heads),
    /// It told what has changed.
    Changed(Changes),
    /// It did something to a bug, which is this now.
    Bug(Bug),
    /// The hook did its work.
    Hooked(Hooked),
    /// The handler says why not.
    Failed(Failure),
    /// The plugin could not be called.
    Refused(String),
    /// The handler panicked.
    Panicked(String),
    /// The plugin's process ended without an answer.
    Died(Death),
    /// The deadline passed.
    TimedOut,
    /// The parent told it to stop.
    Stopped,
    /// It came too late to begin.
    Late,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Death {
    /// With this exit code.
    Exit(i32),
    /// By this signal.
    Signal(i32),
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exited with status {code} instead of giving an answer"),
            Self::Signal(signal) => {
                ProgramEnded::Signal(*signal).fmt(f)?;
                // Nothing of ours kills it before the call has ended.
                let hint = ": by the build itself, or because this host had no memory left";
                f.write_str(if *signal == Signal::KILL.as_raw() { hint } else { "" })
            }
        }
    }
}

impl Death {
    /// Whether somebody killed it: no fault of the plugin's then.
    pub fn is_kill(self) -> bool {
        self == Self::Signal(Signal::KILL.as_raw())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_killed_is_told_with_who_may_have_done_it() {
        let killed = Death::Signal(Signal::KILL.as_raw());
        assert!(killed.is_kill() && !Death::Signal(Signal::ABORT.as_raw()).is_kill());
        let told = killed.to_string();
        assert!(
            told.ends_with(
                "(SIGKILL): by the build itself, or because this host had no memory left"
            ),
            "{told}"
        );
    }
}
