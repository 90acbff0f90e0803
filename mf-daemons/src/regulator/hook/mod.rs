//! Regulator hooks: work that a farm repeats for ever, one file each.

mod bugs;
mod enable_handlers;
mod heads;
mod plugin;
mod register_handlers;
mod repositories;

use std::collections::BTreeSet;

use super::HookContext;

/// One hook. Submitted with [`inventory::submit!`], it is part of the
/// regulator it is compiled into.
pub struct Hook {
    /// Its name, for messages and the command line of its process.
    pub name: &'static str,
    /// Resources whose events make it run at once, beside the cycle.
    pub wakes: &'static [&'static str],
    /// What it does, in a process of its own.
    pub run: fn(&HookContext) -> anyhow::Result<()>,
}

inventory::collect!(Hook);

/// Name of the process of a hook that a plugin gives; the job says which.
pub const OF_PLUGIN: &str = "of-plugin";

/// What the process of a hook does.
pub fn named(name: &str) -> Option<fn(&HookContext) -> anyhow::Result<()>> {
    if name == OF_PLUGIN {
        return Some(plugin::run);
    }
    all().into_iter().find(|hook| hook.name == name).map(|hook| hook.run)
}

/// All hooks, by name.
pub fn all() -> Vec<&'static Hook> {
    let mut hooks: Vec<&Hook> = inventory::iter::<Hook>.into_iter().collect();
    hooks.sort_by_key(|hook| hook.name);
    hooks
}

/// All resources that wake a hook.
pub fn resources() -> Vec<&'static str> {
    let all: BTreeSet<&str> = all().iter().flat_map(|hook| hook.wakes).copied().collect();
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_collected_and_wake_by_resources_that_there_are() {
        let names: Vec<&str> = all().iter().map(|hook| hook.name).collect();
        assert_eq!(
            names,
            ["bugs", "enable-handlers", "heads", "register-handlers", "repositories"]
        );
        for resource in resources() {
            let known = mf_core::resource::find(resource).is_some();
            assert!(known || resource == mf_core::errand::NAME, "{resource}");
        }
    }
}
