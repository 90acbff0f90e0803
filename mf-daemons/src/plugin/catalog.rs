//! All plugins that there are on this host, read and checked once each.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mf_core::wire::{HandlerKind, Offer};

use super::checked::{Plugin, examined};
use super::choose::choose;
use super::image::digest;
use super::program::HostProgram;
use super::rejected::Rejected;
use super::scan::Stamp;
use super::sources::Sources;

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
    files: HashMap<PathBuf, (Stamp, Result<Arc<Plugin>, String>)>,
    /// What became of each plugin that was loaded, by its hash.
    probed: HashMap<String, Result<Arc<Plugin>, String>>,
    plugins: Vec<Arc<Plugin>>,
    rejected: Vec<Rejected>,
}

impl Catalog {
    /// A catalog of what `sources` hold; it is empty before the first
    /// [`Catalog::scan`].
    pub fn new(host: HostProgram, sources: Sources) -> Self {
        let (files, probed) = (HashMap::new(), HashMap::new());
        Self { host, sources, files, probed, plugins: Vec::new(), rejected: Vec::new() }
    }

    /// Looks again. `known` are the handlers that are registered on the hub,
    /// for choosing between two plugins of the same id. Says whether anything
    /// is different than before.
    pub fn scan(&mut self, known: &[Offer]) -> bool {
        let (paths, mut rejected) = self.sources.candidates();
        self.files.retain(|path, _| paths.contains(path));
        let mut found = Vec::new();
        for path in paths {
            match self.examine(&path) {
                Ok(plugin) => found.push(plugin),
                Err(reason) => rejected.push(Rejected { path, reason }),
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

    /// All handlers of all plugins, as the hub is told of them.
    pub fn offers(&self) -> Vec<Offer> {
        self.plugins.iter().flat_map(|plugin| plugin.offers()).collect()
    }

    /// The plugin that gives a handler.
    pub fn handler(&self, kind: HandlerKind, label: &str) -> Option<&Arc<Plugin>> {
        self.plugins.iter().find(|plugin| plugin.gives(kind, label))
    }

    fn examine(&mut self, path: &Path) -> Result<Arc<Plugin>, String> {
        let stamp = Stamp::of(path)?;
        if let Some((seen, known)) = self.files.get(path)
            && *seen == stamp
        {
            return known.clone();
        }
        // What failed on this host's own account is tried again next time.
        let result = self.load(path).map_err(|error| format!("cannot be checked: {error}"))?;
        self.files.insert(path.to_path_buf(), (stamp, result.clone()));
        result
    }

    fn load(&mut self, path: &Path) -> io::Result<Result<Arc<Plugin>, String>> {
        let (meta, bytes) = match examined(path) {
            Ok(examined) => examined,
            Err(why) => return Ok(Err(why)),
        };
        let digest = digest(&bytes);
        Ok(match self.probed.get(&digest) {
            // The same bytes as before, under another name or once more.
            Some(Ok(plugin)) => Ok(plugin.also_at(path)),
            Some(Err(why)) => Err(why.clone()),
            None => {
                let plugin = Plugin::sealed(path, meta, &bytes)?;
                let verdict = plugin.probe(&self.host, File::create("/dev/null")?)?;
                let kept = verdict.clone().map(|()| plugin.clone());
                self.probed.insert(digest, kept);
                verdict.map(|()| plugin)
            }
        })
    }
}
