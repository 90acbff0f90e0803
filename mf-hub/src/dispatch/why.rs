//! Why a task is where it is: what the rules of [`super::pick`] say about it for
//! each system, from what dispatch knows at this moment.

use super::farm::{Entry, Farm, Station};
use super::lane::{Facts, Package};
use super::pick::{Ahead, Choice, Reason, fits, lacks};

/// Most systems with room for a task that are asked how many go first there:
/// each looks at every lane, and others wait for the lock meanwhile.
const TURNS: usize = 4;
/// Most tasks that are counted as going first; for the same reason.
pub const MOST: usize = 10_000;

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
    /// It waits.
    Ready(Waits),
}

/// What there is to say of a task that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// Whether nobody gets a task, because the queue is paused.
    pub paused: bool,
    /// What each system says, by the system's id.
    pub answers: Vec<Answer>,
    /// What goes first where it can be built, unless it is the next.
    pub ahead: Vec<Ahead>,
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
    /// Sum of footprints that it builds at the same time.
    pub capacity: i64,
    /// What it is building, with the footprints.
    pub building: Vec<(i64, i64)>,
}

/// What a system says of a task that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// The system takes it when it next asks.
    Next,
    /// There is room for it, and so many tasks go first.
    Behind(usize),
    /// There is room for it, which is kept for this one, the oldest.
    Kept(i64),
    /// There is no room for it beside these tasks that are built there.
    Busy {
        /// Why not.
        reason: Reason,
        /// What is in its way.
        tasks: Vec<i64>,
        /// Whether the system gives no room to others until it has some for
        /// this one.
        keeps: bool,
    },
    /// It can never be built there, as things are: all that is missing.
    Never(Vec<Reason>),
}

impl Farm {
    /// Why a task is where it is.
    pub fn why(&self, task: i64) -> Why {
        match self.tasks.get(&task) {
            None => Why::Gone,
            Some((_, Entry::Held { system, cancelling, .. })) => {
                Why::Held { system: *system, cancelling: *cancelling }
            }
            Some((_, Entry::Reserved { system, .. })) => Why::Offered { system: *system },
            Some((facts, Entry::Ready)) => Why::Ready(self.waits(facts)),
        }
    }

    /// The same of tasks that are not there, as if they came now.
    pub fn plan(&mut self, tasks: Vec<Facts>) -> Vec<Why> {
        // Younger than any that there is.
        let young = (i64::MAX - tasks.len() as i64)..;
        let tasks: Vec<Facts> =
            young.zip(tasks).map(|(task, facts)| Facts { task, ..facts }).collect();
        tasks.iter().for_each(|facts| self.lanes.insert(facts));
        let why = tasks.iter().map(|facts| Why::Ready(self.waits(facts))).collect();
        tasks.iter().for_each(|facts| self.lanes.remove(facts));
        why
    }

    fn waits(&self, facts: &Facts) -> Waits {
        let asking = self.waiting.systems();
        let mut turns = TURNS;
        let answers = self.stations.iter().filter_map(|(id, station)| {
            Some(Answer {
                system: *id,
                asks: asking.contains(id),
                says: self.says(station, facts, &mut turns)?,
                capacity: station.system.capacity,
                building: station
                    .load
                    .building()
                    .map(|(held, package)| (held.task, package.footprint))
                    .collect(),
            })
        });
        let answers: Vec<Answer> = answers.collect();
        let able = |answer: &&Answer| !matches!(answer.says, Says::Never(_));
        let ahead = match answers.iter().find(|answer| answer.says == Says::Next) {
            Some(_) => Vec::new(),
            None => {
                let able = answers.iter().find(able);
                let station = able.and_then(|answer| self.stations.get(&answer.system));
                station.map_or_else(Vec::new, |Station { system, load, .. }| {
                    self.queue().ahead(system, load, facts, false, MOST)
                })
            }
        };
        Waits { paused: self.paused, answers, ahead }
    }

    /// What a system says; `None` when it has room for the task, and enough
    /// others have said how many go first there.
    fn says(&self, station: &Station, facts: &Facts, turns: &mut usize) -> Option<Says> {
        let Station { system, load, .. } = station;
        let queue = self.queue();
        let lacks: Vec<_> = lacks(system, &self.enabled, &facts.class).collect();
        if !lacks.is_empty() {
            return Some(Says::Never(lacks));
        }
        if let Err(reason) = fits(system, load, &facts.package) {
            let keeps = load.owes() && queue.pick(system, load) == Choice::Keep(facts.task);
            let near = load.building().filter(|(_, other)| reason.is_about(&facts.package, other));
            let tasks = near.map(|(held, _)| held.task).collect();
            return Some(Says::Busy { reason, tasks, keeps });
        }
        match queue.pick(system, load) {
            Choice::Take(next) if next.task == facts.task => return Some(Says::Next),
            Choice::Keep(task) => return Some(Says::Kept(task)),
            Choice::Take(_) | Choice::Nothing => {}
        }
        *turns = turns.checked_sub(1)?;
        let ahead = queue.ahead(system, load, facts, true, MOST);
        // The one whose turn it is may be there out of the usual order.
        Some(Says::Behind(ahead.iter().map(|ahead| ahead.count).sum::<usize>().max(1)))
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
