//! The plugins of this worker's host.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use mf_core::wire::{Crash, Handler, HandlerKind, Offer};
use tokio::sync::watch;

use super::link::Link;
use crate::plugin::{Catalog, HostProgram, Plugin, Policy, Sources, required};
use crate::registered;

/// The plugins of this host, as they were last seen.
#[derive(Debug)]
pub struct Plugins {
    host: HostProgram,
    scanner: Arc<Mutex<Scanner>>,
    /// What the last scan found; the scanner itself is busy while it scans.
    found: RwLock<Vec<Arc<Plugin>>>,
    /// Those that crashed when they were loaded.
    crashed: Mutex<Vec<Crash>>,
    /// Hashes of all that are not used because they crashed somewhere.
    distrusted: watch::Sender<BTreeSet<String>>,
    /// Those that were replaced or removed while attempts went on, which may
    /// have been given them.
    former: Mutex<Vec<Arc<Plugin>>>,
}

#[derive(Debug)]
struct Scanner {
    catalog: Catalog,
    /// What was registered on the hub when it was last asked.
    known: Vec<Offer>,
}

impl Plugins {
    /// The plugins of `sources`, none of which has been looked at yet.
    pub fn new(host: HostProgram, sources: Sources, policy: Policy) -> Self {
        let catalog = Catalog::new(host.clone(), sources).keep_to(policy);
        let scanner = Arc::new(Mutex::new(Scanner { catalog, known: Vec::new() }));
        let (found, former, crashed) = Default::default();
        let distrusted = watch::Sender::default();
        Self { host, scanner, found, crashed, distrusted, former }
    }

    /// The program that calls them.
    pub fn host(&self) -> &HostProgram {
        &self.host
    }

    /// All handlers that they provide.
    pub fn offers(&self) -> Vec<Offer> {
        let mut offers: Vec<_> = self.found().iter().flat_map(|plugin| plugin.offers()).collect();
        // Every worker would tell the same; the regulator does, once.
        offers.iter_mut().for_each(|offer| offer.schemas = serde_json::Value::Null);
        offers
    }

    /// Every build handler, with the plugin that it is in.
    pub fn builders(&self) -> Vec<(Arc<Plugin>, String)> {
        let found = self.found();
        let all =
            found.iter().flat_map(|plugin| plugin.meta.handlers.iter().map(move |h| (plugin, h)));
        all.filter(|(_, handler)| handler.kind == HandlerKind::BuildHandler)
            .map(|(plugin, handler)| (plugin.clone(), handler.label.clone()))
            .collect()
    }

    /// Those that crashed when they were loaded, and are not used here.
    pub fn crashed(&self) -> Vec<Crash> {
        self.crashed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Hashes of those that are not used because they crashed: here, or
    /// elsewhere so that they are quarantined. It tells when that changes.
    pub fn distrusted(&self) -> watch::Receiver<BTreeSet<String>> {
        self.distrusted.subscribe()
    }

    /// These get another try at the next scan.
    pub async fn forgive(&self, digests: BTreeSet<String>) {
        self.tell(move |catalog| catalog.forgive(&digests)).await;
    }

    /// Why this worker cannot start, if it needs these.
    pub fn missing(&self, required: &[String]) -> Option<String> {
        let scanner = self.scanner.lock().unwrap_or_else(PoisonError::into_inner);
        required::missing(&scanner.catalog, required)
    }

    /// These are quarantined now, by their hashes.
    pub async fn quarantine(&self, quarantined: BTreeMap<String, String>) {
        self.tell(move |catalog| catalog.quarantine(quarantined)).await;
    }

    /// Tells the catalog something, once no scan goes on.
    async fn tell(&self, what: impl FnOnce(&mut Catalog) + Send + 'static) {
        let scanner = self.scanner.clone();
        let tell = move || {
            what(&mut scanner.lock().unwrap_or_else(PoisonError::into_inner).catalog);
        };
        // A panic in a scan is logged by the panic hook.
        let _ = tokio::task::spawn_blocking(tell).await;
    }

    /// Looks again. `busy`: attempts go on, and may still need what is not
    /// there any more.
    ///
    /// # Errors
    /// The hub does not say which plugins are the farm's; what was found
    /// before stays.
    pub async fn scan(&self, link: &Link, busy: bool) -> Result<(), mf_client::Error> {
        if !busy {
            self.former().clear();
        }
        if !self.differs(&self.look(None).await) {
            return Ok(());
        }
        // Which of two plugins of the same id is the farm's only the hub
        // knows; this second look reads no file again.
        let known = registered::all(link.hub()).await?;
        let plugins = self.look(Some(known)).await;
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *found, plugins);
        if busy {
            let gone = |old: &Arc<Plugin>| !found.iter().any(|new| new.digest == old.digest);
            self.former().extend(before.into_iter().filter(gone));
        }
        Ok(())
    }

    /// The plugins that there are now.
    async fn look(&self, known: Option<Vec<Offer>>) -> Vec<Arc<Plugin>> {
        let scanner = self.scanner.clone();
        let look = tokio::task::spawn_blocking(move || {
            let mut scanner = scanner.lock().unwrap_or_else(PoisonError::into_inner);
            let Scanner { catalog, known: last_known } = &mut *scanner;
            if let Some(known) = known {
                *last_known = known;
            }
            if catalog.scan(last_known) {
                // The regulator warns of these, once for the farm.
                catalog.rejected().iter().for_each(|file| tracing::debug!("{file}"));
            }
            (catalog.plugins().to_vec(), catalog.crashed(), catalog.distrusted())
        });
        // A scan that panicked has found nothing new.
        match look.await {
            Ok((plugins, crashed, distrusted)) => {
                self.distrusted.send_if_modified(|before| {
                    let news = *before != distrusted;
                    *before = distrusted;
                    news
                });
                *self.crashed.lock().unwrap_or_else(PoisonError::into_inner) = crashed;
                plugins
            }
            Err(_) => self.found().clone(),
        }
    }

    fn differs(&self, plugins: &[Arc<Plugin>]) -> bool {
        let found = self.found();
        found.len() != plugins.len()
            || found.iter().zip(plugins).any(|(old, new)| !Arc::ptr_eq(old, new))
    }

    /// The plugin that a task wants for a handler: that one and no other
    /// version of it.
    ///
    /// # Errors
    /// A sentence: which one is wanted, and which is here.
    pub fn find(&self, kind: HandlerKind, wanted: &Handler) -> Result<Arc<Plugin>, String> {
        let what = kind.resource().replace('_', " ");
        let label = &wanted.label;
        let gives = |plugin: &&Arc<Plugin>| plugin.gives(kind, label);
        let found = self.found();
        let same = |plugin: &&Arc<Plugin>| gives(plugin) && plugin.digest == wanted.digest;
        // What was claimed with the old file is built with the old file.
        if let Some(plugin) = self.former().iter().find(same) {
            return Ok(plugin.clone());
        }
        let Some(plugin) = found.iter().find(gives) else {
            return Err(format!("no plugin on this system provides the {what} {label:?}"));
        };
        if wanted.digest.is_empty() || wanted.digest == plugin.digest {
            return Ok(plugin.clone());
        }
        Err(format!(
            "the farm's {what} {label:?} is in plugin {:?} {} with sha256 {}, but {} on this \
             system is version {} with sha256 {}; install the farm's plugin here",
            wanted.plugin,
            wanted.version,
            wanted.digest,
            plugin.path.display(),
            plugin.meta.version,
            plugin.digest
        ))
    }

    fn former(&self) -> MutexGuard<'_, Vec<Arc<Plugin>>> {
        self.former.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Plugin>>> {
        self.found.read().unwrap_or_else(PoisonError::into_inner)
    }
}
