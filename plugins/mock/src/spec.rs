//! Finding the spec file of a checkout.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use monkeyfarm_plugin_api::download::is_file_name;
use monkeyfarm_plugin_api::{BuildJob, Failure};
use serde::Deserialize;

/// Where a spec file may be, below the top of the checkout.
const PLACES: [&str; 4] = ["", "SPECS", "rpm", "packaging"];

/// The project's own word, at the top of a checkout.
const FILE: &str = ".monkeyfarm.toml";

/// A larger file is no such word.
const LARGEST: u64 = 256 * 1024;

/// A spec file and the directory that its sources are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) file: PathBuf,
    pub(crate) sources: PathBuf,
}

/// The part of [`FILE`] that is for this handler; the rest is for others.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document {
    mock: Choice,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Choice {
    spec: Option<PathBuf>,
    sources: Option<PathBuf>,
}

impl Spec {
    /// The spec file that the project names, or the only one, or the one
    /// that is named after the package. `None`: there is none.
    pub(crate) fn find(job: &BuildJob) -> Result<Option<Self>, Failure> {
        let top = fs::canonicalize(&job.source_dir)
            .map_err(Failure::io(format!("cannot find {}", job.source_dir.display())))?;
        let choice = choice(&top)?;
        let file = match &choice.spec {
            Some(spec) => below(&top, spec)?,
            None => match among(&top, &job.package)? {
                Some(spec) => below(&top, &spec)?,
                None => return Ok(None),
            },
        };
        let sources = match &choice.sources {
            Some(sources) => below(&top, sources)?,
            None => beside(&file),
        };
        if !sources.is_dir() {
            return refuse(format!(
                "`{}` holds no sources: it is no directory",
                shown(&top, &sources)
            ));
        }
        if !file.is_file() {
            return refuse(format!("`{}` is no regular file, so no spec file", shown(&top, &file)));
        }
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !is_file_name(name) {
            return refuse(format!(
                "the name of the spec file `{}` is not one that mock can be given: it begins with \
                 a letter and has letters, digits and . _ + ~ - only; rename it",
                shown(&top, &file)
            ));
        }
        Ok(Some(Self { file, sources }))
    }
}

/// The spec file among those that lie where one is looked for.
fn among(top: &Path, package: &str) -> Result<Option<PathBuf>, Failure> {
    for place in PLACES {
        let mut found = files(&top.join(place), ".spec")?;
        if found.len() > 1
            && let Some(named) =
                found.iter().find(|p| p.file_stem().is_some_and(|stem| stem == package))
        {
            found = vec![named.clone()];
        }
        if found.len() > 1 {
            let names: Vec<_> =
                found.iter().take(10).map(|path| format!("`{}`", shown(top, path))).collect();
            return refuse(format!(
                "the checkout has {} spec files, {}: name one `{package}.spec`, or say which in \
                 {FILE}: [mock] spec = \"…\"",
                found.len(),
                names.join(", ")
            ));
        }
        if let Some(spec) = found.pop() {
            return Ok(Some(spec.strip_prefix(top).unwrap_or(&spec).to_owned()));
        }
    }
    Ok(None)
}

/// The files of a directory whose names end so, in order; links too.
pub(crate) fn files(dir: &Path, end: &str) -> Result<Vec<PathBuf>, Failure> {
    let cannot = || Failure::io(format!("cannot list {}", dir.display()));
    // A link to a directory could lead out of the checkout.
    if !fs::symlink_metadata(dir).is_ok_and(|data| data.is_dir()) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(cannot())? {
        let entry = entry.map_err(cannot())?;
        let named = entry.file_name().to_string_lossy().ends_with(end);
        if named && !entry.file_type().map_err(cannot())?.is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Where a path of the checkout leads, which must be below its top.
fn below(top: &Path, path: &Path) -> Result<PathBuf, Failure> {
    let inside = path.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    if !inside {
        return refuse(format!("`{}` is not a path within the checkout", path.display()));
    }
    let found = match fs::canonicalize(top.join(path)) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return refuse(format!(
                "the checkout has no `{}`, or a link to nothing",
                path.display()
            ));
        }
        found => found.map_err(Failure::io(format!("cannot find `{}`", path.display())))?,
    };
    if !found.starts_with(top) {
        return refuse(format!(
            "`{}` is a symbolic link that leads out of the checkout: put the file itself there",
            path.display()
        ));
    }
    Ok(found)
}

/// Where sources are that nobody has said anything of.
fn beside(spec: &Path) -> PathBuf {
    let dir = spec.parent().unwrap_or(spec);
    let sources = dir.with_file_name("SOURCES");
    let pair = dir.file_name().is_some_and(|name| name == "SPECS");
    let real = fs::symlink_metadata(&sources).is_ok_and(|data| data.is_dir());
    if pair && real { sources } else { dir.to_owned() }
}

fn choice(top: &Path) -> Result<Choice, Failure> {
    let path = top.join(FILE);
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Choice::default()),
        Ok(data) if data.is_file() && data.len() <= LARGEST => {}
        _ => return refuse(format!("{FILE} is not a regular file of at most {LARGEST} bytes")),
    }
    let text = fs::read_to_string(&path).map_err(Failure::io(format!("cannot read {FILE}")))?;
    let document: Document = toml::from_str(&text).map_err(|error| {
        Failure::written(FILE, &text, error.span().map(|span| span.start), error.message())
    })?;
    Ok(document.mock)
}

fn shown(top: &Path, path: &Path) -> String {
    path.strip_prefix(top).unwrap_or(path).display().to_string()
}

fn refuse<T>(why: String) -> Result<T, Failure> {
    Err(Failure::new(why))
}
