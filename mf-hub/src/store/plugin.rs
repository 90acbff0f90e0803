//! The plugins of the farm as people see them: from the rows of handlers, of
//! hooks, of crashes, and of those that are quarantined.

use std::collections::BTreeMap;

use mf_core::wire::HandlerKind;
use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::value::RawValue;

use super::Done;

/// One plugin: one file, by its hash.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Plugin {
    /// Its id.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its file.
    pub digest: String,
    /// What it provides to the farm, regulator hooks included.
    pub handlers: Vec<Handler>,
    /// How many of its crashes are kept.
    pub crashes: i64,
    /// When it was quarantined, UTC; empty: it is not.
    pub quarantined: String,
    /// Why it is quarantined.
    pub why: String,
}

/// A handler or a regulator hook of a plugin.
#[derive(Clone, Debug, Serialize)]
pub struct Handler {
    /// Resource of its kind, or `hook`.
    pub kind: &'static str,
    /// Its label.
    pub label: String,
    /// Whether it can be used; of a hook, whether the regulator runs it.
    pub enabled: bool,
    /// JSON Schemas of what its configuration may hold.
    pub schemas: Box<RawValue>,
}

/// A plugin, and the evidence of its crashes.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The plugin.
    #[serde(flatten)]
    pub plugin: Plugin,
    /// Its crashes, the newest first.
    pub evidence: Vec<Evidence>,
}

/// What is kept of a crash.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Evidence {
    /// When, UTC.
    pub date: String,
    /// Label of the system, or the regulator.
    pub actor: String,
    /// Where the file was there.
    pub path: String,
    /// The handler that was called; empty: it was being loaded.
    pub handler: String,
    /// The task; empty where there was none, or it is deleted.
    pub task: String,
    /// How it ended.
    pub how: String,
    /// The last lines that it wrote.
    pub log: String,
}

/// What regulator hooks are called among the kinds of handlers.
pub const HOOK: &str = "hook";

const KINDS: [HandlerKind; 3] =
    [HandlerKind::BuildHandler, HandlerKind::VcsHandler, HandlerKind::BugHandler];

/// All plugins, by id.
///
/// # Errors
/// SQLite fails.
pub fn list(db: &Connection) -> Done<Vec<Plugin>> {
    let mut all: BTreeMap<String, Plugin> = BTreeMap::new();
    let sql = "SELECT plugin, version, digest FROM plugin_quarantine \
               UNION SELECT plugin, version, digest FROM plugin_crash";
    for (plugin, version, digest) in rows(db, sql)? {
        let new = Plugin { plugin, version, digest: digest.clone(), ..Plugin::default() };
        all.insert(digest, new);
    }
    for kind in KINDS {
        provided(db, kind.resource(), kind.resource(), "enabled", &mut all)?;
    }
    // A hook runs unless its plugin is quarantined.
    let runs = "digest NOT IN (SELECT digest FROM plugin_quarantine)";
    provided(db, HOOK, "plugin_hook", runs, &mut all)?;
    let mut plugins: Vec<Plugin> = all.into_values().collect();
    for plugin in &mut plugins {
        let sql = "SELECT (SELECT count(*) FROM plugin_crash WHERE digest = ?1), \
                   coalesce((SELECT date FROM plugin_quarantine WHERE digest = ?1), ''), \
                   coalesce((SELECT why FROM plugin_quarantine WHERE digest = ?1), '')";
        (plugin.crashes, plugin.quarantined, plugin.why) = db
            .prepare_cached(sql)?
            .query_row([&plugin.digest], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    }
    plugins.sort_by(|a, b| (&a.plugin, &a.digest).cmp(&(&b.plugin, &b.digest)));
    Ok(plugins)
}

/// Adds to `all` what plugins provide of one kind.
fn provided(
    db: &Connection,
    kind: &'static str,
    table: &str,
    enabled: &str,
    all: &mut BTreeMap<String, Plugin>,
) -> Done<()> {
    let sql = format!(
        "SELECT plugin, version, digest, label, {enabled}, \
         CASE schemas WHEN '' THEN '{{}}' ELSE schemas END FROM {table} \
         WHERE digest <> '' ORDER BY label"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement.query_map([], |row| {
        let key: (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let schemas: String = row.get(5)?;
        let schemas = RawValue::from_string(schemas).unwrap_or_default();
        Ok((key, Handler { kind, label: row.get(3)?, enabled: row.get(4)?, schemas }))
    })?;
    for row in found {
        let ((plugin, version, digest), handler) = row?;
        let new = || Plugin { plugin, version, digest: digest.clone(), ..Plugin::default() };
        all.entry(digest.clone()).or_insert_with(new).handlers.push(handler);
    }
    Ok(())
}

/// What is known of the plugins with these hashes.
///
/// # Errors
/// SQLite fails.
pub fn show(db: &Connection, digests: &[String]) -> Done<Vec<Shown>> {
    let mut plugins = list(db)?;
    plugins.retain(|plugin| digests.contains(&plugin.digest));
    plugins
        .into_iter()
        .map(|plugin| Ok(Shown { evidence: evidence(db, &plugin.digest)?, plugin }))
        .collect()
}

fn evidence(db: &Connection, digest: &str) -> Done<Vec<Evidence>> {
    let sql = "SELECT c.date, c.actor, c.path, c.handler, coalesce(k.label, ''), c.how, c.log \
               FROM plugin_crash c LEFT JOIN task k ON k.id = c.task_id \
               WHERE c.digest = ?1 ORDER BY c.id DESC";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![digest], |row| {
        Ok(Evidence {
            date: row.get(0)?,
            actor: row.get(1)?,
            path: row.get(2)?,
            handler: row.get(3)?,
            task: row.get(4)?,
            how: row.get(5)?,
            log: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn rows(db: &Connection, sql: &str) -> Done<Vec<(String, String, String)>> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
