//! The child's side of the plugin host: what `mf-plugin-host` does.
//!
//! A daemon that calls plugins has one process of this program, the *zygote*,
//! which loads nothing, and of which all others are copies. A call has three
//! processes below the daemon that makes it. The *keeper* has loaded nothing
//! foreign; it holds the deadline, and kills until nothing is left. The *init*
//! is the first process of a PID namespace, where the kernel lets us have one:
//! it reaps, and its death is the death of all. The *runner* loads the plugin
//! and calls it.

mod asking;
mod children;
pub mod cli;
mod descriptors;
mod farm;
mod fork;
mod init;
mod isolate;
mod keeper;
mod keys;
mod kill;
mod landlock;
mod load;
mod namespace;
mod network;
mod new;
pub mod orphans;
mod runner;
mod zygote;

use std::time::Duration;

/// How long a handler that was told to stop has for it.
pub const GRACE: Duration = Duration::from_secs(3);

/// First argument of this program as the zygote of a daemon.
pub const ZYGOTE: &str = "__zygote";

/// Does what the first argument says if it is the program's own part for a
/// daemon; `None` if it is something else, for people.
pub fn part(argument: &str) -> Option<anyhow::Result<()>> {
    match argument {
        ZYGOTE => Some(zygote::serve()),
        _ => None,
    }
}
