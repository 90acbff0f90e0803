//! How a call of a plugin can end.

use monkeyfarm_plugin_api::{
    Bug, Built, Changes, Checkout, Failure, Head, Heads, Hooked, Indexed, Swept,
};

use super::frame::Outcome;
use super::mask::Secrets;

/// How a call ended; nothing of it is left on this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The plugin can be loaded, and its layouts fit this host.
    Described,
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
    /// The plugin could not be called: a sentence.
    Refused(String),
    /// The plugin panicked or its process died by itself: a sentence with the
    /// plugin's id and path and how it ended.
    Crashed(String),
    /// Somebody else killed its process, or that of its keeper: a sentence.
    Killed(String),
    /// The deadline passed.
    TimedOut,
    /// It was told to stop.
    Stopped,
    /// It was too late for it to begin, and nothing of it has.
    Late,
}

impl Ended {
    /// What its keeper says, in words for people; `plugin` says which it is.
    pub fn of(outcome: Outcome, plugin: &str) -> Self {
        match outcome {
            Outcome::Described(_) => Self::Described,
            Outcome::Built(built) => Self::Built(built),
            Outcome::Indexed(indexed) => Self::Indexed(indexed),
            Outcome::Swept(swept) => Self::Swept(swept),
            Outcome::CheckedOut(checkout) => Self::CheckedOut(checkout),
            Outcome::At(head) => Self::At(head),
            Outcome::AllAt(heads) => Self::AllAt(heads),
            Outcome::Changed(changes) => Self::Changed(changes),
            Outcome::Bug(bug) => Self::Bug(bug),
            Outcome::Hooked(hooked) => Self::Hooked(hooked),
            Outcome::Failed(failure) => Self::Failed(failure),
            Outcome::Refused(why) => Self::Refused(format!("{plugin}: {why}")),
            Outcome::Panicked(how) => Self::Crashed(format!("{plugin} {how}")),
            Outcome::Died(death) if death.is_kill() => {
                Self::Killed(format!("the process of {plugin} {death}"))
            }
            Outcome::Died(death) => Self::Crashed(format!("{plugin} crashed: its process {death}")),
            Outcome::TimedOut => Self::TimedOut,
            Outcome::Stopped => Self::Stopped,
            Outcome::Late => Self::Late,
        }
    }

    /// The same as people may read it, for a sentence of the handler's, or the
    /// message of a panic, goes where its log does not: without secrets, not
    /// longer than a message is, and never empty.
    pub fn masked(self, secrets: &Secrets) -> Self {
        let plain = |text: String| cut(secrets.masked(&text));
        match self {
            Self::Failed(Failure { sentence, kind, kept, wait }) => {
                let sentence = match plain(sentence) {
                    empty if empty.trim().is_empty() => SILENT.to_owned(),
                    sentence => sentence,
                };
                Self::Failed(Failure { sentence, kind, kept, wait })
            }
            Self::Refused(why) => Self::Refused(plain(why)),
            Self::Crashed(how) => Self::Crashed(plain(how)),
            Self::Killed(how) => Self::Killed(plain(how)),
            Self::Hooked(Hooked { memory, warnings }) => {
                Self::Hooked(Hooked { memory, warnings: warnings.into_iter().map(plain).collect() })
            }
            other => other,
        }
    }
}

/// What stands for a failure that its handler says nothing of.
const SILENT: &str = "the handler failed without saying why";

/// Longest sentence of a plugin's that people read, in bytes.
const LONGEST: usize = 4_000;

fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST - '…'.len_utf8()));
        text.push('…');
    }
    text
}
