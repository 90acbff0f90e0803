//! Which task a system gets: the rules of the farm, as pure functions.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use mf_core::wire::HandlerKind;

use super::lane::{Class, Facts, Lanes, Package};
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

/// The task that `system` should have next, if there is any for it.
///
/// Of the lanes that it serves and that fit, the one whose next task has the
/// highest priority; among equals the project that has the fewest tasks
/// `running` in the farm, so that nobody's thousand tasks hold up another's
/// one; among equals the oldest task.
pub fn pick(
    lanes: &Lanes,
    system: &System,
    load: &Load,
    enabled: &Enabled,
    running: &HashMap<i64, usize>,
) -> Option<Facts> {
    lanes
        .classes()
        .filter(|(class, _)| serves(system, enabled, class).is_ok())
        .flat_map(|(class, lanes)| lanes.values().map(move |lane| (class, lane)))
        .filter_map(|(class, lane)| {
            let (priority, task) = lane.head()?;
            let share = running.get(&lane.package.project).copied().unwrap_or(0);
            Some(((-priority, share, task), class, lane))
        })
        .filter(|(_, _, lane)| fits(system, load, &lane.package).is_ok())
        .min_by_key(|(order, _, _)| *order)
        .map(|((priority, _, task), class, lane)| Facts {
            task,
            priority: -priority,
            class: class.clone(),
            package: lane.package.clone(),
        })
}

/// How many tasks `system` should have before this one that waits and that
/// it could take, if nothing changed meanwhile.
pub fn ahead(
    lanes: &Lanes,
    system: &System,
    load: &Load,
    enabled: &Enabled,
    running: &HashMap<i64, usize>,
    of: &Facts,
) -> usize {
    let share = |package: &Package| running.get(&package.project).copied().unwrap_or(0);
    lanes
        .classes()
        .filter(|(class, _)| serves(system, enabled, class).is_ok())
        .flat_map(|(_, lanes)| lanes.values())
        .filter(|lane| fits(system, load, &lane.package).is_ok())
        .map(|lane| {
            let worse = share(&lane.package).cmp(&share(&of.package));
            lane.before(of.priority, of.task, worse)
        })
        .sum()
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |kind: &HandlerKind| kind.resource().replace('_', " ");
        match self {
            Reason::SystemDisabled => f.write_str("the system is disabled"),
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
