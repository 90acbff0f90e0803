//! Plugins that there are, or that somebody asks about.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use super::say;
use crate::plugin::{Catalog, HostProgram, Plugin, Rejected, Sources, policy};

/// What can be used, and what not.
pub(super) type Found = (Vec<Arc<Plugin>>, Vec<Rejected>);

/// What the farm would find.
pub(super) fn list(host: HostProgram, dirs: &[PathBuf]) -> io::Result<Found> {
    let mut catalog = Catalog::new(host, Sources::new(dirs)?);
    catalog.scan(&[]);
    Ok((catalog.plugins().to_vec(), catalog.rejected().to_vec()))
}

/// Writes the lock file: whole, or as it was before.
pub(super) fn lock(host: HostProgram, dirs: &[PathBuf], file: &Path) -> anyhow::Result<Found> {
    let found = list(host, dirs)?;
    let text = policy::write(found.0.iter().map(AsRef::as_ref)).map_err(anyhow::Error::msg)?;
    let write = || -> io::Result<()> {
        let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty());
        let mut new = tempfile::NamedTempFile::new_in(dir.unwrap_or(Path::new(".")))?;
        new.write_all(text.as_bytes())?;
        // Every daemon reads it, whoever it runs as; it holds no secret.
        new.as_file().set_permissions(PermissionsExt::from_mode(0o644))?;
        new.as_file().sync_all()?;
        new.persist(file).map(drop).map_err(|error| error.error)
    };
    write().with_context(|| format!("{} cannot be written", file.display()))?;
    say(&format!("{} allows {} plugins", file.display(), found.0.len()));
    Ok(found)
}

/// Files as the farm loads them.
pub(super) fn check(host: &HostProgram, files: &[PathBuf]) -> io::Result<Found> {
    let (mut plugins, mut rejected) = (Vec::new(), Vec::new());
    for path in files {
        // What the plugin prints while it is loaded is for its author.
        let log = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        match Plugin::open(host, path, log)? {
            Ok(plugin) => plugins.push(plugin),
            Err(reason) => rejected.push(Rejected { path: path.clone(), plugin: None, reason }),
        }
    }
    Ok((plugins, rejected))
}

/// What can be said of files without running anything of them.
pub(super) fn examine(files: &[PathBuf], against: Option<&str>) -> io::Result<Found> {
    let (files, mut rejected) = match files {
        [] => Sources::new(&[])?.candidates(),
        files => (files.to_vec(), Vec::new()),
    };
    let mut plugins = Vec::new();
    for path in files {
        let read = Plugin::read(&path)?;
        let fits = |plugin: Arc<Plugin>| match against {
            Some(version) => plugin.meta.fits(version).map(|()| plugin),
            None => Ok(plugin),
        };
        match read.and_then(fits) {
            Ok(plugin) => plugins.push(plugin),
            Err(reason) => rejected.push(Rejected { path, plugin: None, reason }),
        }
    }
    Ok((plugins, rejected))
}
