//! The files that mock made, and what each is to the farm.

use std::path::Path;

use monkeyfarm_plugin_api::{Artifact, ArtifactKind};

/// The artifacts among these files of a directory.
pub(crate) fn artifacts(dir: &Path, names: &[String]) -> Vec<Artifact> {
    let artifact = |name: &String| {
        let kind = kind(name)?;
        // The task's own log has that name, and all that this one has.
        let shown = if name == "build.log" { "rpmbuild.log" } else { name };
        Some(Artifact { kind, name: shown.to_owned(), path: dir.join(name) })
    };
    names.iter().filter_map(artifact).collect()
}

/// What a file is by its name; `None`: nothing that anybody wants.
fn kind(name: &str) -> Option<ArtifactKind> {
    if name.ends_with(".src.rpm") || name.ends_with(".nosrc.rpm") {
        Some(ArtifactKind::Source)
    } else if name.ends_with(".rpm") {
        Some(ArtifactKind::File)
    } else if name.ends_with(".log") {
        Some(ArtifactKind::Log)
    } else if name.ends_with(".cfg") {
        Some(ArtifactKind::Config)
    } else {
        None
    }
}
