//! The rules of dispatch once more, said as plainly as can be and tried on
//! every task one by one: what the farm in memory is compared with.

use std::collections::HashMap;
use std::sync::Arc;

use mf_core::wire::HandlerKind;

use super::dice::Dice;
use crate::dispatch::lane::{Class, Facts, Package};
use crate::dispatch::pick::{Enabled, TURN};
use crate::dispatch::place::{Place, Snapshot};
use crate::dispatch::system::System;

const ARCHS: [&str; 3] = ["x86_64", "i386", "noarch"];
const HANDLERS: [&str; 3] = ["generic", "mock", "debian"];

/// A farm of lists.
#[derive(Debug, Default)]
pub struct Model {
    /// Whether every system has all that is needed, so that more of them could
    /// build the same.
    pub plenty: bool,
    pub systems: Vec<System>,
    pub enabled: Enabled,
    pub packages: Vec<Arc<Package>>,
    pub ready: Vec<Facts>,
    /// What is built, and where.
    pub building: Vec<(i64, Facts)>,
    pub paused: bool,
    /// How many tasks each system has taken since it took the oldest.
    turns: HashMap<i64, u32>,
    tasks: i64,
}

/// What the rules say that a system gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gets {
    Task(i64),
    /// Its room is kept for this one.
    Keeps(i64),
    Nothing,
}

/// A system that has most of what there is; where there is `plenty`, all.
pub fn system(id: i64, plenty: bool, dice: &mut Dice) -> System {
    let handlers = handlers();
    if plenty {
        return System {
            id,
            enabled: true,
            capacity: 2 + dice.roll(5),
            archs: ARCHS.map(str::to_owned).into(),
            offers: handlers.into_iter().collect(),
            differs: Enabled::new(),
        };
    }
    System {
        id,
        enabled: !dice.once_in(6),
        capacity: dice.roll(7),
        archs: dice.some(&ARCHS.map(str::to_owned)),
        offers: dice.some(&handlers),
        differs: if dice.once_in(5) { dice.some(&handlers) } else { Enabled::new() },
    }
}

fn handlers() -> Vec<(HandlerKind, String)> {
    let build = HANDLERS.map(|label| (HandlerKind::BuildHandler, label.to_owned()));
    build.into_iter().chain([(HandlerKind::VcsHandler, "git".to_owned())]).collect()
}

/// Handlers of which most are enabled; where there is `plenty`, all.
pub fn enabled(plenty: bool, dice: &mut Dice) -> Enabled {
    if plenty { handlers().into_iter().collect() } else { dice.some(&handlers()) }
}

/// A package, whose source name others may have too.
pub fn package(id: i64, dice: &mut Dice) -> Arc<Package> {
    let source_name = match dice.roll(5) {
        0 => String::new(),
        other => format!("source-{}", if other < 3 { id % 3 } else { id }),
    };
    Arc::new(Package {
        id,
        project: id % 3,
        source_name,
        footprint: if dice.once_in(6) { 9 } else { 1 + dice.roll(3) },
        one_per_system: dice.once_in(4),
    })
}

impl Model {
    /// Some systems and packages, and nothing to do.
    pub fn new(dice: &mut Dice) -> Self {
        let plenty = dice.once_in(2);
        Self {
            plenty,
            systems: (1..=1 + dice.roll(4)).map(|id| system(id, plenty, dice)).collect(),
            enabled: enabled(plenty, dice),
            packages: (0..10).map(|id| package(id, dice)).collect(),
            ..Self::default()
        }
    }

    /// A new task, which is in the queue now.
    pub fn submit(&mut self, dice: &mut Dice) -> Facts {
        self.tasks += 1;
        let class = Class {
            build_handler: dice.one(&HANDLERS).to_owned(),
            vcs_handler: if dice.once_in(3) { "git".to_owned() } else { String::new() },
            arch: dice.one(&ARCHS).to_owned(),
        };
        let priority = if dice.once_in(3) { dice.roll(3) } else { 0 };
        let package = dice.one(&self.packages);
        let facts = Facts { task: self.tasks, priority, class: Arc::new(class), package };
        self.ready.push(facts.clone());
        facts
    }

    pub fn system(&self, id: i64) -> &System {
        self.systems.iter().find(|system| system.id == id).expect("it is there")
    }

    /// Tasks that a system is building.
    pub fn of(&self, system: i64) -> Vec<&Facts> {
        self.building.iter().filter(|(at, _)| *at == system).map(|(_, facts)| facts).collect()
    }

    /// Whether a system may ever build it, as things are.
    pub fn serves(&self, id: i64, facts: &Facts) -> bool {
        let system = self.system(id);
        let Class { build_handler, vcs_handler, arch } = &*facts.class;
        let has = |kind, label: &String| {
            let handler = (kind, label.clone());
            label.is_empty()
                || (self.enabled.contains(&handler)
                    && system.offers.contains(&handler)
                    && !system.differs.contains(&handler))
        };
        system.enabled
            && system.capacity > 0
            && system.archs.contains(arch)
            && has(HandlerKind::BuildHandler, build_handler)
            && has(HandlerKind::VcsHandler, vcs_handler)
    }

    /// Whether nothing that is built there must not be built beside it.
    fn apart(&self, id: i64, facts: &Facts) -> bool {
        let (package, others) = (&facts.package, self.of(id));
        let source = |other: &&Facts| {
            !package.source_name.is_empty() && other.package.source_name == package.source_name
        };
        let twice = |other: &&Facts| package.one_per_system && other.package.id == package.id;
        !others.iter().any(|other| source(other) || twice(other))
    }

    fn room(&self, id: i64, facts: &Facts) -> bool {
        let others = self.of(id);
        let sum: i64 = others.iter().map(|other| other.package.footprint).sum();
        others.is_empty() || sum + facts.package.footprint <= self.system(id).capacity
    }

    /// Whether it could begin there at this moment.
    pub fn fits(&self, id: i64, facts: &Facts) -> bool {
        self.apart(id, facts) && self.room(id, facts)
    }

    fn share(&self, facts: &Facts) -> usize {
        let same = |other: &&(i64, Facts)| other.1.package.project == facts.package.project;
        self.building.iter().filter(same).count()
    }

    fn oldest(&self, id: i64) -> Option<&Facts> {
        let served = self.ready.iter().filter(|facts| self.serves(id, facts));
        served.min_by_key(|facts| (-facts.priority, facts.task))
    }

    /// What a system gets when it asks now.
    pub fn gets(&self, id: i64) -> Gets {
        if self.paused { Gets::Nothing } else { self.gets_anyway(id) }
    }

    /// What it would get if the queue were not paused.
    pub fn gets_anyway(&self, id: i64) -> Gets {
        let turns = self.turns.get(&id).copied().unwrap_or(0);
        if let Some(oldest) = self.oldest(id).filter(|_| turns >= TURN) {
            if self.fits(id, oldest) {
                return Gets::Task(oldest.task);
            }
            if self.apart(id, oldest) {
                return Gets::Keeps(oldest.task);
            }
        }
        let can = self.ready.iter().filter(|facts| self.serves(id, facts) && self.fits(id, facts));
        let first = can.min_by_key(|facts| (-facts.priority, self.share(facts), facts.task));
        first.map_or(Gets::Nothing, |facts| Gets::Task(facts.task))
    }

    /// A system has got a task; gives what it is.
    pub fn take(&mut self, id: i64, task: i64) -> Facts {
        let oldest = self.oldest(id).is_some_and(|oldest| oldest.task == task);
        let turns = self.turns.entry(id).or_default();
        *turns = if oldest { 0 } else { *turns + 1 };
        let index = self.ready.iter().position(|facts| facts.task == task);
        let facts = self.ready.swap_remove(index.expect("nobody else has it"));
        self.building.push((id, facts.clone()));
        facts
    }

    /// A package has changed, and so has the priority of what waits of it.
    pub fn repack(&mut self, new: &Arc<Package>, priority: i64) {
        let of = |facts: &&mut Facts| facts.package.id == new.id;
        let tasks = self.building.iter_mut().map(|(_, facts)| facts);
        for facts in self.ready.iter_mut().chain(tasks).filter(of) {
            facts.package = Arc::clone(new);
            facts.priority = priority;
        }
        let packages = self.packages.iter_mut().filter(|package| package.id == new.id);
        packages.for_each(|package| *package = Arc::clone(new));
    }

    /// All of it, as the database would say it.
    pub fn snapshot(&self) -> Snapshot {
        let ready = self.ready.iter().map(|facts| (facts.clone(), Place::Ready));
        let held = self.building.iter().map(|(system, facts)| {
            let place = Place::Held { system: *system, attempt: 1, cancelling: false };
            (facts.clone(), place)
        });
        Snapshot {
            systems: self.systems.clone(),
            enabled: self.enabled.clone(),
            tasks: ready.chain(held).collect(),
            paused: self.paused,
        }
    }
}
