//! Errands as people see them.

use std::collections::BTreeMap;

use mf_core::errand::{ErrandStatus, State};
use rusqlite::{Connection, Row, params};

use crate::store::select::Sight;
use crate::store::{Done, head};

/// Most errands in one answer.
const MOST: i64 = 1_000;
/// Most errands that the farm's status names.
const TROUBLES: i64 = 20;

const SHOWN: &str = "SELECT e.id, e.kind, e.about, coalesce(p.label, ''), coalesce(b.label, ''), \
    coalesce(t.label, ''), e.state, e.attempt, e.next_try, e.message FROM errand e \
    LEFT JOIN project p ON p.id = e.project_id LEFT JOIN build b ON b.id = e.build_id \
    LEFT JOIN tag t ON t.id = e.tag_id";

/// Which errands are wanted; what is empty is any.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'a> {
    /// Label of their project.
    pub project: &'a str,
    /// Label of their build.
    pub build: &'a str,
    /// Their state.
    pub state: &'a str,
}

/// Errands that somebody with this sight may know of, the newest first.
///
/// # Errors
/// SQLite fails.
pub fn list(db: &Connection, wanted: &Wanted<'_>, sight: Sight) -> Done<Vec<ErrandStatus>> {
    let sql = format!(
        "{SHOWN} WHERE {} AND (?1 = '' OR p.label = ?1) AND (?2 = '' OR b.label = ?2) \
         AND (?3 = '' OR e.state = ?3) ORDER BY e.id DESC LIMIT ?4",
        known(sight)
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = params![wanted.project, wanted.build, wanted.state, MOST];
    Ok(statement.query_map(params, status)?.collect::<Result<_, _>>()?)
}

/// Those with which something is wrong: refused, or put off since they did
/// not come off; what was refused first. Heads that cannot be looked at, or
/// are not built, come after them.
///
/// # Errors
/// SQLite fails.
pub fn troubles(db: &Connection, sight: Sight) -> Done<Vec<ErrandStatus>> {
    let sql = format!(
        "{SHOWN} WHERE (e.state = 'refused' OR (e.state = 'waiting' AND e.message <> '')) AND {} \
         ORDER BY e.state = 'waiting', e.id DESC LIMIT ?1",
        known(sight)
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut troubles =
        statement.query_map([TROUBLES], status)?.collect::<Result<Vec<ErrandStatus>, _>>()?;
    troubles.extend(head::troubles(db, sight, TROUBLES)?);
    Ok(troubles)
}

/// How many there are in each state but `done`.
///
/// # Errors
/// SQLite fails.
pub fn counts(db: &Connection, sight: Sight) -> Done<BTreeMap<String, i64>> {
    let states = State::ALL.into_iter().filter(|state| *state != State::Done);
    let mut counts: BTreeMap<String, i64> =
        states.map(|state| (state.name().to_owned(), 0)).collect();
    let sql = format!(
        "SELECT state, count(*) FROM errand e WHERE state <> 'done' AND {} GROUP BY state",
        known(sight)
    );
    let mut statement = db.prepare_cached(&sql)?;
    for row in statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))? {
        let (state, count): (String, i64) = row?;
        counts.insert(state, count);
    }
    Ok(counts)
}

fn known(sight: Sight) -> String {
    sight.of_project("e.project_id").unwrap_or_else(|| "1".to_owned())
}

fn status(row: &Row<'_>) -> rusqlite::Result<ErrandStatus> {
    Ok(ErrandStatus {
        id: Some(row.get(0)?),
        kind: row.get(1)?,
        about: row.get(2)?,
        project_label: row.get(3)?,
        build_label: row.get(4)?,
        tag_label: row.get(5)?,
        // The table itself allows no other.
        state: State::named(&row.get::<_, String>(6)?).unwrap_or(State::Waiting),
        attempts: row.get(7)?,
        next_try: row.get(8)?,
        message: row.get(9)?,
    })
}
