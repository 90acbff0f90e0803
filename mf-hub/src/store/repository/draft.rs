//! Generations that are being filled in.

use std::collections::BTreeMap;

use mf_core::error::Code;
use mf_core::time;
use mf_core::wire::{Handler, RepositoryDraft, RepositoryFile, RepositoryPart};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::{Done, Fault, Tx};
use super::DIRECTORY;

/// Most files that one index is made of.
const INDEX_FILES: i64 = 10_000;

/// A directory, and the build handler that has something in it: its label
/// first, so that they come in order.
type Part = (String, String);

/// Begins a generation of a tag's repository anew; `None` when the tag keeps
/// none.
///
/// # Errors
/// SQLite fails.
pub fn begin(tx: &Tx<'_>, tag: i64) -> Done<Option<RepositoryDraft>> {
    forget_draft(tx, tag)?;
    let sql = "SELECT p.label, g.label FROM tag g JOIN project p ON p.id = g.project_id \
               WHERE g.id = ?1 AND g.manage_repo";
    let found = tx.prepare_cached(sql)?.query_row([tag], |row| {
        let (project, label) = (row.get(0)?, row.get(1)?);
        Ok(RepositoryDraft { tag_id: tag, project, tag: label, ..RepositoryDraft::default() })
    });
    let Some(mut draft) = found.optional()? else { return Ok(None) };
    draft.parts = parts(tx, tag)?;
    let sql = "INSERT INTO repository_generation (tag_id, date, since) VALUES (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute(params![tag, tx.now(), time::unix_now()])?;
    draft.generation = tx.last_insert_rowid();
    for part in &draft.parts {
        fill(tx, draft.generation, part)?;
    }
    Ok(Some(draft))
}

/// Forgets what an attempt has begun that came to nothing.
///
/// # Errors
/// SQLite fails.
pub fn forget_draft(tx: &Tx<'_>, tag: i64) -> Done<()> {
    let sql = "DELETE FROM repository_generation WHERE tag_id = ?1 AND state = 'draft'";
    tx.prepare_cached(sql)?.execute([tag])?;
    Ok(())
}

/// The tag of a generation that is still a draft.
///
/// # Errors
/// [`Code::NotFound`].
fn is_draft(db: &Connection, generation: i64) -> Done<i64> {
    let sql = "SELECT tag_id FROM repository_generation WHERE id = ?1 AND state = 'draft'";
    let tag = db.prepare_cached(sql)?.query_row([generation], |row| row.get(0)).optional()?;
    tag.ok_or_else(|| {
        let told = format!("repository generation {generation} is no draft any more; begin anew");
        Fault::told(Code::NotFound, told)
    })
}

fn fill(tx: &Tx<'_>, generation: i64, part: &RepositoryPart) -> Done<()> {
    tx.prepare_cached(
        "INSERT INTO repository_directory (generation_id, path, build_handler_id) \
         SELECT ?1, ?2, id FROM build_handler WHERE label = ?3",
    )?
    .execute(params![generation, part.path, part.handler.label])?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO repository_file (generation_id, path, size, sha256, task, attempt) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for file in &part.files {
        let path = format!("{}/{}", part.path, file.name);
        insert.execute(params![
            generation,
            path,
            file.size,
            file.sha256,
            file.task_id,
            file.attempt
        ])?;
    }
    Ok(())
}

/// All that a tag's repository should hold now. Of two files with the same
/// place the one that was submitted later stays.
fn parts(tx: &Tx<'_>, tag: i64) -> Done<Vec<RepositoryPart>> {
    let mut handlers: BTreeMap<Part, Handler> = BTreeMap::new();
    let mut files: BTreeMap<String, (Part, RepositoryFile)> = BTreeMap::new();
    let sql = format!(
        "SELECT {DIRECTORY}, h.label, h.plugin, h.version, h.digest, h.config, \
         k.label, k.id, k.attempt, f.name, f.size, f.sha256 \
         FROM build_tag l JOIN task k ON k.build_id = l.build_id \
         JOIN target t ON t.id = k.target_id JOIN build_handler h ON h.id = k.build_handler_id \
         LEFT JOIN task_file f ON f.task_id = k.id AND f.attempt = k.attempt AND f.kind = 'file' \
         WHERE l.tag_id = ?1 ORDER BY k.id"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let mut rows = statement.query([tag])?;
    while let Some(row) = rows.next()? {
        let part = part_of(row)?;
        if !handlers.contains_key(&part) {
            handlers.insert(part.clone(), handler_of(row)?);
        }
        let Some(name) = row.get::<_, Option<String>>(9)? else { continue };
        let file = RepositoryFile {
            task: row.get(6)?,
            task_id: row.get(7)?,
            attempt: row.get(8)?,
            size: row.get(10)?,
            sha256: row.get(11)?,
            name,
        };
        files.insert(format!("{}/{}", part.0, file.name), (part, file));
    }
    // What has lost its last file has an empty index, and not none.
    let sql = "SELECT d.path, h.label, h.plugin, h.version, h.digest, h.config \
               FROM repository_generation g JOIN repository_directory d ON d.generation_id = g.id \
               JOIN build_handler h ON h.id = d.build_handler_id \
               WHERE g.tag_id = ?1 AND g.state = 'current'";
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query([tag])?;
    while let Some(row) = rows.next()? {
        handlers.entry(part_of(row)?).or_insert(handler_of(row)?);
    }
    let mut parts: BTreeMap<Part, RepositoryPart> = handlers
        .into_iter()
        .map(|(part, handler)| {
            let path = part.0.clone();
            (part, RepositoryPart { path, handler, files: Vec::new() })
        })
        .collect();
    for (part, file) in files.into_values() {
        if let Some(part) = parts.get_mut(&part) {
            part.files.push(file);
        }
    }
    Ok(parts.into_values().collect())
}

fn part_of(row: &Row<'_>) -> rusqlite::Result<Part> {
    Ok((row.get(0)?, row.get(1)?))
}

fn handler_of(row: &Row<'_>) -> rusqlite::Result<Handler> {
    Ok(Handler {
        label: row.get(1)?,
        plugin: row.get(2)?,
        version: row.get(3)?,
        digest: row.get(4)?,
        config: row.get(5)?,
    })
}

/// Writes a file of an index into a draft, before its bytes come; gives the
/// tag's id. The same again is fine.
///
/// # Errors
/// [`Code::NotFound`] when it is no draft any more; [`Code::Refused`] when
/// the place is taken, or in no directory of it.
pub fn reserve(tx: &Tx<'_>, generation: i64, path: &str, sha256: &str) -> Done<i64> {
    let tag = is_draft(tx, generation)?;
    let refuse = |told: String| Err(Fault::told(Code::Refused, told));
    let within = "SELECT EXISTS (SELECT 1 FROM repository_directory WHERE generation_id = ?1 \
                  AND substr(?2, 1, length(path) + 1) = path || '/')";
    if !tx.prepare_cached(within)?.query_row(params![generation, path], |row| row.get(0))? {
        return refuse(format!("{path:?} is in no directory of this repository"));
    }
    let there = "SELECT sha256, task FROM repository_file WHERE generation_id = ?1 AND path = ?2";
    let there: Option<(String, i64)> = tx
        .prepare_cached(there)?
        .query_row(params![generation, path], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match there {
        Some((_, task)) if task != 0 => {
            return refuse(format!("{path:?} is a build's file, and the index has one so called"));
        }
        Some((known, _)) if known != sha256 => {
            return refuse(format!("two indexes have a file {path:?}"));
        }
        Some(_) => return Ok(tag),
        None => {}
    }
    let count = "SELECT count(*) FROM repository_file WHERE generation_id = ?1 AND task = 0";
    if tx.prepare_cached(count)?.query_row([generation], |row| row.get::<_, i64>(0))? >= INDEX_FILES
    {
        return refuse(format!("its index has more than {INDEX_FILES} files, which is the limit"));
    }
    tx.prepare_cached(
        "INSERT INTO repository_file (generation_id, path, size, sha256) VALUES (?1, ?2, -1, ?3)",
    )?
    .execute(params![generation, path, sha256])?;
    Ok(tag)
}

/// The bytes of a file that was reserved are there.
///
/// # Errors
/// [`Code::NotFound`] when it is no draft any more.
pub fn record(tx: &Tx<'_>, generation: i64, path: &str, size: u64) -> Done<()> {
    is_draft(tx, generation)?;
    tx.prepare_cached(
        "UPDATE repository_file SET size = ?3 WHERE generation_id = ?1 AND path = ?2",
    )?
    .execute(params![generation, path, i64::try_from(size).unwrap_or(i64::MAX)])?;
    Ok(())
}
