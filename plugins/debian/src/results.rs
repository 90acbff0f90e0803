//! The files that a build made, and what each is to the farm.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::{Artifact, ArtifactKind, Failure};

/// `O_NOFOLLOW | O_NONBLOCK`: the place is the build's own, which may have put
/// a link or a FIFO there.
const AS_IT_IS: i32 =
    rustix::fs::OFlags::NOFOLLOW.union(rustix::fs::OFlags::NONBLOCK).bits() as i32;

/// Takes the packages out of the place of the build, into `to`.
pub(crate) fn take(place: &Path, to: &Path) -> Result<Vec<Artifact>, Failure> {
    let cannot = || Failure::io(format!("cannot take the results from {}", place.display()));
    fs::create_dir_all(to).map_err(Failure::io(format!("cannot make {}", to.display())))?;
    let mut artifacts = Vec::new();
    for entry in fs::read_dir(place).map_err(cannot())? {
        let Ok(name) = entry.map_err(cannot())?.file_name().into_string() else { continue };
        let Some(kind) = kind(&name) else { continue };
        let Ok(mut file) =
            OpenOptions::new().read(true).custom_flags(AS_IT_IS).open(place.join(&name))
        else {
            continue;
        };
        if !file.metadata().map_err(cannot())?.is_file() {
            continue;
        }
        let path: PathBuf = to.join(&name);
        let keep = || Failure::io(format!("cannot keep {}", path.display()));
        let mut copy = File::create(&path).map_err(keep())?;
        io::copy(&mut file, &mut copy).map_err(keep())?;
        artifacts.push(Artifact { kind, name, path });
    }
    artifacts.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(artifacts)
}

/// What a file is by its name; `None`: nothing that anybody wants.
fn kind(name: &str) -> Option<ArtifactKind> {
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends(&[".deb", ".udeb", ".ddeb", ".changes", ".buildinfo"]) {
        Some(ArtifactKind::File)
    } else if ends(&[".dsc", ".asc"]) || name.contains(".tar.") || name.ends_with(".diff.gz") {
        Some(ArtifactKind::Source)
    } else {
        None
    }
}
