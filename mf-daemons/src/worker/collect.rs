//! Finds what a build made: the files that its handler names, and all that
//! lies in the result directory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mf_core::file_name;
use monkeyfarm_plugin_api::{Artifact, ArtifactKind};

use super::artifact::{Beneath, Found};
use super::dir::TaskDir;

/// Most files of one task: a build that gives more has its tree in the result
/// directory, not its results.
const LIMIT: usize = 10_000;
/// How deep below the result directory files are looked for.
const DEPTH: usize = 32;

/// The files of a task, by kind and name.
#[derive(Debug, Default)]
struct Files {
    by_name: BTreeMap<(ArtifactKind, String), PathBuf>,
}

/// Finds what a build made. What lies in the result directory and cannot be
/// kept is passed over, and `say` is given a sentence for it.
///
/// # Errors
/// A sentence: what the handler named cannot be kept, two files have the same
/// name, or there are too many.
pub fn collect(
    dir: &TaskDir,
    beneath: &Beneath,
    named: &[Artifact],
    say: &mut dyn FnMut(String),
) -> Result<Vec<Found>, String> {
    let mut files = Files::default();
    files.name(beneath, named)?;
    let known: BTreeSet<PathBuf> = files.by_name.values().cloned().collect();
    let result = dir.result();
    // A build may have put a link in its place, to a directory of the host.
    if !fs::symlink_metadata(&result).is_ok_and(|data| data.is_dir()) {
        return Err("the build removed or replaced its result directory".into());
    }
    let mut in_result = Vec::new();
    list(&result, DEPTH, &mut in_result)?;
    for path in in_result {
        let inside = beneath.inside(&path)?;
        if known.contains(&inside) {
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str());
        let usable = name.ok_or_else(|| format!("the name of {} is not UTF-8", path.display()));
        let usable = usable
            .and_then(|name| check_name(name).map(|()| name))
            .and_then(|name| beneath.open(&inside).map(|_| name));
        match usable {
            Ok(name) => files.add(ArtifactKind::File, name, inside)?,
            Err(why) => say(format!("not kept: {why}")),
        }
    }
    Ok(files.found())
}

/// Finds what a failure leaves for people to read, and nothing else.
///
/// # Errors
/// A sentence, as of [`collect`].
pub fn named(beneath: &Beneath, named: &[Artifact]) -> Result<Vec<Found>, String> {
    let mut files = Files::default();
    files.name(beneath, named)?;
    Ok(files.found())
}

impl Files {
    /// Adds what the handler names.
    fn name(&mut self, beneath: &Beneath, named: &[Artifact]) -> Result<(), String> {
        for artifact in named {
            let inside = beneath.inside(&artifact.path)?;
            beneath.open(&inside)?;
            check_name(&artifact.name)?;
            self.add(artifact.kind, &artifact.name, inside)?;
        }
        Ok(())
    }

    fn found(self) -> Vec<Found> {
        let found = |((kind, name), path)| Found { kind, name, path };
        self.by_name.into_iter().map(found).collect()
    }

    fn add(&mut self, kind: ArtifactKind, name: &str, path: PathBuf) -> Result<(), String> {
        if self.by_name.len() >= LIMIT {
            return Err(format!("the build made more than {LIMIT} files"));
        }
        let key = (kind, name.to_owned());
        match self.by_name.get(&key) {
            Some(other) if *other != path => Err(format!(
                "two files would be kept under the name {name:?}: {} and {}",
                other.display(),
                path.display()
            )),
            _ => {
                self.by_name.insert(key, path);
                Ok(())
            }
        }
    }
}

/// Checks a name as the hub will, which is to keep the file.
fn check_name(name: &str) -> Result<(), String> {
    file_name::check(name).map_err(|error| error.sentence)
}

/// Everything below a directory that is none itself, in order. Symbolic links
/// are listed and not followed.
fn list(dir: &Path, depth: usize, all: &mut Vec<PathBuf>) -> Result<(), String> {
    if depth == 0 {
        return Err(format!("{} is too deep below the result directory", dir.display()));
    }
    let fail = |error: std::io::Error| format!("{} cannot be listed: {error}", dir.display());
    let mut entries: Vec<fs::DirEntry> =
        fs::read_dir(dir).map_err(fail)?.collect::<Result<_, _>>().map_err(fail)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if all.len() > LIMIT {
            return Err(format!("the build left more than {LIMIT} files in its result directory"));
        }
        if entry.file_type().map_err(fail)?.is_dir() {
            list(&entry.path(), depth - 1, all)?;
        } else {
            all.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mf_core::wire::Held;
    use std::os::unix::fs::symlink;

    struct Work {
        _tasks: tempfile::TempDir,
        dir: TaskDir,
        beneath: Beneath,
    }

    fn work() -> Work {
        let tasks = tempfile::tempdir().unwrap();
        let dir = TaskDir::create(tasks.path(), Held { task: 1, attempt: 1 }).unwrap();
        let beneath = Beneath::new(dir.root()).unwrap();
        Work { _tasks: tasks, dir, beneath }
    }

    impl Work {
        fn file(&self, path: &str) -> PathBuf {
            let path = self.dir.root().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x").unwrap();
            path
        }

        fn collect(&self, named: &[Artifact]) -> Result<(Vec<String>, Vec<String>), String> {
            let mut said = Vec::new();
            let found = collect(&self.dir, &self.beneath, named, &mut |line| said.push(line))?;
            let show = |f: &Found| format!("{:?} {} {}", f.kind, f.name, f.path.display());
            Ok((found.iter().map(show).collect(), said))
        }
    }

    fn artifact(kind: ArtifactKind, name: &str, path: PathBuf) -> Artifact {
        Artifact { kind, name: name.into(), path }
    }

    #[test]
    fn all_that_is_named_or_lies_in_result_is_kept_once() {
        let work = work();
        let source = work.file("result/deep/hello.src.rpm");
        work.file("result/hello.rpm");
        work.file("source/unnamed");
        let config = work.file("source/hello.conf");
        let named = [
            artifact(ArtifactKind::Source, "hello.src.rpm", source),
            artifact(ArtifactKind::Config, "used.conf", config),
        ];
        let (kept, said) = work.collect(&named).unwrap();
        assert_eq!(
            kept,
            [
                "File hello.rpm result/hello.rpm",
                "Source hello.src.rpm result/deep/hello.src.rpm",
                "Config used.conf source/hello.conf"
            ]
        );
        assert!(said.is_empty());
    }

    #[test]
    fn what_cannot_be_kept_is_said_and_never_followed() {
        let work = work();
        symlink("/etc/passwd", work.dir.result().join("passwd")).unwrap();
        symlink("/etc", work.dir.result().join("etc")).unwrap();
        let (kept, said) = work.collect(&[]).unwrap();
        assert!(kept.is_empty());
        assert_eq!(said.len(), 2);
        assert!(said.iter().all(|line| line.contains("symbolic link")), "{said:?}");
        let link = work.dir.result().join("passwd");
        let told = work.collect(&[artifact(ArtifactKind::File, "p", link)]).unwrap_err();
        assert!(told.contains("result/passwd is a symbolic link"), "{told}");
        let away = artifact(ArtifactKind::File, "p", "/etc/passwd".into());
        assert!(work.collect(&[away]).unwrap_err().contains("not below the work directory"));
    }

    #[test]
    fn what_the_hub_would_refuse_by_its_name_does_not_fail_the_build() {
        let work = work();
        work.file("result/good");
        work.file("result/hid\u{200b}den");
        let (kept, said) = work.collect(&[]).unwrap();
        assert_eq!(kept, ["File good result/good"]);
        assert!(said[0].contains("which is not shown"), "{said:?}");
    }

    #[test]
    fn a_result_directory_that_is_a_link_is_not_followed() {
        let work = work();
        fs::remove_dir(work.dir.result()).unwrap();
        symlink("/etc", work.dir.result()).unwrap();
        assert!(work.collect(&[]).unwrap_err().contains("replaced its result directory"));
    }

    #[test]
    fn two_files_of_one_name_are_a_failure_that_names_both() {
        let work = work();
        work.file("result/a/same");
        work.file("result/b/same");
        let told = work.collect(&[]).unwrap_err();
        assert!(told.contains("result/a/same") && told.contains("result/b/same"), "{told}");
        let path = work.file("source/x");
        let told = work.collect(&[artifact(ArtifactKind::File, "../x", path)]).unwrap_err();
        assert!(told.contains("is a path"), "{told}");
    }
}
