//! Why a task is where it is: what the rules of [`super::pick`] say of it for
//! each system, asked of what dispatch knows at this moment.

use super::farm::{Entry, Farm, Station};
use super::lane::{Facts, Package};
use super::pick::{Reason, ahead, fits, lacks, pick};

/// Most systems with room for a task that are asked whose turn it is there:
/// each looks at every lane, and others wait for the lock meanwhile.
const TURNS: usize = 16;

/// Where a task is, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Dispatch does not know it: it has ended, or is not yet in the queue.
    Gone,
    /// A worker has it.
    Held {
        /// The worker's system.
        system: i64,
        /// Whether the worker is to stop it.
        cancelling: bool,
    },
    /// It is set aside for a worker, whose claim is under way.
    Offered {
        /// The worker's system.
        system: i64,
    },
    /// It waits, and this is what each system says, by the system's id.
    Ready(Vec<Answer>),
}

/// What one system says of a task that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The system.
    pub system: i64,
    /// Whether its worker asks for a task at this moment.
    pub asks: bool,
    /// What it says.
    pub says: Says,
}

/// What a system says of a task that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// The system takes it when it next asks.
    Next,
    /// There is room for it, and so many tasks go first.
    Behind(usize),
    /// There is no room for it beside these tasks that are built there.
    Busy(Reason, Vec<i64>),
    /// It can never be built there, as things are: all that is missing.
    Never(Vec<Reason>),
}

impl Farm {
    /// Why a task is where it is.
    pub fn why(&self, task: i64) -> Why {
        let (facts, asking) = match self.tasks.get(&task) {
            None => return Why::Gone,
            Some((_, Entry::Held { system, cancelling, .. })) => {
                return Why::Held { system: *system, cancelling: *cancelling };
            }
            Some((_, Entry::Reserved { system, .. })) => return Why::Offered { system: *system },
            Some((facts, Entry::Ready)) => (facts, self.waiting.systems()),
        };
        let mut turns = TURNS;
        let answer = |(id, station): (&i64, &Station)| {
            let says = self.says(station, facts, &mut turns)?;
            Some(Answer { system: *id, asks: asking.contains(id), says })
        };
        Why::Ready(self.stations.iter().filter_map(answer).collect())
    }

    /// What a system says; `None` when it has room for the task, and enough
    /// others have said whose turn it is.
    fn says(&self, station: &Station, facts: &Facts, turns: &mut usize) -> Option<Says> {
        let Station { system, load, .. } = station;
        let lacks: Vec<_> = lacks(system, &self.enabled, &facts.class).collect();
        if !lacks.is_empty() {
            return Some(Says::Never(lacks));
        }
        if let Err(reason) = fits(system, load, &facts.package) {
            let tasks = load.tasks(|other| reason.is_about(&facts.package, other));
            return Some(Says::Busy(reason, tasks));
        }
        *turns = turns.checked_sub(1)?;
        let (lanes, enabled, running) = (&self.lanes, &self.enabled, &self.running);
        Some(match pick(lanes, system, load, enabled, running) {
            Some(next) if next.task == facts.task => Says::Next,
            _ => Says::Behind(ahead(lanes, system, load, enabled, running, facts)),
        })
    }
}

impl Reason {
    /// Whether a task of `other`, which is being built, is in the way of one
    /// of `package` for this reason.
    fn is_about(&self, package: &Package, other: &Package) -> bool {
        match self {
            Reason::SourceNameBusy(name) => other.source_name == *name,
            Reason::OnePerSystem => other.id == package.id,
            _ => true,
        }
    }
}
