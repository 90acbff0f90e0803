//! States of a task, and how it moves from one to another.

use std::fmt;

/// Every status that builds and tasks show, in the order of a life.
pub const STATUSES: &[&str] =
    &["New", "Queued", "Building", "BuildSuccess", "BuildFail", "Cancelled", "Lost"];

/// The state of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Made, and not yet in the queue.
    New,
    /// Waiting for a worker.
    Queued,
    /// A worker holds it.
    Building,
    /// Cancelled, and its worker has not yet said that nothing of the build
    /// is left; shown as `Building`, because the system is still taken.
    Cancelling,
    /// Ended: built.
    BuildSuccess,
    /// Ended: it cannot be built as it is.
    BuildFail,
    /// Ended: somebody stopped it.
    Cancelled,
    /// Ended: it lost its worker too often.
    Lost,
}

/// What happens to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// It may be built.
    Queue,
    /// A worker takes it.
    Claim,
    /// Its worker built it.
    Succeed,
    /// Its worker could not build it.
    Fail,
    /// Its worker gives it back unbuilt, and nothing of the build is left.
    HandBack,
    /// Its worker is gone, and it may be tried again.
    LoseWorker,
    /// Its worker is gone for the last time.
    GiveUp,
    /// Somebody stops it.
    Cancel,
    /// Somebody wants it built once more.
    Retry,
}

/// A move that the state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a task that is {from} cannot {event}")]
pub struct IllegalMove {
    /// The state, which stays as it is.
    pub from: State,
    /// What was tried.
    pub event: Event,
}

impl State {
    /// Every state.
    pub const ALL: [State; 8] = [
        State::New,
        State::Queued,
        State::Building,
        State::Cancelling,
        State::BuildSuccess,
        State::BuildFail,
        State::Cancelled,
        State::Lost,
    ];

    /// The state after `event`.
    ///
    /// # Errors
    /// The state does not allow it.
    pub fn on(self, event: Event) -> Result<State, IllegalMove> {
        use Event as E;
        use State as S;
        Ok(match (self, event) {
            (S::New, E::Queue) => S::Queued,
            (S::Queued, E::Claim) => S::Building,
            (S::Building, E::Succeed) => S::BuildSuccess,
            (S::Building, E::Fail) => S::BuildFail,
            (S::Building, E::HandBack | E::LoseWorker) => S::Queued,
            (S::Building, E::GiveUp) => S::Lost,
            (S::New | S::Queued, E::Cancel) => S::Cancelled,
            (S::Building, E::Cancel) => S::Cancelling,
            // However the attempt ends, it was cancelled before it did.
            (S::Cancelling, E::Succeed | E::Fail | E::HandBack | E::LoseWorker | E::GiveUp) => {
                S::Cancelled
            }
            (S::BuildFail | S::Cancelled | S::Lost, E::Retry) => S::Queued,
            _ => return Err(IllegalMove { from: self, event }),
        })
    }

    /// The state's name in the database; [`State::status`] is what is shown.
    pub fn name(self) -> &'static str {
        match self {
            State::Cancelling => "Cancelling",
            other => other.status(),
        }
    }

    /// The state of that name in the database.
    pub fn named(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The status that people see.
    pub fn status(self) -> &'static str {
        match self {
            State::New => "New",
            State::Queued => "Queued",
            State::Building | State::Cancelling => "Building",
            State::BuildSuccess => "BuildSuccess",
            State::BuildFail => "BuildFail",
            State::Cancelled => "Cancelled",
            State::Lost => "Lost",
        }
    }

    /// Whether the task has come to an end.
    pub fn ended(self) -> bool {
        matches!(self, State::BuildSuccess | State::BuildFail | State::Cancelled | State::Lost)
    }

    /// Whether a worker holds it, so that its system is taken.
    pub fn held(self) -> bool {
        matches!(self, State::Building | State::Cancelling)
    }
}

/// The state of a build, from its tasks': it ends when all have ended, and
/// then is `BuildSuccess` if all succeeded, else the worst in the order
/// Cancelled, Lost, BuildFail. Never `Cancelling`.
pub fn of_build(tasks: impl IntoIterator<Item = State>) -> State {
    let tasks: Vec<State> = tasks.into_iter().collect();
    let any = |wanted: State| tasks.contains(&wanted);
    if tasks.iter().all(|state| state.ended()) {
        return [State::Cancelled, State::Lost, State::BuildFail]
            .into_iter()
            .find(|state| any(*state))
            .unwrap_or(State::BuildSuccess);
    }
    if tasks.iter().any(|state| state.held() || state.ended()) {
        State::Building
    } else if any(State::Queued) {
        State::Queued
    } else {
        State::New
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Event::Queue => "be queued",
            Event::Claim => "be claimed",
            Event::Succeed => "succeed",
            Event::Fail => "fail",
            Event::HandBack => "be handed back",
            Event::LoseWorker => "lose its worker",
            Event::GiveUp => "be given up",
            Event::Cancel => "be cancelled",
            Event::Retry => "be retried",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [Event; 9] = [
        Event::Queue,
        Event::Claim,
        Event::Succeed,
        Event::Fail,
        Event::HandBack,
        Event::LoseWorker,
        Event::GiveUp,
        Event::Cancel,
        Event::Retry,
    ];

    #[test]
    fn the_whole_table() {
        let mut table = String::new();
        for state in State::ALL {
            for event in EVENTS {
                if let Ok(next) = state.on(event) {
                    table += &format!("{state:12} {event:16} -> {next}\n");
                }
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn names_are_statuses_or_inner_states() {
        for state in State::ALL {
            assert_eq!(State::named(state.name()), Some(state));
            assert!(STATUSES.contains(&state.status()));
        }
    }

    #[test]
    fn a_build_is_as_its_tasks_are() {
        use State as S;
        assert_eq!(of_build([S::BuildSuccess, S::BuildSuccess]), S::BuildSuccess);
        assert_eq!(of_build([S::BuildSuccess, S::BuildFail]), S::BuildFail);
        assert_eq!(of_build([S::BuildFail, S::Lost]), S::Lost);
        assert_eq!(of_build([S::Lost, S::Cancelled, S::BuildFail]), S::Cancelled);
        assert_eq!(of_build([S::Queued, S::New]), S::Queued);
        assert_eq!(of_build([S::Queued, S::BuildFail]), S::Building);
        assert_eq!(of_build([S::Cancelling, S::Cancelled]), S::Building);
    }
}
