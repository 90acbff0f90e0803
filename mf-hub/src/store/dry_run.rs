//! What submitting a build would lead to: the build is submitted, looked at and
//! rolled back, so that the answer is what would really happen.

use mf_core::resource::Resource;
use rusqlite::Connection;
use serde::Serialize;

use super::draft::Draft;
use super::roles::Caller;
use super::select::Sight;
use super::why::{self, Verdict};
use super::{Done, Tx, build, edit, ready};
use crate::dispatch::{Facts, Why};

/// What submitting a build would come to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Plan {
    /// The label that it would have; another may be given it meanwhile.
    pub label: String,
    /// Its tasks.
    pub tasks: Vec<Planned>,
    /// Targets of its releases for which it would have none.
    pub refused: Vec<Refused>,
}

/// A task that there would be.
#[derive(Clone, Debug, Serialize)]
pub struct Planned {
    /// Its label.
    pub label: String,
    /// Label of its target.
    pub target_label: String,
    /// What would be said of it.
    #[serde(flatten)]
    pub why: Verdict,
}

/// A target for which there would be no task.
#[derive(Clone, Debug, Serialize)]
pub struct Refused {
    /// Its label.
    pub target_label: String,
    /// Why.
    pub reason: String,
}

/// A build that was submitted, before it is undone.
#[derive(Clone, Debug)]
pub struct Tried {
    label: String,
    tasks: Vec<(String, Target, Facts)>,
    refused: Vec<Refused>,
}

#[derive(Clone, Debug)]
struct Target {
    id: i64,
    label: String,
}

/// Submits a build, which the caller then undoes.
///
/// # Errors
/// Whatever it is refused for.
pub fn submit(
    tx: &Tx<'_>,
    caller: &Caller,
    resource: &'static Resource,
    draft: &Draft,
) -> Done<Tried> {
    let (id, _) = edit::create(tx, caller, resource, draft)?;
    let sql = "SELECT label FROM build WHERE id = ?1";
    let label = tx.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
    let sql = "SELECT k.id, k.label, t.id, t.label FROM task k JOIN target t ON t.id = k.target_id \
               WHERE k.build_id = ?1 ORDER BY t.label";
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map([id], |row| {
        let target = Target { id: row.get(2)?, label: row.get(3)? };
        Ok((row.get::<_, i64>(0)?, row.get(1)?, target))
    })?;
    let mut tasks = Vec::new();
    for row in rows {
        let (task, label, target) = row?;
        if let Some((facts, _)) = ready::task(tx, task)? {
            tasks.push((label, target, facts));
        }
    }
    let refused = build::refused(tx, id)?;
    let refused = refused.into_iter();
    let refused = refused.map(|(target_label, reason)| Refused { target_label, reason }).collect();
    Ok(Tried { label, tasks, refused })
}

impl Tried {
    /// What dispatch would know of each task.
    pub fn facts(&self) -> Vec<Facts> {
        self.tasks.iter().map(|(_, _, facts)| facts.clone()).collect()
    }

    /// The plan, with what dispatch says of each task.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn plan(self, db: &Connection, why: Vec<Why>, sight: Sight) -> Done<Plan> {
        let mut tasks = Vec::new();
        for ((label, target, facts), why) in self.tasks.into_iter().zip(why) {
            let of = why::Of { package: facts.package.id, target: target.id };
            let Why::Ready(waits) = why else { continue };
            let why = why::waits(db, &facts, of, waits, sight)?;
            tasks.push(Planned { label, target_label: target.label, why });
        }
        Ok(Plan { label: self.label, tasks, refused: self.refused })
    }
}
