//! What dispatch knows, read from the rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use mf_core::task::State;
use mf_core::wire::HandlerKind;
use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::{Done, Fault, Tx, queue};
use crate::dispatch::{Class, Enabled, Facts, Package, Place, Snapshot, System};

/// Where a build's source is: a scratch build has its own. Over `b` and `pb`.
pub const URL: &str =
    "CASE WHEN b.scratch AND b.scratch_url <> '' THEN b.scratch_url ELSE pb.url END";

/// Every column that [`facts_of`] reads, of task `k`.
fn select() -> String {
    format!(
        "SELECT k.id, k.status, k.system_id, k.attempt, coalesce(y.priority, 0) + b.priority, h.label, \
         CASE WHEN {URL} = '' THEN '' ELSE coalesce(v.label, '') END, a.label, \
         p.id, p.project_id, p.source_name, p.footprint, p.one_per_system \
         FROM task k JOIN build b ON b.id = k.build_id \
         JOIN package_branch pb ON pb.id = b.package_branch_id \
         JOIN package p ON p.id = b.package_id \
         JOIN build_handler h ON h.id = k.build_handler_id \
         JOIN target t ON t.id = k.target_id JOIN arch a ON a.id = t.arch_id \
         LEFT JOIN build_type y ON y.id = b.build_type_id \
         LEFT JOIN vcs_handler v ON v.id = pb.vcs_handler_id"
    )
}

/// What dispatch knows of one task, and where that is; `None` when there is
/// no such task.
///
/// # Errors
/// SQLite fails.
pub fn task(db: &Connection, id: i64) -> Done<Option<(Facts, Place)>> {
    let sql = format!("{} WHERE k.id = ?1", select());
    let found = db.prepare_cached(&sql)?.query_row([id], facts_of).optional()?;
    found.map(|(facts, row)| Ok((facts, row.place()?))).transpose()
}

/// Lets dispatch follow a task once this is committed.
///
/// # Errors
/// SQLite fails.
pub fn follow(tx: &Tx<'_>, id: i64) -> Done<()> {
    match task(tx, id)? {
        Some((facts, place)) => tx.then(move |dispatch| dispatch.place(facts, place)),
        None => tx.then(move |dispatch| dispatch.forget(id)),
    }
    Ok(())
}

/// Lets dispatch follow changes of what tasks and systems depend on: packages,
/// package-branches, build types, archs, systems, handlers; and deletes. It
/// reads all that is queued, and so is meant for what admins change, not for
/// builds.
///
/// # Errors
/// SQLite fails.
pub fn follow_all(tx: &Tx<'_>) -> Done<()> {
    let snapshot = snapshot(tx)?;
    tx.then(move |dispatch| dispatch.reload(snapshot));
    Ok(())
}

/// Lets dispatch follow a change of what the tasks of one object depend on:
/// of a package, a package-branch, a build type, a build or a target.
///
/// # Errors
/// SQLite fails.
pub fn follow_of(tx: &Tx<'_>, column: &str, id: i64) -> Done<()> {
    let tasks = tasks(tx, &format!(" AND {column} = ?1"), [id])?;
    tx.then(move |dispatch| dispatch.refresh(tasks));
    Ok(())
}

/// All that dispatch knows.
///
/// # Errors
/// SQLite fails.
pub fn snapshot(db: &Connection) -> Done<Snapshot> {
    let (tasks, paused) = (tasks(db, "", [])?, queue::pause(db)?.is_some());
    Ok(Snapshot { systems: systems(db)?, enabled: enabled(db)?, tasks, paused })
}

/// Tasks that are in the queue or held, and meet a further condition.
fn tasks(db: &Connection, further: &str, values: impl Params) -> Done<Vec<(Facts, Place)>> {
    let held = "WHERE k.status IN ('Queued', 'Building', 'Cancelling')";
    let sql = format!("{} {held}{further}", select());
    let mut statement = db.prepare_cached(&sql)?;
    let mut tasks = Vec::new();
    // Most tasks share their package and what they need with many others.
    let mut packages: BTreeMap<i64, Arc<Package>> = BTreeMap::new();
    let mut classes: BTreeMap<Arc<Class>, Arc<Class>> = BTreeMap::new();
    for found in statement.query_map(values, facts_of)? {
        let (mut facts, row) = found?;
        facts.package = packages.entry(facts.package.id).or_insert(facts.package).clone();
        facts.class = classes.entry(facts.class.clone()).or_insert(facts.class).clone();
        tasks.push((facts, row.place()?));
    }
    Ok(tasks)
}

/// Build and vcs handlers that are enabled.
///
/// # Errors
/// SQLite fails.
pub fn enabled(db: &Connection) -> Done<Enabled> {
    let mut enabled = Enabled::new();
    for kind in [HandlerKind::BuildHandler, HandlerKind::VcsHandler] {
        let sql = format!("SELECT label FROM {} WHERE enabled", kind.resource());
        for label in db.prepare_cached(&sql)?.query_map([], |row| row.get(0))? {
            enabled.insert((kind, label?));
        }
    }
    Ok(enabled)
}

/// A system as dispatch sees it; `None` when there is no such system.
///
/// # Errors
/// SQLite fails.
pub fn system(db: &Connection, id: i64) -> Done<Option<System>> {
    let found = db
        .prepare_cached("SELECT enabled, capacity FROM system WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((enabled, capacity)) = found else { return Ok(None) };
    let mut system = System { id, enabled, capacity, ..System::default() };
    let archs = "SELECT arch FROM system_arch WHERE system_id = ?1";
    for arch in db.prepare_cached(archs)?.query_map([id], |row| row.get(0))? {
        system.archs.insert(arch?);
    }
    for kind in [HandlerKind::BuildHandler, HandlerKind::VcsHandler] {
        let offers = format!(
            "SELECT o.label, o.digest <> h.digest AND h.digest <> '' FROM system_offer o \
             LEFT JOIN {} h ON h.label = o.label WHERE o.system_id = ?1 AND o.kind = ?2",
            kind.resource()
        );
        let mut offers = db.prepare_cached(&offers)?;
        let offers = offers.query_map((id, kind.resource()), |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Option<bool>>(1)?))
        })?;
        for offer in offers {
            let (label, differs) = offer?;
            if differs == Some(true) {
                system.differs.insert((kind, label.clone()));
            }
            system.offers.insert((kind, label));
        }
    }
    Ok(Some(system))
}

fn systems(db: &Connection) -> Done<Vec<System>> {
    let mut ids = db.prepare_cached("SELECT id FROM system")?;
    let ids = ids.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let mut systems = Vec::with_capacity(ids.len());
    for id in ids {
        systems.extend(system(db, id)?);
    }
    Ok(systems)
}

/// Where a task is, as its row says.
struct Where {
    status: String,
    system: Option<i64>,
    attempt: i64,
}

impl Where {
    fn place(&self) -> Done<Place> {
        let state = named(&self.status)?;
        Ok(match (state, self.system) {
            (State::Queued, _) => Place::Ready,
            // A system whose row is gone keeps nothing: its lease ends it.
            (state, system) if state.held() => Place::Held {
                system: system.unwrap_or(0),
                attempt: self.attempt,
                cancelling: state == State::Cancelling,
            },
            _ => Place::Gone,
        })
    }
}

/// The state of that name in a row.
///
/// # Errors
/// There is none: the database is not this hub's.
pub fn named(status: &str) -> Done<State> {
    State::named(status).ok_or_else(|| Fault::Broken(format!("there is no state {status:?}")))
}

fn facts_of(row: &Row<'_>) -> rusqlite::Result<(Facts, Where)> {
    let facts = Facts {
        task: row.get(0)?,
        priority: row.get(4)?,
        class: Arc::new(Class {
            build_handler: row.get(5)?,
            vcs_handler: row.get(6)?,
            arch: row.get(7)?,
        }),
        package: Arc::new(Package {
            id: row.get(8)?,
            project: row.get(9)?,
            source_name: row.get(10)?,
            footprint: row.get(11)?,
            one_per_system: row.get(12)?,
        }),
    };
    Ok((facts, Where { status: row.get(1)?, system: row.get(2)?, attempt: row.get(3)? }))
}
