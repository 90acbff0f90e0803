//! What is built: a checkout with `debian/`, or a source package.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::{BuildJob, Context, Failure};

use crate::changelog::Entry;
use crate::dsc;
use crate::local::Local;

/// What a package cannot do without, below `debian`.
const NEEDED: [&str; 3] = ["control", "changelog", "rules"];

/// Larger files are not read.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What a build begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A tree. Its name and version, and whether upstream's release is to be
    /// made of it: its format wants one.
    Tree { dir: PathBuf, entry: Entry, upstream: bool },
    /// A `.dsc`, with its files beside it.
    Package(PathBuf),
}

impl Source {
    /// Finds it in the checkout, or downloads it.
    pub(crate) fn find(job: &BuildJob, local: &Local, cx: &Context) -> Result<Self, Failure> {
        if !job.source_url.is_empty() {
            let dir = job.work_dir.join("download");
            fs::create_dir_all(&dir)
                .map_err(Failure::io(format!("cannot make {}", dir.display())))?;
            return dsc::fetch(job, local, &dir, cx).map(Self::Package);
        }
        if !job.has_source {
            return Err(Failure::new(
                "there is no source: give the package-branch the url of a repository with a \
                 directory debian, or submit a scratch build of a .dsc",
            ));
        }
        let dir = job.source_dir.clone();
        let debian = dir.join("debian");
        if !fs::symlink_metadata(&debian).is_ok_and(|data| data.is_dir()) {
            return Err(Failure::new(
                "the checkout has no directory debian at its top: it is no Debian package",
            ));
        }
        if let Some(missing) = NEEDED.iter().find(|name| !is_file(&debian.join(name))) {
            return Err(Failure::new(format!(
                "the checkout has no file debian/{missing} (a symbolic link is none)"
            )));
        }
        let entry = Entry::read(&read(&debian.join("changelog"))?)?;
        let format = match fs::symlink_metadata(debian.join("source")) {
            Ok(data) if data.is_dir() && is_file(&debian.join("source/format")) => {
                read(&debian.join("source/format"))?
            }
            _ => String::new(),
        };
        let upstream = format.trim() == "3.0 (quilt)";
        Ok(Self::Tree { dir, entry, upstream })
    }
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| data.is_file())
}

fn read(path: &Path) -> Result<String, Failure> {
    let cannot = || Failure::io(format!("cannot read {}", path.display()));
    let length = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
        data => data.map_err(cannot())?.len(),
    };
    if length > LARGEST {
        return Err(Failure::new(format!("{} has more than {LARGEST} bytes", path.display())));
    }
    fs::read(path).map_err(cannot()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
