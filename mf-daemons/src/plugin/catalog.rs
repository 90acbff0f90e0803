//! All plugins that there are on this host, read and checked once each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mf_core::wire::{Crash, HandlerKind, HookOffer, Offer};
use monkeyfarm_plugin_api::Schemas;

use super::checked::{Plugin, examined};
use super::choose::choose;
use super::image::digest;
use super::meta::Meta;
use super::policy::{Lock, Policy};
use super::program::HostProgram;
use super::rejected::Rejected;
use super::scan::Stamp;
use super::sources::Sources;

/// Most bytes of what crashed plugins wrote that are told together.
const TOLD: usize = 128 * 1024;
/// Most crashes that are told together.
const MOST_CRASHES: usize = 500;

/// What a file is: a plugin; or else why not, and which it would be.
type Found = Result<Arc<Plugin>, (Option<String>, String)>;

/// What became of plugins that were loaded, by their hashes: what their
/// configuration may hold, as [`Plugin::schemas`], or why they cannot be used.
pub type Verdicts = BTreeMap<String, Result<Vec<Schemas>, String>>;

/// All plugins that there are on this host.
///
/// [`Catalog::scan`] reads a file only when it has changed, and loads a
/// plugin, in a child, once for its hash: to scan again every second costs a
/// `stat` for each file.
#[derive(Debug)]
pub struct Catalog {
    host: HostProgram,
    sources: Sources,
    /// What each file was found to be, as long as it does not change.
    files: HashMap<PathBuf, (Stamp, Found)>,
    /// What became of each plugin that was loaded, by its hash.
    probed: HashMap<String, Result<Arc<Plugin>, String>>,
    /// What became of those that another catalog has loaded, by their hashes.
    verdicts: Verdicts,
    /// What the farm does not use any more: why, by its hash.
    quarantined: BTreeMap<String, String>,
    /// Whether one crash while it is loaded quarantines a plugin.
    quarantines: bool,
    policy: Policy,
    lock: Lock,
    /// Those that crashed while they were loaded.
    crashed: Vec<Crash>,
    plugins: Vec<Arc<Plugin>>,
    rejected: Vec<Rejected>,
}

impl Catalog {
    /// A catalog of what `sources` hold; it is empty before the first
    /// [`Catalog::scan`].
    pub fn new(host: HostProgram, sources: Sources) -> Self {
        Self {
            host,
            sources,
            files: HashMap::new(),
            probed: HashMap::new(),
            verdicts: Verdicts::new(),
            quarantined: BTreeMap::new(),
            quarantines: false,
            policy: Policy::default(),
            lock: Lock::default(),
            crashed: Vec::new(),
            plugins: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// Lets in only what `policy` does, from the next scan on.
    pub fn keep_to(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Takes over what an earlier catalog of the same program has found out:
    /// these are not loaded again.
    pub fn trusting(mut self, verdicts: Verdicts) -> Self {
        self.verdicts = verdicts;
        self
    }

    /// What has become of all that was loaded, but for those that crashed: they
    /// are tried again when they are cleared.
    pub fn verdicts(&self) -> Verdicts {
        let crashed = |digest: &String| self.crashed.iter().any(|crash| crash.digest == *digest);
        let verdict = |found: &Result<Arc<Plugin>, String>| match found {
            Ok(plugin) => Ok(plugin.schemas.get().cloned().unwrap_or_default()),
            Err(why) => Err(why.clone()),
        };
        let all = self.probed.iter().filter(|(digest, _)| !crashed(digest));
        all.map(|(digest, found)| (digest.clone(), verdict(found))).collect()
    }

    /// The hub believes this of those that crash while they are loaded, at the
    /// first time.
    pub fn quarantining(mut self) -> Self {
        self.quarantines = true;
        self
    }

    /// These are quarantined now, by their hashes, each with why: none of them
    /// is loaded or used. What no longer is gets another try at the next scan.
    pub fn quarantine(&mut self, quarantined: BTreeMap<String, String>) {
        if self.quarantined != quarantined {
            self.quarantined = quarantined;
            self.forget();
        }
    }

    /// These get another try at the next scan, if they crashed while they were
    /// loaded.
    pub fn forgive(&mut self, digests: &BTreeSet<String>) {
        self.files.retain(|_, (_, found)| found.is_ok());
        self.probed.retain(|digest, image| image.is_ok() || !digests.contains(digest));
        self.crashed.retain(|crash| !digests.contains(&crash.digest));
    }

    /// Those that are not used because they crashed, by their hashes: here, or
    /// elsewhere so that they are quarantined.
    pub fn distrusted(&self) -> BTreeSet<String> {
        let crashed = self.crashed.iter().map(|crash| &crash.digest);
        crashed.chain(self.quarantined.keys()).cloned().collect()
    }

    /// Looks at every file anew at the next scan.
    fn forget(&mut self) {
        self.files.clear();
        self.probed.retain(|_, image| image.is_ok());
        self.crashed.clear();
    }

    /// Looks again. `known` are the handlers that are registered on the hub,
    /// for choosing between two plugins of the same id. Says whether anything
    /// is different than before.
    pub fn scan(&mut self, known: &[Offer]) -> bool {
        let lock = self.policy.read();
        if self.lock != lock {
            self.lock = lock;
            self.forget();
        }
        let (paths, mut rejected) = self.sources.candidates();
        self.files.retain(|path, _| paths.contains(path));
        let mut found = Vec::new();
        for path in paths {
            match self.examine(&path) {
                Ok(plugin) => found.push(plugin),
                Err((plugin, reason)) => rejected.push(Rejected { path, plugin, reason }),
            }
        }
        self.probed
            .retain(|hash, plugin| plugin.is_err() || found.iter().any(|p| p.digest == *hash));
        let (plugins, refused) = choose(found, known);
        rejected.extend(refused);
        let same = self.rejected == rejected
            && self.plugins.len() == plugins.len()
            && self.plugins.iter().zip(&plugins).all(|(old, new)| Arc::ptr_eq(old, new));
        (self.plugins, self.rejected) = (plugins, rejected);
        !same
    }

    /// The plugins that can be used, by id.
    pub fn plugins(&self) -> &[Arc<Plugin>] {
        &self.plugins
    }

    /// What cannot be used, and why.
    pub fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    /// Those that crashed while they were loaded. What they wrote is cut where
    /// there are so many of them that no message could hold it.
    pub fn crashed(&self) -> Vec<Crash> {
        let each = TOLD / self.crashed.len().max(1);
        let cut = |crash: &Crash| {
            let begin = crash.log.ceil_char_boundary(crash.log.len().saturating_sub(each));
            Crash { log: crash.log[begin..].to_owned(), ..crash.clone() }
        };
        self.crashed.iter().take(MOST_CRASHES).map(cut).collect()
    }

    /// All handlers of all plugins, as the hub is told of them.
    pub fn offers(&self) -> Vec<Offer> {
        self.plugins.iter().flat_map(|plugin| plugin.offers()).collect()
    }

    /// All regulator hooks of all plugins, as the hub is told of them.
    pub fn hook_offers(&self) -> Vec<HookOffer> {
        self.plugins.iter().flat_map(|plugin| plugin.hook_offers()).collect()
    }

    /// The plugin that gives a handler.
    pub fn handler(&self, kind: HandlerKind, label: &str) -> Option<&Arc<Plugin>> {
        self.plugins.iter().find(|plugin| plugin.gives(kind, label))
    }

    /// The places that are looked at, for people.
    pub fn places(&self) -> String {
        let dirs = self.sources.directories();
        let names: Vec<_> = dirs.iter().map(|dir| dir.display().to_string()).collect();
        names.join(" or ")
    }

    fn examine(&mut self, path: &Path) -> Found {
        let stamp = Stamp::of(path).map_err(|why| (None, why))?;
        if let Some((seen, known)) = self.files.get(path)
            && *seen == stamp
        {
            return known.clone();
        }
        let (meta, bytes) = match examined(path) {
            Ok(examined) => examined,
            Err(why) => {
                let found = Err((None, why));
                self.files.insert(path.to_path_buf(), (stamp, found.clone()));
                return found;
            }
        };
        let id = Some(meta.id.clone());
        // What failed on this host's own account is tried again next time.
        let loaded = self
            .load(path, meta, &bytes)
            .map_err(|error| (id.clone(), format!("cannot be checked: {error}")))?;
        let found = loaded.map_err(|why| (id, why));
        self.files.insert(path.to_path_buf(), (stamp, found.clone()));
        found
    }

    /// Lets a plugin in that may be, and loads it in a child unless that has
    /// been done with its bytes.
    fn load(
        &mut self,
        path: &Path,
        meta: Meta,
        bytes: &[u8],
    ) -> io::Result<Result<Arc<Plugin>, String>> {
        let digest = digest(bytes);
        if let Some(why) = self.quarantined.get(&digest) {
            return Ok(Err(quarantined(why, &meta.id)));
        }
        if let Err(why) = self.lock.check(&meta.id, &digest) {
            return Ok(Err(why));
        }
        Ok(match self.probed.get(&digest) {
            // The same bytes as before, under another name or once more.
            Some(Ok(plugin)) => Ok(plugin.also_at(path)),
            Some(Err(why)) => Err(why.clone()),
            None => {
                let plugin = Plugin::sealed(path, meta, bytes)?;
                let verdict = match self.verdicts.remove(&digest) {
                    // The cell was empty.
                    Some(known) => known.map(|schemas| drop(plugin.schemas.set(schemas))),
                    None => self.probe(&plugin)?,
                };
                let kept = verdict.clone().map(|()| plugin.clone());
                self.probed.insert(digest, kept);
                verdict.map(|()| plugin)
            }
        })
    }

    fn probe(&mut self, plugin: &Arc<Plugin>) -> io::Result<Result<(), String>> {
        let said = tempfile::tempfile()?;
        let verdict = plugin.probe(&self.host, said.try_clone()?)?;
        Ok(verdict.map_err(|unloadable| {
            let crash = unloadable.crash(plugin, &said);
            let crashed = crash.is_some();
            self.crashed.extend(crash);
            match crashed && self.quarantines {
                true => quarantined(&unloadable.reason, &plugin.meta.id),
                false => unloadable.reason,
            }
        }))
    }
}

/// The sentence about a plugin that the farm does not use any more.
fn quarantined(why: &str, id: &str) -> String {
    format!(
        "{why}; so it is quarantined: `mf plugin show {id}` tells more, \
         `mf plugin clear {id}` gives it another try"
    )
}
