//! One plugin: a file that has been read and checked.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mf_core::wire::{HandlerKind, Offer};

use super::call::Call;
use super::frame::{Job, Outcome};
use super::image::{Image, digest};
use super::meta::{self, Meta, kind_name};
use super::program::HostProgram;
use super::{elf, scan};

/// How long a plugin may take to be loaded and checked. It takes less than a
/// millisecond; what takes this long hangs in its constructor.
const LOAD_LIMIT: Duration = Duration::from_secs(5);

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
        let offer = |handler: &meta::Handler| Offer {
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
        Ok(plugin.probe(host, log)?.map(|()| plugin))
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
        Ok(Arc::new(Self { meta, digest, path, image: Arc::new(image) }))
    }

    /// Loads it in a child and has its layouts checked there.
    pub(super) fn probe(
        self: &Arc<Self>,
        host: &HostProgram,
        log: File,
    ) -> io::Result<Result<(), String>> {
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
            begin_by: None,
            secrets: Default::default(),
        };
        let why = match call.start(host)?.outcome(|_| ()) {
            Ok(Outcome::Described) => return Ok(Ok(())),
            Ok(Outcome::Refused(why)) | Err(why) => why,
            Ok(Outcome::Died(death)) => format!("its process {death}"),
            Ok(Outcome::TimedOut) => {
                format!("it was not done with that after {} seconds", LOAD_LIMIT.as_secs())
            }
            Ok(other) => format!("it answered with {other:?}"),
        };
        Ok(Err(format!("cannot be loaded: {why}")))
    }
}

/// All that can be told of a file without running it.
pub(super) fn examined(path: &Path) -> Result<(Meta, Vec<u8>), String> {
    let bytes = scan::read(path)?;
    Ok((Meta::parse(elf::metadata(&bytes)?)?, bytes))
}
