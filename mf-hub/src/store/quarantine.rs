//! Plugins that crash: what is kept of it, and which are quarantined.
//!
//! A plugin is identified by the SHA-256 of its file. One crash while the
//! regulator loads it is enough, since nothing but the file can be the cause. A
//! crash in a call may be caused by one odd package, and a crash while a worker
//! loads it by one odd host: those take [`LIMIT`] in a row, without a success
//! of the plugin in between.

use mf_core::error::Code;
use mf_core::resource::UTIL;
use mf_core::wire::{Called, Crash, Held};
use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::{Map, json};

use super::history::{self, Named, Verb};
use super::{Done, Fault, Tx, attempt, handler};

/// So many crashes in a row quarantine a plugin.
const LIMIT: i64 = 3;
/// Most that are listed.
const LISTED: i64 = 20;
/// So many crashes of one plugin are kept.
const KEPT: i64 = 20;
/// Most bytes of a crash's last words that are kept.
pub const LOG_LIMIT: usize = 16 * 1024;
/// Most bytes of any other text.
const TEXT_LIMIT: usize = 4_000;

/// A plugin that is not used any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    /// Its id.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its file.
    pub digest: String,
    /// When it was quarantined, UTC.
    pub date: String,
    /// Why.
    pub why: String,
}

/// The plugins that are quarantined, the latest first.
///
/// # Errors
/// SQLite fails.
pub fn list(db: &Connection) -> Done<Vec<Quarantined>> {
    let sql = "SELECT plugin, version, digest, date, why FROM plugin_quarantine \
               ORDER BY date DESC LIMIT ?1";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([LISTED], |row| {
        let (plugin, version, digest) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Quarantined { plugin, version, digest, date: row.get(3)?, why: row.get(4)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A plugin crashed while it was loaded: it is not used any more.
///
/// # Errors
/// SQLite fails.
pub fn crashed_at_load(tx: &Tx<'_>, crash: &Crash) -> Done<()> {
    // A regulator that did not hear the answer says it again.
    if is_quarantined(tx, &crash.digest)? {
        return Ok(());
    }
    keep(tx, crash, None)?;
    quarantine(tx, crash, &crash.how)
}

/// A plugin crashed in a call that a worker made for an attempt. A worker is
/// believed of the plugins that this attempt was given, and of no other.
///
/// # Errors
/// SQLite fails.
pub fn crashed_in_call(tx: &Tx<'_>, of: Held, crash: &Crash) -> Done<()> {
    let sql = "SELECT EXISTS (SELECT 1 FROM attempt WHERE task_id = ?1 AND number = ?2 \
               AND ?3 <> '' AND ?3 IN (build_digest, vcs_digest))";
    let given: bool = tx
        .prepare_cached(sql)?
        .query_row(params![of.task, of.attempt, crash.digest], |row| row.get(0))?;
    if !given {
        return Ok(());
    }
    count(tx, crash, Some(of.task))
}

/// A plugin crashed while a worker loaded it. A worker is believed of plugins
/// that the farm uses, and once of each.
///
/// # Errors
/// SQLite fails.
pub fn crashed_on_worker(tx: &Tx<'_>, crash: &Crash) -> Done<()> {
    let sql = "SELECT (EXISTS (SELECT 1 FROM build_handler WHERE digest = ?1) \
               OR EXISTS (SELECT 1 FROM vcs_handler WHERE digest = ?1) \
               OR EXISTS (SELECT 1 FROM bug_handler WHERE digest = ?1) \
               OR EXISTS (SELECT 1 FROM plugin_hook WHERE digest = ?1)) AND NOT EXISTS \
               (SELECT 1 FROM plugin_crash WHERE digest = ?1 AND handler = '' AND actor = ?2)";
    let news: bool =
        tx.prepare_cached(sql)?.query_row([&crash.digest, tx.actor()], |row| row.get(0))?;
    if !news {
        return Ok(());
    }
    count(tx, &Crash { handler: String::new(), ..crash.clone() }, None)
}

/// How calls went that the regulator made, in their order.
///
/// # Errors
/// SQLite fails.
pub fn called(tx: &Tx<'_>, calls: &[Called]) -> Done<()> {
    for call in calls {
        match call {
            Called::Crashed(crash) => count(tx, crash, None)?,
            Called::Worked(digest) => {
                let sql = "UPDATE plugin_crash SET counts = 0 WHERE counts = 1 AND digest = ?1";
                tx.prepare_cached(sql)?.execute([digest])?;
            }
        }
    }
    Ok(())
}

/// Keeps a crash, and quarantines the plugin if that is one crash too many.
fn count(tx: &Tx<'_>, crash: &Crash, task: Option<i64>) -> Done<()> {
    keep(tx, crash, task)?;
    let sql = "SELECT count(*) FROM plugin_crash WHERE digest = ?1 AND counts = 1";
    let count: i64 = tx.prepare_cached(sql)?.query_row([&crash.digest], |row| row.get(0))?;
    if count < LIMIT || is_quarantined(tx, &crash.digest)? {
        return Ok(());
    }
    quarantine(tx, crash, &format!("it crashed {count} times in a row; last: {}", crash.how))
}

/// A task succeeded: earlier crashes of its plugins no longer count.
///
/// # Errors
/// SQLite fails.
pub fn worked(tx: &Tx<'_>, of: Held) -> Done<()> {
    tx.prepare_cached(
        "UPDATE plugin_crash SET counts = 0 WHERE counts = 1 AND digest IN \
         (SELECT build_digest FROM attempt WHERE task_id = ?1 AND number = ?2 \
          UNION SELECT vcs_digest FROM attempt WHERE task_id = ?1 AND number = ?2)",
    )?
    .execute([of.task, of.attempt])?;
    Ok(())
}

/// Whether a plugin is quarantined.
///
/// # Errors
/// SQLite fails.
pub fn is_quarantined(db: &Connection, digest: &str) -> Done<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM plugin_quarantine WHERE digest = ?1)";
    Ok(db.prepare_cached(sql)?.query_row([digest], |row| row.get(0))?)
}

/// Ends the quarantine of a plugin and forgets its crashes; gives the hashes
/// that are meant. What it provides can be used again at once.
///
/// # Errors
/// [`Code::NotFound`] when nothing is known of it.
pub fn clear(tx: &Tx<'_>, named: &str) -> Done<Vec<String>> {
    let digests = find(tx, named)?;
    for digest in &digests {
        tx.execute("DELETE FROM plugin_crash WHERE digest = ?1", [digest])?;
        tx.execute("DELETE FROM plugin_quarantine WHERE digest = ?1", [digest])?;
    }
    tell(tx, named, "cleared", &digests)?;
    handler::settle(tx)?;
    Ok(digests)
}

/// The hashes of all plugins that are meant by an id, or by the beginning of
/// one hash.
///
/// # Errors
/// [`Code::NotFound`].
pub fn find(db: &Connection, named: &str) -> Done<Vec<String>> {
    let known = "SELECT plugin, digest FROM build_handler UNION SELECT plugin, digest FROM vcs_handler \
                 UNION SELECT plugin, digest FROM bug_handler UNION SELECT plugin, digest FROM plugin_hook \
                 UNION SELECT plugin, digest FROM plugin_crash \
                 UNION SELECT plugin, digest FROM plugin_quarantine";
    let sql = format!(
        "SELECT DISTINCT digest FROM ({known}) WHERE digest <> '' AND (plugin = ?1 OR \
         (length(?1) >= 8 AND substr(digest, 1, length(?1)) = ?1)) ORDER BY digest"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let digests: Vec<String> =
        statement.query_map([named], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if digests.is_empty() {
        let told = format!(
            "the hub knows no plugin {named:?}: it knows those that the regulator has registered, and \
             those that crashed; `mf plugin list` on a host shows the files there"
        );
        return Err(Fault::told(Code::NotFound, told));
    }
    Ok(digests)
}

fn keep(tx: &Tx<'_>, crash: &Crash, task: Option<i64>) -> Done<()> {
    let cut = |text: &str| attempt::cut(text, TEXT_LIMIT);
    let log = attempt::cut(&crash.log, LOG_LIMIT);
    tx.prepare_cached(
        "INSERT INTO plugin_crash (digest, plugin, version, path, handler, how, log, date, actor, \
         task_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        crash.digest,
        cut(&crash.plugin),
        cut(&crash.version),
        cut(&crash.path),
        cut(&crash.handler),
        cut(&crash.how),
        log,
        tx.now(),
        tx.actor(),
        task
    ])?;
    tx.execute(
        "DELETE FROM plugin_crash WHERE digest = ?1 AND id NOT IN \
         (SELECT id FROM plugin_crash WHERE digest = ?1 ORDER BY id DESC LIMIT ?2)",
        params![crash.digest, KEPT],
    )?;
    Ok(())
}

fn quarantine(tx: &Tx<'_>, crash: &Crash, why: &str) -> Done<()> {
    let why = attempt::cut(why, TEXT_LIMIT);
    tx.execute(
        "INSERT INTO plugin_quarantine (digest, plugin, version, date, why) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![crash.digest, crash.plugin, crash.version, tx.now(), why],
    )?;
    tell(tx, &crash.plugin, "quarantined", std::slice::from_ref(&crash.digest))?;
    handler::settle(tx)
}

/// Plugins have no rows of their own: an event of the util tells of them.
fn tell(tx: &Tx<'_>, plugin: &str, what: &str, digests: &[String]) -> Done<()> {
    let changes = Map::from_iter([(what.to_owned(), json!(digests))]);
    let named = Named { label: plugin.to_owned(), ..Named::default() };
    history::record_as(tx, Verb::Update, UTIL.name, 0, named, &Map::new(), changes)
}
