//! All plugins that there are on this host, read and checked once each.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mf_core::wire::{HandlerKind, Offer};

use super::call::{Call, Ended};
use super::choose::choose;
use super::elf;
use super::frame::Job;
use super::image::{Image, digest};
use super::meta::{Meta, kind_name};
use super::program::HostProgram;
use super::scan::{self, Stamp};
use super::sources::Sources;

/// How long a plugin may take to be loaded and checked. It takes less than a
/// millisecond; what takes this long hangs in its constructor.
const LOAD_LIMIT: Duration = Duration::from_secs(10);

/// One plugin that can be used.
#[derive(Debug)]
pub struct Plugin {
    /// What it says of itself.
    pub meta: Meta,
    /// SHA-256 of its file, in hexadecimal.
    pub digest: String,
    /// Where its file was when it was read.
    pub path: PathBuf,
    /// Its bytes, as they were checked.
    pub(super) image: Arc<Image>,
}

impl Plugin {
    /// Its handlers, as the hub is told of them.
    pub fn offers(&self) -> Vec<Offer> {
        let offer = |handler: &super::meta::Handler| Offer {
            kind: handler.kind,
            label: handler.label.clone(),
            display_name: handler.about.clone(),
            plugin: self.meta.id.clone(),
            version: self.meta.version.clone(),
            digest: self.digest.clone(),
        };
        self.meta.handlers.iter().map(offer).collect()
    }

    /// Reads, checks and loads one file (the loading in a child, which ends
    /// again), writing what the loading prints to `log`.
    ///
    /// # Errors
    /// A sentence that goes on from the path of the file.
    pub fn open(host: &HostProgram, path: &Path, log: File) -> Result<Arc<Self>, String> {
        let (_, bytes) = scan::read(path)?;
        let plugin = Self::checked(path, &bytes)?;
        plugin.probe(host, log)?;
        Ok(plugin)
    }

    pub(super) fn is_named_for_its_id(&self) -> bool {
        let name = format!("libmf_plugin_{}.so", self.meta.id);
        self.path.file_name().is_some_and(|file| file.as_encoded_bytes() == name.as_bytes())
    }

    /// All that can be checked without running it.
    fn checked(path: &Path, bytes: &[u8]) -> Result<Arc<Self>, String> {
        let meta = Meta::parse(elf::metadata(bytes)?)?;
        let image = Image::seal(bytes).map_err(|e| format!("cannot be kept in memory: {e}"))?;
        let (path, digest) = (path.to_path_buf(), digest(bytes));
        Ok(Arc::new(Self { meta, digest, path, image: Arc::new(image) }))
    }

    /// Loads it in a child and has its layouts checked there.
    fn probe(self: &Arc<Self>, host: &HostProgram, log: File) -> Result<(), String> {
        let mut kinds: Vec<_> =
            self.meta.handlers.iter().map(|h| kind_name(h.kind).to_owned()).collect();
        kinds.dedup();
        let call = Call {
            plugin: self.clone(),
            handler: String::new(),
            job: Job::Describe(kinds),
            log: log.into(),
            work_dir: "/".into(),
            deadline: Some(LOAD_LIMIT),
            secrets: Default::default(),
        };
        let running = call.start(host).map_err(|e| format!("cannot be checked: {e}"))?;
        match running.wait(|_| ()) {
            Ended::Described => Ok(()),
            Ended::Refused(sentence) | Ended::Crashed(sentence) => {
                Err(format!("cannot be loaded: {sentence}"))
            }
            Ended::TimedOut => Err(format!(
                "cannot be loaded: it was not done with that after {} seconds",
                LOAD_LIMIT.as_secs()
            )),
            other => Err(format!("cannot be loaded: the answer was {other:?}")),
        }
    }
}

/// A file that cannot be used, or a directory that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its path.
    pub path: PathBuf,
    /// Why not: a sentence that goes on from the path.
    pub reason: String,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

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
    plugins: Vec<Arc<Plugin>>,
    rejected: Vec<Rejected>,
}

impl Catalog {
    /// A catalog of what `sources` hold; it is empty before the first
    /// [`Catalog::scan`].
    pub fn new(host: HostProgram, sources: Sources) -> Self {
        let (files, plugins, rejected) = (HashMap::new(), Vec::new(), Vec::new());
        Self { host, sources, files, plugins, rejected }
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
        self.plugins
            .iter()
            .find(|plugin| plugin.meta.handlers.iter().any(|h| h.kind == kind && h.label == label))
    }

    fn examine(&mut self, path: &Path) -> Result<Arc<Plugin>, String> {
        let stamp = Stamp::of(path)?;
        if let Some((seen, known)) = self.files.get(path)
            && *seen == stamp
        {
            return known.clone();
        }
        let result = self.load(path);
        self.files.insert(path.to_path_buf(), (stamp, result.clone()));
        result
    }

    fn load(&self, path: &Path) -> Result<Arc<Plugin>, String> {
        let (_, bytes) = scan::read(path)?;
        let digest = digest(&bytes);
        let twin = self.files.values().find_map(|(_, known)| match known {
            Ok(plugin) if plugin.digest == digest => Some(plugin),
            _ => None,
        });
        if let Some(twin) = twin {
            // The same bytes under another name: checked already.
            let (meta, image, path) = (twin.meta.clone(), twin.image.clone(), path.to_path_buf());
            return Ok(Arc::new(Plugin { meta, digest, path, image }));
        }
        let plugin = Plugin::checked(path, &bytes)?;
        let nowhere = File::create("/dev/null").map_err(|e| format!("cannot be checked: {e}"))?;
        plugin.probe(&self.host, nowhere)?;
        Ok(plugin)
    }
}
