//! What clients of a repository ask for.

use std::collections::{BTreeMap, HashSet};

use mf_core::time;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::Done;
use super::super::select::Sight;

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// A directory.
    Directory,
    /// A file of that size in bytes.
    File(i64),
}

/// Whether a tag keeps a repository.
///
/// # Errors
/// SQLite fails.
pub fn is_kept(db: &Connection, tag: i64) -> Done<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM tag WHERE id = ?1 AND manage_repo)";
    Ok(db.prepare_cached(sql)?.query_row([tag], |row| row.get(0))?)
}

/// The SHA-256 of a file at a place in a tag's repository, which is its name
/// on disk. One that the current generation
/// has no more is found for so many seconds after: a client that has begun
/// with the one before can end with it.
///
/// # Errors
/// SQLite fails.
pub fn find(db: &Connection, tag: i64, path: &str, kept_seconds: i64) -> Done<Option<String>> {
    let sql = "SELECT f.sha256 FROM repository_generation g \
               JOIN repository_file f ON f.generation_id = g.id AND f.path = ?2 \
               WHERE g.tag_id = ?1 AND (g.state = 'current' OR (g.state = 'old' AND g.since > ?3)) \
               ORDER BY g.state = 'current' DESC, g.id DESC LIMIT 1";
    let since = time::unix_now().saturating_sub(kept_seconds);
    let found = db.prepare_cached(sql)?.query_row(params![tag, path, since], |row| row.get(0));
    Ok(found.optional()?)
}

/// What is in a directory of a tag's repository, by name; `""` is all of it.
/// `None` when there is no such directory.
///
/// # Errors
/// SQLite fails.
pub fn entries(db: &Connection, tag: i64, path: &str) -> Done<Option<BTreeMap<String, Entry>>> {
    let beneath = if path.is_empty() { String::new() } else { format!("{path}/") };
    let sql = "SELECT f.path, f.size FROM repository_generation g \
               JOIN repository_file f ON f.generation_id = g.id \
               WHERE g.tag_id = ?1 AND g.state = 'current' \
               AND substr(f.path, 1, length(?2)) = ?2 \
               UNION ALL SELECT d.path || '/', 0 FROM repository_generation g \
               JOIN repository_directory d ON d.generation_id = g.id \
               WHERE g.tag_id = ?1 AND g.state = 'current' \
               AND substr(d.path || '/', 1, length(?2)) = ?2";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![tag, beneath])?;
    let (mut entries, mut is_there) = (BTreeMap::new(), path.is_empty());
    while let Some(row) = rows.next()? {
        is_there = true;
        let path = row.get_ref(0)?.as_str().unwrap_or_default();
        match path[beneath.len()..].split_once('/') {
            Some((directory, _)) => entries.insert(directory.to_owned(), Entry::Directory),
            None if path.len() == beneath.len() => None,
            None => entries.insert(path[beneath.len()..].to_owned(), Entry::File(row.get(1)?)),
        };
    }
    Ok(is_there.then_some(entries))
}

/// Whether a repository of this project is for those alone who may know of it.
///
/// # Errors
/// SQLite fails.
pub fn is_restricted(db: &Connection, project: i64) -> Done<bool> {
    let sql = "SELECT restricted FROM project WHERE id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([project], |row| row.get(0))?)
}

/// How a package manager reads a directory of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// dnf and yum, by its `repodata/`.
    Rpm,
    /// apt, by its `Packages`.
    Deb,
    /// Whoever checks hashes, by its `SHA256SUMS`.
    Sums,
    /// It has no index.
    None,
}

/// The directories of a tag's repository that packages are in.
///
/// # Errors
/// SQLite fails.
pub fn places(db: &Connection, tag: i64) -> Done<Vec<(String, Index)>> {
    let sql = "SELECT DISTINCT d.path, \
               EXISTS (SELECT 1 FROM repository_file f WHERE f.generation_id = g.id \
               AND f.path = d.path || '/repodata/repomd.xml'), \
               EXISTS (SELECT 1 FROM repository_file f WHERE f.generation_id = g.id \
               AND f.path = d.path || '/Packages'), \
               EXISTS (SELECT 1 FROM repository_file f WHERE f.generation_id = g.id \
               AND f.path = d.path || '/SHA256SUMS') \
               FROM repository_generation g \
               JOIN repository_directory d ON d.generation_id = g.id \
               WHERE g.tag_id = ?1 AND g.state = 'current' ORDER BY d.path";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([tag], |row| {
        let index = match (row.get(1)?, row.get(2)?, row.get(3)?) {
            (true, _, _) => Index::Rpm,
            (_, true, _) => Index::Deb,
            (_, _, true) => Index::Sums,
            _ => Index::None,
        };
        Ok((row.get(0)?, index))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Projects with repositories, or the tags of one that have some, as far as
/// somebody may know of them.
///
/// # Errors
/// SQLite fails.
pub fn tags(db: &Connection, project: Option<&str>, sight: Sight) -> Done<Vec<String>> {
    let known = sight.of_project("t.project_id").unwrap_or_else(|| "1".to_owned());
    let what = if project.is_some() { "t.label" } else { "p.label" };
    let sql = format!(
        "SELECT DISTINCT {what} FROM tag t JOIN project p ON p.id = t.project_id \
         WHERE t.manage_repo AND {known} AND (?1 IS NULL OR p.label = ?1) ORDER BY 1"
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([project], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The names on disk of all that any generation of a tag holds, drafts too.
///
/// # Errors
/// SQLite fails.
pub fn known(db: &Connection, tag: i64) -> Done<HashSet<String>> {
    let sql = "SELECT DISTINCT f.sha256 FROM repository_file f \
               JOIN repository_generation g ON g.id = f.generation_id WHERE g.tag_id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    Ok(statement.query_map([tag], |row| row.get(0))?.collect::<Result<_, _>>()?)
}
