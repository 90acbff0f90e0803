//! Registers on the hub each handler and hook that the plugins on this host
//! provide.
//!
//! A file is read only when something in the plugins directories has changed,
//! and loaded by a child only when its bytes are new: else a run costs a `stat`
//! for each file.

use std::collections::BTreeMap;
use std::fmt::Write;

use mf_core::wire::{Crash, HookOffer, Offer, RegisterHandlers};
use monkeyfarm_plugin_api::Schemas;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::HookContext;
use crate::plugin::meta::Hook;
use crate::plugin::scan::Stamp;
use crate::plugin::{Catalog, HostProgram, Plugin, Policy, Sources, Verdicts};
use crate::regulator::frame::PluginHook;

/// After so many seconds all files are read and registered again, and those
/// that could not be loaded are tried once more: the reason may have been this
/// host's, such as want of memory.
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
    hook_offers: Vec<HookOffer>,
    rejected: Vec<String>,
    hooks: Vec<PluginHook>,
    /// Why plugins cannot be used that were loaded, by their hashes.
    refused: BTreeMap<String, String>,
    /// What the hub said of quarantine then, and what it made of those that
    /// crashed in that run.
    quarantined: BTreeMap<String, String>,
}

fn run(context: &HookContext) -> anyhow::Result<()> {
    let sources = Sources::new(context.plugins_dirs())?;
    let mut memory: Memory = context.memory();
    let seen = look(&sources, context.plugin_policy());
    let now = mf_core::time::unix_now();
    let trusted = (memory.scanned_at..memory.scanned_at + TRUSTED_SECONDS).contains(&now);
    let mut known = seen == memory.seen && trusted;
    let mut crashed = Vec::new();
    if !known || context.woken() {
        let quarantined = context.quarantined()?;
        if !known || quarantined != memory.quarantined {
            known = false;
            if !trusted {
                memory.refused.clear();
            }
            (memory, crashed) = scan(context, sources, memory, quarantined)?;
            memory.seen = seen;
            memory.scanned_at = now;
        }
    }
    for rejected in &memory.rejected {
        context.warn(rejected.as_str());
    }
    if !known || context.woken() {
        // A crash is told once: whoever clears the plugin after that means it.
        let all = RegisterHandlers {
            handlers: memory.offers.clone(),
            hooks: memory.hook_offers.clone(),
            crashed: crashed.clone(),
        };
        context.post::<Value>("/util/register_handlers.json", &all)?;
        memory.quarantined.extend(crashed.into_iter().map(|crash| (crash.digest, crash.how)));
    }
    context.found_hooks(memory.hooks.clone());
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

/// Reads and checks every plugin, and loads those that are not remembered; what
/// was found, and which crashed while they were loaded.
fn scan(
    context: &HookContext,
    sources: Sources,
    memory: Memory,
    quarantined: BTreeMap<String, String>,
) -> anyhow::Result<(Memory, Vec<Crash>)> {
    let registered = context.registered()?;
    let mut catalog = Catalog::new(HostProgram::beside()?, sources)
        .keep_to(context.plugin_policy().clone())
        .trusting(memory.verdicts())
        .quarantining();
    catalog.quarantine(quarantined.clone());
    catalog.scan(&registered);
    // Once more as it will be when these are registered, which reads no file
    // again: the same reason is then given for a file now and at every later
    // scan.
    let offers = catalog.offers();
    catalog.scan(&offers);
    let refused =
        catalog.verdicts().into_iter().filter_map(|(digest, it)| Some((digest, it.err()?)));
    let memory = Memory {
        rejected: catalog.rejected().iter().map(ToString::to_string).collect(),
        hooks: catalog.plugins().iter().flat_map(|plugin| hooks(plugin)).collect(),
        hook_offers: catalog.hook_offers(),
        refused: refused.collect(),
        offers,
        quarantined,
        ..Memory::default()
    };
    Ok((memory, catalog.crashed()))
}

impl Memory {
    /// What became of each plugin that was loaded. Of one that was good, and
    /// not used because of another, nothing is remembered.
    fn verdicts(self) -> Verdicts {
        let mut verdicts: Verdicts =
            self.refused.into_iter().map(|(digest, why)| (digest, Err(why))).collect();
        let handlers = self.offers.into_iter().map(|offer| (offer.digest, offer.schemas));
        let hooks = self.hook_offers.into_iter().map(|offer| (offer.digest, offer.schemas));
        // In the order that a plugin has them in: its handlers, then its hooks.
        for (digest, schemas) in handlers.chain(hooks) {
            let schemas: Schemas = serde_json::from_value(schemas).unwrap_or_default();
            let known = verdicts.entry(digest).or_insert_with(|| Ok(Vec::new()));
            if let Ok(all) = known {
                all.push(schemas);
            }
        }
        verdicts
    }
}
