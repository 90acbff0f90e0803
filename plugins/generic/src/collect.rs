//! Collecting: the files of the checkout that the recipe names.

use std::collections::BTreeMap;
use std::fs::{self, FileType};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::{Artifact, ArtifactKind, BuildJob, Context, Failure};

use crate::pattern::Pattern;
use crate::recipe::Recipe;

/// What the recipe's globs match. Every glob must match something: a result
/// that is silently missing is worse than a failure.
pub(crate) fn collect(
    job: &BuildJob,
    recipe: &Recipe,
    cx: &Context,
) -> Result<Vec<Artifact>, Failure> {
    let wanted = [
        ("files", ArtifactKind::File, &recipe.files),
        ("sources", ArtifactKind::Source, &recipe.sources),
    ];
    if wanted.iter().all(|(_, _, patterns)| patterns.is_empty()) {
        return Ok(Vec::new());
    }
    let found = walk(&job.source_dir)?;
    let mut artifacts = Vec::new();
    for (key, kind, patterns) in wanted {
        let mut names = match kind {
            ArtifactKind::File => results(&job.result_dir)?,
            _ => BTreeMap::new(),
        };
        for pattern in patterns {
            for path in matching(pattern, key, &found, cx)? {
                let name = name(path)?;
                let full = job.source_dir.join(path);
                match names.get(&name) {
                    Some(other) if *other == full => continue,
                    Some(other) => return Err(same_name(job, &name, other, &full)),
                    None => names.insert(name.clone(), full.clone()),
                };
                artifacts.push(Artifact { kind, name, path: full });
            }
        }
    }
    Ok(artifacts)
}

/// The regular files that one glob matches.
fn matching<'a>(
    pattern: &Pattern,
    key: &str,
    found: &'a [(PathBuf, FileType)],
    cx: &Context,
) -> Result<Vec<&'a Path>, Failure> {
    let mut files = Vec::new();
    let mut refused = 0;
    for (path, kind) in found.iter().filter(|(path, _)| pattern.matches(path)) {
        if kind.is_file() {
            files.push(path.as_path());
        } else if !kind.is_dir() {
            refused += 1;
            let what = if kind.is_symlink() { "a symbolic link" } else { "not a regular file" };
            cx.log(format!("`{}` is not kept: it is {what}", path.display()));
        }
    }
    if !files.is_empty() {
        return Ok(files);
    }
    let text = &pattern.text;
    Err(Failure::new(match refused {
        0 => format!("all commands succeeded, but no file matches `{text}` in `{key}`"),
        _ => format!("`{text}` in `{key}` matches only what is not kept, such as symbolic links"),
    }))
}

/// The name under which the hub shows a file.
fn name(path: &Path) -> Result<String, Failure> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| {
        Failure::new(format!("the name of `{}` is not UTF-8: rename it", path.display()))
    })
}

fn same_name(job: &BuildJob, name: &str, one: &Path, other: &Path) -> Failure {
    let shown = |path: &Path| match path.strip_prefix(&job.source_dir) {
        Ok(inside) => format!("`{}`", inside.display()),
        Err(_) => "the result directory".into(),
    };
    Failure::new(format!(
        "two files are named `{name}`, from {} and from {}: the hub keeps one of a name",
        shown(one),
        shown(other)
    ))
}

/// What the commands have put into the result directory by themselves.
fn results(dir: &Path) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let mut names = BTreeMap::new();
    for (path, _) in list(dir)? {
        if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
            names.insert(name.to_owned(), path.clone());
        }
    }
    Ok(names)
}

/// All that lies in the checkout, relative to it and in order, but nothing
/// behind a link and nothing of git's own.
fn walk(top: &Path) -> Result<Vec<(PathBuf, FileType)>, Failure> {
    let mut found = Vec::new();
    let mut ahead = vec![top.to_owned()];
    while let Some(dir) = ahead.pop() {
        for (path, kind) in list(&dir)? {
            let Ok(inside) = path.strip_prefix(top) else { continue };
            if kind.is_dir() && inside != Path::new(".git") {
                ahead.push(path.clone());
            }
            found.push((inside.to_owned(), kind));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// The entries of one directory; one that is gone has none.
fn list(dir: &Path) -> Result<Vec<(PathBuf, FileType)>, Failure> {
    let cannot = || Failure::io(format!("cannot list {}", dir.display()));
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(cannot())?,
    };
    entries
        .map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))))
        .collect::<Result<_, _>>()
        .map_err(cannot())
}
