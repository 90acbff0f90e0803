//! Registers on the hub each handler that the plugins on this host provide.
//!
//! A file is read, and loaded by a child, only when something in the plugins
//! directories has changed: else a run costs a `stat` for each file.

use std::collections::BTreeMap;
use std::fmt::Write;

use mf_core::wire::{Crash, Offer, RegisterHandlers};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::HookContext;
use crate::plugin::meta::Hook;
use crate::plugin::scan::Stamp;
use crate::plugin::{Catalog, HostProgram, Plugin, Policy, Sources};
use crate::regulator::frame::PluginHook;

/// After so many seconds all is looked at and registered again, whatever is
/// remembered: a plugin may have failed for want of memory only.
const TRUSTED_SECONDS: i64 = 300;

inventory::submit! {
    super::Hook { name: "register-handlers", wakes: &["build_handler", "util", "vcs_handler"], run }
}

/// What the last run found.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    /// Stands for all files and what can be seen of them from outside.
    seen: String,
    scanned_at: i64,
    offers: Vec<Offer>,
    rejected: Vec<String>,
    hooks: Vec<PluginHook>,
    crashed: Vec<Crash>,
    /// What the hub said of quarantine then.
    quarantined: BTreeMap<String, String>,
}

fn run(context: &HookContext) -> anyhow::Result<()> {
    let sources = Sources::new(context.plugins_dirs())?;
    let mut memory: Memory = context.memory();
    let seen = look(&sources, context.plugin_policy());
    let now = mf_core::time::unix_now();
    let trusted = (memory.scanned_at..memory.scanned_at + TRUSTED_SECONDS).contains(&now);
    let mut known = seen == memory.seen && trusted;
    if !known || context.woken() {
        let quarantined = context.quarantined()?;
        known &= quarantined == memory.quarantined;
        memory.quarantined = quarantined;
    }
    if !known {
        memory = scan(context, sources, memory.quarantined)?;
        memory.seen = seen;
        memory.scanned_at = now;
    }
    for rejected in &memory.rejected {
        context.warn(rejected.as_str());
    }
    if !known || context.woken() {
        let crashed = memory.crashed.clone();
        let all = RegisterHandlers { handlers: memory.offers.clone(), crashed };
        context.post::<Value>("/util/register_handlers.json", &all)?;
    }
    context.found_hooks(memory.hooks.clone());
    // The hub has heard the last words; they are too long to be remembered.
    memory.crashed.iter_mut().for_each(|crash| crash.log.clear());
    context.remember(&memory)
}

/// What can be seen of all files without opening one, as one hash.
fn look(sources: &Sources, policy: &Policy) -> String {
    let (paths, rejected) = sources.candidates();
    let mut hash = Sha256::new();
    hash.update(format!("{:?}\n", policy.read()));
    for path in paths {
        hash.update(format!("{path:?} {:?}\n", Stamp::of(&path)));
    }
    for directory in rejected {
        hash.update(format!("{directory}\n"));
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The regulator hooks of a plugin.
fn hooks(plugin: &Plugin) -> Vec<PluginHook> {
    let of = |hook: &Hook| PluginHook {
        plugin: plugin.meta.id.clone(),
        label: hook.label.clone(),
        path: plugin.path.clone(),
        digest: plugin.digest.clone(),
    };
    plugin.meta.hooks.iter().map(of).collect()
}

/// Reads, checks and loads every plugin.
fn scan(
    context: &HookContext,
    sources: Sources,
    quarantined: BTreeMap<String, String>,
) -> anyhow::Result<Memory> {
    let registered = context.registered()?;
    let mut catalog = Catalog::new(HostProgram::beside()?, sources)
        .keep_to(context.plugin_policy().clone())
        .quarantining();
    catalog.quarantine(quarantined.clone());
    catalog.scan(&registered);
    // Once more as it will be when these are registered, which reads no file
    // again: the same reason is then given for a file now and at every later
    // scan.
    let offers = catalog.offers();
    catalog.scan(&offers);
    let rejected = catalog.rejected().iter().map(ToString::to_string).collect();
    let hooks = catalog.plugins().iter().flat_map(|plugin| hooks(plugin)).collect();
    let crashed = catalog.crashed();
    Ok(Memory { offers, rejected, hooks, crashed, quarantined, ..Memory::default() })
}
