//! One plugin: a file that has been read and checked.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mf_core::wire::{Crash, HandlerKind, HookOffer, Offer};
use monkeyfarm_plugin_api::{Failure, Schemas};
use serde_json::to_value;

use super::call::Call;
use super::confine::Confine;
use super::frame::{Described, Job, Outcome};
use super::image::{Image, digest};
use super::meta::{self, Meta, kind_name};
use super::program::HostProgram;
use super::unloadable::Unloadable;
use super::{elf, scan};

/// How long a plugin may take to be loaded and checked. It takes less than a
/// millisecond; what takes this long hangs in its constructor.
const LOAD_LIMIT: Duration = Duration::from_secs(5);

/// One plugin that can be used.
#[derive(Debug)]
pub struct Plugin {
    /// What it says of itself.
    pub meta: Meta,
    /// What the configuration of its handlers, and then of its hooks, may
    /// hold, in their order; empty before it has been loaded.
    pub schemas: OnceLock<Vec<Schemas>>,
    /// SHA-256 of its file, in hexadecimal.
    pub digest: String,
    /// Where its file was when it was read.
    pub path: PathBuf,
    /// Its bytes, as they were checked.
    pub(crate) image: Arc<Image>,
}

impl Plugin {
    /// Its handlers, as the hub is told of them.
    pub fn offers(&self) -> Vec<Offer> {
        let schemas = self.schemas.get().map_or(&[][..], Vec::as_slice);
        let offer = |(number, handler): (usize, &meta::Handler)| Offer {
            kind: handler.kind,
            label: handler.label.clone(),
            display_name: handler.about.clone(),
            plugin: self.meta.id.clone(),
            version: self.meta.version.clone(),
            digest: self.digest.clone(),
            // A schema is JSON by itself.
            schemas: schemas.get(number).and_then(|s| to_value(s).ok()).unwrap_or_default(),
        };
        self.meta.handlers.iter().enumerate().map(offer).collect()
    }

    /// Its regulator hooks, as the hub is told of them.
    pub fn hook_offers(&self) -> Vec<HookOffer> {
        let schemas = self.schemas.get().map_or(&[][..], Vec::as_slice);
        // Those of the handlers come first.
        let mut schemas = schemas.iter().skip(self.meta.handlers.len());
        let offer = |hook: &meta::Hook| HookOffer {
            label: hook.label.clone(),
            plugin: self.meta.id.clone(),
            version: self.meta.version.clone(),
            digest: self.digest.clone(),
            schemas: schemas.next().and_then(|s| to_value(s).ok()).unwrap_or_default(),
        };
        self.meta.hooks.iter().map(offer).collect()
    }

    /// Which it is, in sentences.
    pub fn named(&self) -> String {
        format!("plugin '{}' ({})", self.meta.id, self.path.display())
    }

    /// What the hub is told of its crash.
    pub fn crash(&self, handler: &str, how: String) -> Crash {
        Crash {
            plugin: self.meta.id.clone(),
            version: self.meta.version.clone(),
            digest: self.digest.clone(),
            path: self.path.display().to_string(),
            handler: handler.to_owned(),
            how,
            log: String::new(),
        }
    }

    /// Reads, checks and loads one file (the loading in a child, which ends
    /// again), writing what the loading prints to `log`.
    ///
    /// # Errors
    /// The outer one is this host's own: it could not be tried. The inner one
    /// is a sentence about the file that goes on from its path.
    pub fn open(
        host: &HostProgram,
        path: &Path,
        log: File,
    ) -> io::Result<Result<Arc<Self>, String>> {
        let (meta, bytes) = match examined(path) {
            Ok(examined) => examined,
            Err(why) => return Ok(Err(why)),
        };
        let plugin = Self::sealed(path, meta, &bytes)?;
        let verdict = plugin.probe(host, log)?;
        Ok(verdict.map(|()| plugin).map_err(|unloadable| unloadable.reason))
    }

    /// Reads and checks one file without loading it.
    ///
    /// # Errors
    /// As [`Plugin::open`].
    pub fn read(path: &Path) -> io::Result<Result<Arc<Self>, String>> {
        Ok(match examined(path) {
            Ok((meta, bytes)) => Ok(Self::sealed(path, meta, &bytes)?),
            Err(why) => Err(why),
        })
    }

    /// Reads one file again that has been checked, loaded and found good.
    ///
    /// # Errors
    /// A sentence that goes on from the path: it is not that file any more.
    pub fn known(path: &Path, digest_then: &str) -> Result<Arc<Self>, String> {
        let read = Self::read(path).map_err(|error| format!("cannot be used: {error}"))?;
        let same = |plugin: &Arc<Self>| plugin.digest == digest_then;
        read.and_then(|plugin| {
            Some(plugin).filter(same).ok_or_else(|| {
                "has been replaced; it is checked again within the next cycle".into()
            })
        })
    }

    /// Whether it gives a handler.
    pub fn gives(&self, kind: HandlerKind, label: &str) -> bool {
        self.meta.handlers.iter().any(|handler| handler.kind == kind && handler.label == label)
    }

    /// Whether its file has the name that a plugin of its id has.
    pub(super) fn is_named_for_its_id(&self) -> bool {
        let name = format!("libmf_plugin_{}.so", self.meta.id);
        self.path.file_name().is_some_and(|file| file.as_encoded_bytes() == name.as_bytes())
    }

    pub(super) fn sealed(path: &Path, meta: Meta, bytes: &[u8]) -> io::Result<Arc<Self>> {
        let (path, digest, image) = (path.to_path_buf(), digest(bytes), Image::seal(bytes)?);
        Ok(Arc::new(Self { meta, schemas: OnceLock::new(), digest, path, image: Arc::new(image) }))
    }

    /// The same bytes under another name.
    pub(super) fn also_at(&self, path: &Path) -> Arc<Self> {
        let Self { meta, schemas, digest, image, .. } = self;
        let (meta, schemas, digest) = (meta.clone(), schemas.clone(), digest.clone());
        Arc::new(Self { meta, schemas, digest, path: path.to_path_buf(), image: image.clone() })
    }

    /// Loads it in a child and has its layouts checked there.
    pub(super) fn probe(
        self: &Arc<Self>,
        host: &HostProgram,
        log: File,
    ) -> io::Result<Result<(), Unloadable>> {
        let handlers = self.meta.handlers.iter().map(|h| (kind_name(h.kind), &h.label));
        let hooks = self.meta.hooks.iter().map(|hook| (meta::HOOK, &hook.label));
        let described = handlers
            .chain(hooks)
            .map(|(kind, label)| Described { kind: kind.to_owned(), label: label.clone() });
        let call = Call {
            plugin: self.clone(),
            handler: String::new(),
            job: Job::Describe(described.collect()),
            log: log.into(),
            work_dir: "/".into(),
            deadline: Some(LOAD_LIMIT),
            begin_by: None,
            secrets: Default::default(),
            confine: Confine::probe(),
        };
        let mut crashed = false;
        let why = match call
            .start(host)?
            .outcome(|_| (), |_| Err(Failure::new("a plugin that is examined asks nothing")))
        {
            Ok(Outcome::Described(schemas)) => {
                // A second look at the same bytes says the same.
                let _ = self.schemas.set(schemas);
                return Ok(Ok(()));
            }
            Ok(Outcome::Refused(why)) | Err(why) => why,
            Ok(Outcome::Panicked(how)) => {
                crashed = true;
                format!("its handler {how}")
            }
            Ok(Outcome::Died(death)) => {
                crashed = !death.is_kill();
                format!("its process {death}")
            }
            Ok(Outcome::TimedOut) => {
                format!("it was not done with that after {} seconds", LOAD_LIMIT.as_secs())
            }
            Ok(other) => format!("it answered with {other:?}"),
        };
        Ok(Err(Unloadable { reason: format!("cannot be loaded: {why}"), crashed }))
    }
}

/// All that can be told of a file without running it.
pub(super) fn examined(path: &Path) -> Result<(Meta, Vec<u8>), String> {
    let bytes = scan::read(path)?;
    Ok((Meta::parse(elf::metadata(&bytes)?)?, bytes))
}
