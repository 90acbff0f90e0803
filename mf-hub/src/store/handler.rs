//! Handlers: registered by the regulator, enabled as soon as somebody can
//! use them.

use std::collections::BTreeSet;

use mf_core::resource::{BUG_HANDLER, BUILD_HANDLER, Resource, VCS_HANDLER};
use mf_core::wire::{HandlerKind, Offer};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Map;

use super::history::{self, Verb};
use super::{Done, Tx, edit, quarantine, ready};

const KINDS: [(HandlerKind, &Resource); 3] = [
    (HandlerKind::BuildHandler, &BUILD_HANDLER),
    (HandlerKind::VcsHandler, &VCS_HANDLER),
    (HandlerKind::BugHandler, &BUG_HANDLER),
];

/// What registering has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Changed {
    /// Labels of handlers that can be used now and could not before.
    pub enabled: Vec<String>,
    /// Labels of handlers that can no longer be used.
    pub disabled: Vec<String>,
}

/// These are all handlers that plugins provide now. New vcs and bug handlers
/// can be used at once, build handlers when [`enable`] says so; what is not
/// named any more is disabled. Writes nothing where nothing changes.
///
/// # Errors
/// SQLite fails.
pub fn register(tx: &Tx<'_>, offers: &[Offer]) -> Done<Changed> {
    let mut changed = Changed::default();
    let mut replaced = false;
    for (kind, resource) in KINDS {
        let now: Vec<&Offer> = offers.iter().filter(|offer| offer.kind == kind).collect();
        let before = registered(tx, kind)?;
        for offer in &now {
            replaced |=
                row(tx, resource, &offer.label)?.is_some_and(|row| row.digest != offer.digest);
            // A build handler that was away waits for `enable` once more.
            let usable = kind != HandlerKind::BuildHandler
                && !quarantine::is_quarantined(tx, &offer.digest)?;
            if upsert(tx, resource, offer, usable)? && usable {
                changed.enabled.push(offer.label.clone());
            }
            if !before.contains(&offer.label) {
                tx.execute(
                    "INSERT INTO handler_registered (kind, label) VALUES (?1, ?2)",
                    params![kind.resource(), offer.label],
                )?;
            }
        }
        for gone in before.iter().filter(|label| now.iter().all(|offer| offer.label != **label)) {
            tx.execute(
                "DELETE FROM handler_registered WHERE kind = ?1 AND label = ?2",
                params![kind.resource(), gone],
            )?;
            if set_enabled(tx, resource, gone, false)? {
                changed.disabled.push(gone.clone());
            }
        }
    }
    disable_quarantined(tx, &mut changed)?;
    if replaced {
        // Which systems have the farm's own plugin files is another matter now.
        ready::follow_all(tx)?;
    }
    follow(tx, &changed)?;
    Ok(changed)
}

/// Enables every build handler that is registered and that some enabled
/// system has; disables those that no system has. One that a drained system
/// has stays what it was: that system may be back. Writes nothing where
/// nothing changes.
///
/// # Errors
/// SQLite fails.
pub fn enable(tx: &Tx<'_>) -> Done<Changed> {
    let sql = "SELECT h.label, EXISTS (SELECT 1 FROM handler_registered r \
                   WHERE r.kind = 'build_handler' AND r.label = h.label) \
               AND NOT EXISTS (SELECT 1 FROM plugin_quarantine q WHERE q.digest = h.digest) \
               AND EXISTS (SELECT 1 FROM system_offer o JOIN system s ON s.id = o.system_id \
                   WHERE o.kind = 'build_handler' AND o.label = h.label \
                   AND (s.enabled OR h.enabled)) AS wanted \
               FROM build_handler h WHERE wanted <> h.enabled ORDER BY h.label";
    let wanted: Vec<(String, bool)> = {
        let mut statement = tx.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    let mut changed = Changed::default();
    for (label, enabled) in wanted {
        set_enabled(tx, &BUILD_HANDLER, &label, enabled)?;
        if enabled { &mut changed.enabled } else { &mut changed.disabled }.push(label);
    }
    follow(tx, &changed)?;
    Ok(changed)
}

/// Disables all handlers of plugins that are quarantined, and enables those of
/// plugins that no longer are.
///
/// # Errors
/// SQLite fails.
pub fn settle(tx: &Tx<'_>) -> Done<()> {
    let mut changed = Changed::default();
    disable_quarantined(tx, &mut changed)?;
    for (kind, resource) in &KINDS[1..] {
        let sql = format!(
            "SELECT h.label FROM {0} h JOIN handler_registered r ON r.kind = '{0}' \
             AND r.label = h.label WHERE NOT h.enabled AND h.digest NOT IN \
             (SELECT digest FROM plugin_quarantine)",
            kind.resource()
        );
        for label in labels(tx, &sql)? {
            set_enabled(tx, resource, &label, true)?;
            changed.enabled.push(label);
        }
    }
    follow(tx, &changed)?;
    enable(tx).map(drop)
}

fn disable_quarantined(tx: &Tx<'_>, changed: &mut Changed) -> Done<()> {
    for (kind, resource) in KINDS {
        let sql = format!(
            "SELECT label FROM {} WHERE enabled AND digest IN \
             (SELECT digest FROM plugin_quarantine)",
            kind.resource()
        );
        for label in labels(tx, &sql)? {
            set_enabled(tx, resource, &label, false)?;
            changed.disabled.push(label);
        }
    }
    Ok(())
}

fn labels(db: &Connection, sql: &str) -> Done<Vec<String>> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn follow(tx: &Tx<'_>, changed: &Changed) -> Done<()> {
    if *changed != Changed::default() {
        let enabled = ready::enabled(tx)?;
        tx.then(move |dispatch| dispatch.enable(enabled));
    }
    Ok(())
}

fn registered(db: &Connection, kind: HandlerKind) -> Done<BTreeSet<String>> {
    let sql = "SELECT label FROM handler_registered WHERE kind = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([kind.resource()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Makes a handler's row what its plugin says. What admins may set, its name
/// for people and its configuration, is theirs. Whether it was enabled.
fn upsert(tx: &Tx<'_>, resource: &Resource, offer: &Offer, usable: bool) -> Done<bool> {
    let Some(row) = row(tx, resource, &offer.label)? else {
        return insert(tx, resource, offer, usable);
    };
    let enabled = row.enabled || usable;
    let schemas = schemas(offer);
    if !row.is(offer) || enabled != row.enabled || schemas != row.schemas {
        edit::update_columns(
            tx,
            resource,
            row.id,
            &[
                ("plugin", &offer.plugin),
                ("version", &offer.version),
                ("digest", &offer.digest),
                ("schemas", &schemas),
                ("enabled", &enabled),
            ],
        )?;
    }
    Ok(enabled && !row.enabled)
}

fn insert(tx: &Tx<'_>, resource: &Resource, offer: &Offer, usable: bool) -> Done<bool> {
    let sql = format!(
        "INSERT INTO {} (label, create_date, update_date, display_name, plugin, version, digest, \
         enabled, schemas) VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        resource.key()
    );
    tx.prepare_cached(&sql)?.execute(params![
        offer.label,
        tx.now(),
        offer.display_name,
        offer.plugin,
        offer.version,
        offer.digest,
        usable,
        schemas(offer)
    ])?;
    let id = tx.last_insert_rowid();
    let changes = super::render::map(tx, resource, id)?;
    history::record(tx, Verb::Create, resource, id, Map::from_iter(changes))?;
    Ok(usable)
}

fn set_enabled(tx: &Tx<'_>, resource: &Resource, label: &str, enabled: bool) -> Done<bool> {
    match row(tx, resource, label)? {
        Some(row) => edit::update_columns(tx, resource, row.id, &[("enabled", &enabled)]),
        None => Ok(false),
    }
}

/// What its plugin says of its configuration, as text.
fn schemas(offer: &Offer) -> String {
    if offer.schemas.is_null() { String::new() } else { offer.schemas.to_string() }
}

/// What a handler's row says of its plugin.
struct Known {
    id: i64,
    enabled: bool,
    plugin: String,
    version: String,
    digest: String,
    schemas: String,
}

impl Known {
    fn is(&self, offer: &Offer) -> bool {
        (&self.plugin, &self.version, &self.digest)
            == (&offer.plugin, &offer.version, &offer.digest)
    }
}

fn row(db: &Connection, resource: &Resource, label: &str) -> Done<Option<Known>> {
    let sql = format!(
        "SELECT id, enabled, plugin, version, digest, schemas FROM {} WHERE label = ?1",
        resource.key()
    );
    let row = db.prepare_cached(&sql)?.query_row([label], |row| {
        Ok(Known {
            id: row.get(0)?,
            enabled: row.get(1)?,
            plugin: row.get(2)?,
            version: row.get(3)?,
            digest: row.get(4)?,
            schemas: row.get(5)?,
        })
    });
    Ok(row.optional()?)
}
