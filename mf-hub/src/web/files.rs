//! What tasks made, as pages list it.

use mf_core::error::Error;
use mf_core::wire::{Held, TaskFile};

use super::cell::{Link, size};
use super::escape::encoded;
use super::visit::Visit;
use crate::store::file;
use crate::store::timeline::Line;

/// Most files on one page.
const MOST: usize = 500;

/// A file.
#[derive(Clone, Debug)]
pub struct Shown {
    /// It, to be fetched; a log leads to its page.
    pub link: Link,
    /// What it was made for.
    pub target: String,
    /// `file`, `source`, `log` or `config`.
    pub kind: String,
    /// How large it is.
    pub size: String,
    /// Its SHA-256; empty for a log.
    pub sha256: String,
    /// The attempt that made it.
    pub attempt: i64,
}

/// The files of the last attempt of each of these tasks.
///
/// # Errors
/// The database would not.
pub fn of(visit: &Visit, lines: &[Line], project: &str) -> Result<Vec<Shown>, Error> {
    let mut all = Vec::new();
    for line in lines {
        let files = of_task(visit, (line.id, &line.label, project), &line.target)?;
        all.extend(files.into_iter().filter(|file| file.attempt == line.attempt));
        if all.len() > MOST {
            break;
        }
    }
    all.truncate(MOST);
    Ok(all)
}

/// The files of every attempt of a task, which is given by its id, its label
/// and its project's; the last attempt's first.
///
/// # Errors
/// The database would not.
pub fn of_task(
    visit: &Visit,
    (id, label, project): (i64, &str, &str),
    target: &str,
) -> Result<Vec<Shown>, Error> {
    let files = visit.read(|db| file::list(db, id))?;
    let shown = |(file, stored): (TaskFile, String)| {
        let held = Held { task: id, attempt: file.attempt };
        let bytes = match file.kind == file::LOG && file.sha256.is_empty() {
            true => i64::try_from(visit.hub.files.log_length(held, &stored)).unwrap_or(i64::MAX),
            false => file.size,
        };
        Shown {
            link: Link::new(address(&file, label, project), &file.name),
            target: target.to_owned(),
            size: size(bytes),
            kind: file.kind,
            sha256: file.sha256,
            attempt: file.attempt,
        }
    };
    Ok(files.into_iter().map(shown).collect())
}

fn address(file: &TaskFile, label: &str, project: &str) -> String {
    let (label, name, project) = (encoded(label), encoded(&file.name), encoded(project));
    let attempt = file.attempt;
    match file.kind.as_str() {
        file::LOG => format!("/task/{label}?project_label={project}&log={name}&attempt={attempt}"),
        kind => format!("/task/{label}/{kind}/{name}?project_label={project}&attempt={attempt}"),
    }
}
