//! Numbered steps from one schema to the next; a copy is made before.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

/// Every step, in order; only ever appended to.
const STEPS: &[&str] = &[
    include_str!("../../migrations/0001.sql"),
    include_str!("../../migrations/0002.sql"),
    include_str!("../../migrations/0003.sql"),
    include_str!("../../migrations/0004.sql"),
    include_str!("../../migrations/0005.sql"),
    include_str!("../../migrations/0006.sql"),
    include_str!("../../migrations/0007.sql"),
    include_str!("../../migrations/0008.sql"),
    include_str!("../../migrations/0009.sql"),
    include_str!("../../migrations/0010.sql"),
    include_str!("../../migrations/0011.sql"),
    include_str!("../../migrations/0012.sql"),
    include_str!("../../migrations/0013.sql"),
    include_str!("../../migrations/0014.sql"),
    include_str!("../../migrations/0015.sql"),
    include_str!("../../migrations/0016.sql"),
    include_str!("../../migrations/0017.sql"),
    include_str!("../../migrations/0018.sql"),
    include_str!("../../migrations/0019.sql"),
];

/// Why a database cannot be brought to this version's schema.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A newer hub has used it.
    #[error(
        "the database has schema {found}, made by a newer hub; this one ({version}) knows schema {known}. \
         run the newer hub, or give this one its own --data-dir",
        version = mf_core::VERSION
    )]
    Newer {
        /// Schema of the database.
        found: usize,
        /// Newest schema that this hub knows.
        known: usize,
    },
    /// The copy could not be made, so nothing was changed.
    #[error("the copy before migrating, {}, cannot be made, and nothing was changed: {error}", path.display())]
    Copy {
        /// Where it was to be.
        path: PathBuf,
        /// Why not.
        error: String,
    },
    /// A step failed; none of it was kept.
    #[error("the database cannot be brought to schema {known}: {error}")]
    Step {
        /// Newest schema that this hub knows.
        known: usize,
        /// Why.
        error: String,
    },
}

/// Brings the database to the newest schema. A database that has one already
/// is copied to `hub.db.schema-N` beside it first.
///
/// # Errors
/// See [`MigrateError`].
pub fn to_latest(connection: &mut Connection, dir: &Path) -> Result<(), MigrateError> {
    let known = STEPS.len();
    let step = |error: String| MigrateError::Step { known, error };
    let found: u32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| step(error.to_string()))?;
    let found = found as usize;
    if found > known {
        return Err(MigrateError::Newer { found, known });
    }
    if found > 0 && found < known {
        copy(connection, &dir.join(format!("hub.db.schema-{found}")))?;
    }
    let steps = Migrations::new(STEPS.iter().map(|sql| M::up(sql)).collect());
    steps.to_latest(connection).map_err(|error| step(error.to_string()))
}

fn copy(connection: &Connection, path: &Path) -> Result<(), MigrateError> {
    let fail = |error: String| MigrateError::Copy { path: path.to_owned(), error };
    // One from an earlier try may be torn; the database itself is untouched.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(fail(error.to_string()));
        }
        _ => {}
    }
    let text = path.to_str().ok_or_else(|| fail("the path is not UTF-8".into()))?;
    connection.execute("VACUUM INTO ?1", [text]).map_err(|error| fail(error.to_string()))?;
    std::fs::File::open(path).and_then(|file| file.sync_all()).map_err(|e| fail(e.to_string()))
}

#[cfg(test)]
mod tests {
    use mf_core::errand::{RepositoryDeed, Subject};

    use super::*;

    #[test]
    fn every_step_leads_to_the_next_and_the_old_state_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(dir.path().join("hub.db")).unwrap();
        let first = Migrations::new(vec![M::up(STEPS[0])]);
        first.to_latest(&mut connection).unwrap();
        connection
            .execute("INSERT INTO arch (label, create_date, update_date) VALUES ('i386','','')", [])
            .unwrap();
        to_latest(&mut connection, dir.path()).unwrap();
        let copy = Connection::open(dir.path().join("hub.db.schema-1")).unwrap();
        let label: String = copy.query_row("SELECT label FROM arch", [], |row| row.get(0)).unwrap();
        assert_eq!(label, "i386");
    }

    #[test]
    fn a_repository_that_lags_is_an_errand_from_then_on() {
        let dir = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(dir.path().join("hub.db")).unwrap();
        let before = STEPS.iter().position(|step| step.contains("DROP TABLE repository")).unwrap();
        let steps = Migrations::new(STEPS[..before].iter().map(|sql| M::up(sql)).collect());
        steps.to_latest(&mut connection).unwrap();
        let old =
            "INSERT INTO project (id, label, create_date, update_date) VALUES (1, 'ius', '', '');
            INSERT INTO tag (id, project_id, label, manage_repo, create_date, update_date)
                VALUES (7, 1, 'testing', 1, '', ''), (8, 1, 'stable', 1, '', '');
            INSERT INTO repository (tag_id, wanted, wanted_date, followed, problem)
                VALUES (7, 3, '2026-01-31 23:59:59', 2, 'x.rpm is gone'), (8, 5, '', 5, '');
            INSERT INTO repository_generation (tag_id, state, follows, date, since)
                VALUES (7, 'current', 2, '', 0), (7, 'draft', 3, '', 0), (7, 'draft', 3, '', 0)";
        connection.execute_batch(old).unwrap();
        to_latest(&mut connection, dir.path()).unwrap();
        let sql = "SELECT subject, about, create_date, message FROM errand";
        let mut statement = connection.prepare(sql).unwrap();
        let rows =
            statement.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]));
        let rows: Vec<[String; 4]> = rows.unwrap().collect::<Result<_, _>>().unwrap();
        let subject = Subject::Repository(RepositoryDeed { tag: 7 });
        let text = serde_json::to_string(&subject).unwrap();
        let date = "2026-01-31 23:59:59".to_owned();
        assert_eq!(rows, [[text, subject.to_string(), date, "x.rpm is gone".to_owned()]]);
        let drafts = "SELECT count(*) FROM repository_generation WHERE state <> 'current'";
        assert_eq!(connection.query_row(drafts, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    }

    #[test]
    fn a_newer_database_is_refused_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(dir.path().join("hub.db")).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = to_latest(&mut connection, dir.path()).unwrap_err();
        assert!(error.to_string().starts_with("the database has schema 99"), "{error}");
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 0);
    }
}
