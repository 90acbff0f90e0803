//! Ready tasks, in lanes: all tasks of a lane require the same of a system, so
//! that it is enough to look at the first of each lane.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a system must have to build a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Class {
    /// Label of the build handler.
    pub build_handler: String,
    /// Label of the vcs handler; empty when there is no source to fetch.
    pub vcs_handler: String,
    /// Label of the arch.
    pub arch: String,
}

/// What all tasks of one package have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The package's id.
    pub id: i64,
    /// Id of its project.
    pub project: i64,
    /// Packages that share it are never built together; empty: none does.
    pub source_name: String,
    /// Its weight.
    pub footprint: i64,
    /// Whether a system never builds two tasks of it at the same time.
    pub one_per_system: bool,
}

/// What dispatch knows of one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The task's id; the older of two tasks has the smaller one.
    pub task: i64,
    /// Priority of its build's type; a higher one goes first.
    pub priority: i64,
    /// What it needs.
    pub class: Arc<Class>,
    /// What it is a task of.
    pub package: Arc<Package>,
}

/// Ready tasks of one package and one class: the first is the next.
#[derive(Debug)]
pub struct Lane {
    /// The package, as it is now.
    pub package: Arc<Package>,
    queue: BTreeSet<(Reverse<i64>, i64)>,
}

impl Lane {
    /// Priority and id of the lane's next task.
    pub fn head(&self) -> Option<(i64, i64)> {
        self.queue.first().map(|(priority, task)| (priority.0, *task))
    }

    /// How many of its tasks, at most `most`, go before one of that priority
    /// and id, when the lane's project is treated `worse`, like or better than
    /// that one's.
    pub fn before(&self, priority: i64, task: i64, worse: Ordering, most: usize) -> usize {
        let last = match worse {
            Ordering::Less => i64::MAX,
            Ordering::Equal => task,
            Ordering::Greater => i64::MIN,
        };
        self.queue.range(..(Reverse(priority), last)).take(most).count()
    }
}

/// The next task of a lane, among those of its project: priority, the task's
/// id, the package's.
type Head = (Reverse<i64>, i64, i64);

/// The lanes of one class.
#[derive(Debug, Default)]
pub struct ClassLanes {
    /// By the package's id.
    lanes: BTreeMap<i64, Lane>,
    /// The heads of each project's lanes, in their order: whose turn it is in
    /// a project is known without looking at its other lanes.
    heads: BTreeMap<i64, BTreeSet<Head>>,
}

impl ClassLanes {
    /// Every lane.
    pub fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.values()
    }

    /// Every project that has lanes here, and their heads in order: priority,
    /// task, and the lane.
    pub fn projects(
        &self,
    ) -> impl Iterator<Item = (i64, impl Iterator<Item = (i64, i64, &Lane)> + '_)> + '_ {
        self.heads.iter().map(|(project, heads)| {
            let lane = |head: &Head| Some((head.0.0, head.1, self.lanes.get(&head.2)?));
            (*project, heads.iter().filter_map(lane))
        })
    }

    /// Changes a lane, and its place among the heads with it. A lane without
    /// tasks is not kept.
    fn change(&mut self, package: &Arc<Package>, change: impl FnOnce(&mut Lane)) {
        let new = || Lane { package: package.clone(), queue: BTreeSet::new() };
        let lane = self.lanes.entry(package.id).or_insert_with(new);
        let (old_project, old) = (lane.package.project, lane.head());
        change(lane);
        let (project, new) = (lane.package.project, lane.head());
        if new.is_none() {
            self.lanes.remove(&package.id);
        }
        if (old_project, old) == (project, new) {
            return;
        }
        if let (Some((priority, task)), Some(heads)) = (old, self.heads.get_mut(&old_project)) {
            heads.remove(&(Reverse(priority), task, package.id));
            if heads.is_empty() {
                self.heads.remove(&old_project);
            }
        }
        if let Some((priority, task)) = new {
            let heads = self.heads.entry(project).or_default();
            heads.insert((Reverse(priority), task, package.id));
        }
    }
}

/// All ready tasks. A class without tasks is not kept.
#[derive(Debug, Default)]
pub struct Lanes {
    classes: BTreeMap<Arc<Class>, ClassLanes>,
}

impl Lanes {
    /// Adds a task. The package's facts are those of the last one added.
    pub fn insert(&mut self, facts: &Facts) {
        let lanes = self.classes.entry(facts.class.clone()).or_default();
        lanes.change(&facts.package, |lane| {
            lane.package = facts.package.clone();
            lane.queue.insert((Reverse(facts.priority), facts.task));
        });
    }

    /// Takes a task out; it need not be there.
    pub fn remove(&mut self, facts: &Facts) {
        let Some(lanes) = self.classes.get_mut(&facts.class) else { return };
        lanes.change(&facts.package, |lane| {
            lane.queue.remove(&(Reverse(facts.priority), facts.task));
        });
        if lanes.lanes.is_empty() {
            self.classes.remove(&facts.class);
        }
    }

    /// Every class that has ready tasks, with its lanes.
    pub fn classes(&self) -> impl Iterator<Item = (&Arc<Class>, &ClassLanes)> {
        self.classes.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::tests::facts;

    #[test]
    fn a_lane_goes_by_priority_and_then_by_age() {
        let mut lanes = Lanes::default();
        for (task, priority) in [(3, 0), (2, 0), (4, 5), (1, -1)] {
            lanes.insert(&Facts { priority, ..facts(task, 1) });
        }
        let head =
            |lanes: &Lanes| lanes.classes().flat_map(|(_, l)| l.lanes()).find_map(Lane::head);
        let mut order = Vec::new();
        while let Some((priority, task)) = head(&lanes) {
            order.push(task);
            lanes.remove(&Facts { priority, ..facts(task, 1) });
        }
        assert_eq!(order, [4, 2, 3, 1]);
        assert_eq!(lanes.classes().count(), 0, "what is empty is not kept");
    }
}
