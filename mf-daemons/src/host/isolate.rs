//! Keeps the process that will load a plugin from the rest of its host, as far
//! as this kernel, or the container that this is in, lets it; and says what
//! came of it.

use std::path::Path;

use mf_core::config::Limits;
use mf_core::disk::MEGABYTE;
use rustix::mount::{MountFlags, mount, mount_bind};
use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};

use super::{landlock, namespace, network};
use crate::plugin::Confine;

/// Does all of it; what is in force then, in a line for people.
///
/// # Errors
/// What this process was given only for this cannot be given up again.
pub fn apply(confine: &Confine) -> anyhow::Result<String> {
    let mut told = Told::default();
    match namespace::has_own_processes() {
        true => told.has("PID namespace"),
        false => told.lacks("PID namespace: this kernel gives none"),
    }
    hide(confine, &mut told);
    if !confine.network {
        match network::leave() {
            Ok(()) => told.has("no network"),
            Err(error) => told.lacks(&format!("network is open: {error}")),
        }
    }
    limit(&confine.limits, &mut told);
    match confine.privileges {
        true => namespace::give_up()?,
        false => namespace::drop_capabilities()?,
    }
    if confine.writes.is_some() || confine.reads.is_some() {
        match landlock::restrict(confine) {
            Ok(how) => told.has(how),
            Err(why) => told.lacks(&format!("landlock: {why}")),
        }
    }
    Ok(told.text())
}

/// What is in force, and what is not although it should be.
#[derive(Default)]
struct Told {
    has: Vec<String>,
    lacks: Vec<String>,
}

impl Told {
    fn has(&mut self, what: &str) {
        self.has.push(what.to_owned());
    }

    fn lacks(&mut self, what: &str) {
        self.lacks.push(what.to_owned());
    }

    fn text(self) -> String {
        let has = if self.has.is_empty() { "none".to_owned() } else { self.has.join(", ") };
        match self.lacks.as_slice() {
            [] => has,
            lacks => format!("{has}; missing: {}", lacks.join(", ")),
        }
    }
}

/// Puts nothing in the place of what is not to be seen.
fn hide(confine: &Confine, told: &mut Told) {
    let there: Vec<&Path> =
        confine.hidden.iter().map(|path| path.as_path()).filter(|path| path.exists()).collect();
    if there.is_empty() {
        return;
    }
    if !namespace::has_own_mounts() {
        return told.lacks("the worker's own files can be read: this kernel gives no mounts");
    }
    match there.iter().try_for_each(|path| cover(path)) {
        Ok(()) => told.has("the worker's own files hidden"),
        Err(error) => told.lacks(&format!("the worker's own files can be read: {error}")),
    }
}

fn cover(path: &Path) -> rustix::io::Result<()> {
    if !path.is_dir() {
        return mount_bind("/dev/null", path);
    }
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC | MountFlags::RDONLY;
    mount("tmpfs", path, "tmpfs", flags, Some(c"mode=0,size=4k"))
}

fn limit(limits: &Limits, told: &mut Told) {
    // No copy of a plugin's memory, secrets and all, on any disk.
    set(Resource::Core, 0);
    let each = [
        (Resource::Data, limits.memory_megabytes, MEGABYTE, "MB of memory"),
        (Resource::Nproc, limits.processes, 1, "processes"),
        (Resource::Nofile, limits.open_files, 1, "open files"),
        (Resource::Fsize, limits.file_megabytes, MEGABYTE, "MB a file"),
    ];
    for (resource, most, unit, name) in each {
        // The kernel counts the processes of everybody but root.
        let holds = resource != Resource::Nproc || !geteuid().is_root();
        if most > 0 && set(resource, most.saturating_mul(unit)) && holds {
            told.has(&format!("{most} {name}"));
        }
    }
    // When memory runs out all the same, the host's own programs stay.
    let _ = std::fs::write("/proc/self/oom_score_adj", "500");
}

/// Lowers a limit; one that is lower already stays. Whether it holds.
fn set(resource: Resource, most: u64) -> bool {
    let maximum = getrlimit(resource).maximum.map_or(most, |hard| hard.min(most));
    setrlimit(resource, Rlimit { current: Some(maximum), maximum: Some(maximum) }).is_ok()
}
