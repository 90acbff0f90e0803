//! Which task a system gets: the rules of the farm, as pure functions.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use mf_core::wire::HandlerKind;

use super::lane::{Class, ClassLanes, Facts, Lane, Lanes, Package};
use super::system::{Load, System};

/// Handlers that are enabled.
pub type Enabled = BTreeSet<(HandlerKind, String)>;

/// Why a system does not get a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The system gets no tasks at all.
    SystemDisabled,
    /// Its capacity is 0.
    NoCapacity,
    /// A handler that the task needs is disabled on the farm.
    HandlerDisabled(HandlerKind, String),
    /// The system does not have a handler that the task needs.
    HandlerMissing(HandlerKind, String),
    /// The system has a handler that the task needs in another plugin file
    /// than the farm's.
    HandlerDiffers(HandlerKind, String),
    /// The system does not serve the task's arch.
    ArchMissing(String),
    /// Something of the same source name is being built there.
    SourceNameBusy(String),
    /// The package is being built there, and is one per system.
    OnePerSystem,
    /// It does not fit beside what is being built there.
    Full {
        /// The task's footprint.
        footprint: i64,
        /// Capacity that is left; below 0 when it was lowered meanwhile.
        free: i64,
    },
}

/// Whether `system` may ever build tasks of `class`, as things are.
///
/// # Errors
/// The first reason why not.
pub fn serves(system: &System, enabled: &Enabled, class: &Class) -> Result<(), Reason> {
    lacks(system, enabled, class).next().map_or(Ok(()), Err)
}

/// Every reason why `system` may not build tasks of `class`, as things are.
pub fn lacks<'a>(
    system: &'a System,
    enabled: &'a Enabled,
    class: &'a Class,
) -> impl Iterator<Item = Reason> + 'a {
    let own = [
        (!system.enabled).then_some(Reason::SystemDisabled),
        (system.capacity <= 0).then_some(Reason::NoCapacity),
    ];
    let needs = [
        (HandlerKind::BuildHandler, &class.build_handler),
        (HandlerKind::VcsHandler, &class.vcs_handler),
    ];
    let handlers = needs.into_iter().filter(|(_, label)| !label.is_empty());
    let handlers = handlers.flat_map(|(kind, label)| {
        let handler = (kind, label.clone());
        let disabled = !enabled.contains(&handler);
        let missing = !system.offers.contains(&handler);
        let differs = system.differs.contains(&handler);
        [
            disabled.then(|| Reason::HandlerDisabled(kind, label.clone())),
            missing.then(|| Reason::HandlerMissing(kind, label.clone())),
            differs.then(|| Reason::HandlerDiffers(kind, label.clone())),
        ]
    });
    let serves = system.archs.contains(&class.arch);
    let arch = (!serves).then(|| Reason::ArchMissing(class.arch.clone()));
    own.into_iter().chain(handlers).chain([arch]).flatten()
}

/// Whether a task of `package` fits beside what `system` is building.
///
/// # Errors
/// The first reason why not.
pub fn fits(system: &System, load: &Load, package: &Package) -> Result<(), Reason> {
    #[cfg(test)]
    super::tests::looks::count();
    if load.has_source(&package.source_name) {
        return Err(Reason::SourceNameBusy(package.source_name.clone()));
    }
    if package.one_per_system && load.has_package(package.id) {
        return Err(Reason::OnePerSystem);
    }
    let free = system.capacity - load.footprint();
    // One task always fits an idle system, or the heaviest would never be built.
    if package.footprint > free && !load.idle() {
        return Err(Reason::Full { footprint: package.footprint, free });
    }
    Ok(())
}

/// Everything that waits, and what decides whose turn it is.
#[derive(Clone, Copy, Debug)]
pub struct Queue<'a> {
    /// Every ready task.
    pub lanes: &'a Lanes,
    /// Handlers that are enabled.
    pub enabled: &'a Enabled,
    /// Tasks that are being built or set aside, by project.
    pub running: &'a HashMap<i64, usize>,
}

/// What a system should have next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This task.
    Take(Facts),
    /// Nothing, although something fits: its room is kept for this task, which
    /// is the oldest, until it fits.
    Keep(i64),
    /// Nothing fits.
    Nothing,
}

/// Of this many tasks in a row that a system takes, at least one is the oldest.
pub const TURN: u32 = 8;

impl<'a> Queue<'a> {
    /// What `system` should have next.
    ///
    /// Of the lanes that it serves and that fit, the one whose next task has
    /// the highest priority; among equals the project that has the fewest
    /// tasks `running` in the farm, so that nobody's thousand tasks hold up
    /// another's one; among equals the oldest task.
    ///
    /// By these rules alone, a heavy task, or a task of a project that always
    /// has some running elsewhere, could wait for ever. So a system that has
    /// taken [`TURN`] tasks in a row, none of which was the oldest of the
    /// highest priority that it serves, takes that oldest task next; if it has
    /// no room for it, it takes nothing until the task fits. Priority is
    /// absolute: while there is a task of a higher one, no other has a turn.
    pub fn pick(&self, system: &System, load: &Load) -> Choice {
        if load.owes()
            && let Some(oldest) = self.oldest(system)
        {
            match fits(system, load, &oldest.package) {
                Ok(()) => return Choice::Take(oldest),
                Err(Reason::Full { .. }) => return Choice::Keep(oldest.task),
                // What is in its way ends at some time, and then it has its turn.
                Err(_) => {}
            }
        }
        self.best(system, load).map_or(Choice::Nothing, Choice::Take)
    }

    /// The oldest task of the highest priority that `system` serves, whether
    /// it fits or not.
    pub fn oldest(&self, system: &System) -> Option<Facts> {
        let heads = self.served(system).flat_map(|(class, lanes)| {
            let firsts = lanes.projects().filter_map(|(_, mut heads)| heads.next());
            firsts.map(move |head| (class, head))
        });
        let oldest = heads.min_by_key(|(_, (priority, task, _))| (-priority, *task));
        oldest.map(|(class, head)| facts(class, head))
    }

    fn best(&self, system: &System, load: &Load) -> Option<Facts> {
        let mut best: Option<((i64, usize, i64), Facts)> = None;
        for (class, lanes) in self.served(system) {
            for (project, heads) in lanes.projects() {
                let share = self.share(project);
                // They come in order: the first that fits is the project's.
                for head @ (priority, task, lane) in heads {
                    let order = (-priority, share, task);
                    if best.as_ref().is_some_and(|(best, _)| *best < order) {
                        break;
                    }
                    if fits(system, load, &lane.package).is_ok() {
                        best = Some((order, facts(class, head)));
                        break;
                    }
                }
            }
        }
        best.map(|(_, facts)| facts)
    }

    /// Tasks that `system` should have before this one, if nothing changed
    /// meanwhile, by lane; `room`: those only that fit there now. Stops when
    /// it has found `most`.
    pub fn ahead(
        &self,
        system: &System,
        load: &Load,
        of: &Facts,
        room: bool,
        most: usize,
    ) -> Vec<Ahead> {
        let mut left = most;
        let own = self.share(of.package.project);
        let lanes = self.served(system).flat_map(|(_, lanes)| lanes.lanes());
        let lanes = lanes.filter(|lane| !room || fits(system, load, &lane.package).is_ok());
        let ahead = lanes.map_while(|lane| {
            let worse = self.share(lane.package.project).cmp(&own);
            let count = lane.before(of.priority, of.task, worse, left);
            let some = left > 0;
            left -= count;
            let Package { id, footprint, .. } = *lane.package;
            some.then_some(Ahead { package: id, footprint, count })
        });
        ahead.filter(|ahead| ahead.count > 0).collect()
    }

    fn share(&self, project: i64) -> usize {
        self.running.get(&project).copied().unwrap_or(0)
    }

    fn served(
        &self,
        system: &'a System,
    ) -> impl Iterator<Item = (&'a Arc<Class>, &'a ClassLanes)> + use<'a> {
        let Queue { lanes, enabled, .. } = *self;
        lanes.classes().filter(move |(class, _)| serves(system, enabled, class).is_ok())
    }
}

/// Tasks of one package that go before another task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The package.
    pub package: i64,
    /// Its weight.
    pub footprint: i64,
    /// How many.
    pub count: usize,
}

fn facts(class: &Arc<Class>, (priority, task, lane): (i64, i64, &Lane)) -> Facts {
    Facts { task, priority, class: class.clone(), package: lane.package.clone() }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |kind: &HandlerKind| kind.resource().replace('_', " ");
        match self {
            Reason::SystemDisabled => f.write_str("the system is drained"),
            Reason::NoCapacity => f.write_str("the system's capacity is 0"),
            Reason::HandlerDisabled(kind, label) => {
                write!(f, "the {} {label} is disabled", named(kind))
            }
            Reason::HandlerMissing(kind, label) => {
                write!(f, "the system does not have the {} {label}", named(kind))
            }
            Reason::HandlerDiffers(kind, label) => {
                write!(
                    f,
                    "the system has the {} {label} in another plugin file than the farm's",
                    named(kind)
                )
            }
            Reason::ArchMissing(arch) => write!(f, "the system does not serve {arch}"),
            Reason::SourceNameBusy(name) => {
                write!(f, "something with the source name {name} is being built there")
            }
            Reason::OnePerSystem => f.write_str("another task of its package is being built there"),
            Reason::Full { footprint, free } => {
                write!(f, "its footprint is {footprint}, and the system has {free} left")
            }
        }
    }
}
