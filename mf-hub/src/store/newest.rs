//! The newest builds and tasks: of the whole farm, and of one object.

use rusqlite::{Connection, OptionalExtension, Row};

use super::overview::{ROWS, within_reach};
use super::select::Sight;
use super::{Done, status};

/// Builds that failed or were lost: as their index has it.
const FAILED: &str = "n.status IN ('BuildFail', 'Lost')";

/// A build or a task, and what became of it.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    /// Its label.
    pub label: String,
    /// Its project's.
    pub project: String,
    /// What has become of it.
    pub status: String,
    /// When that was, UTC.
    pub date: String,
    /// Who submitted it; empty for nobody.
    pub user: String,
    /// The first of its tasks that failed, and why; empty where none did.
    pub failed: (String, String),
}

/// The builds that failed or were lost last, the newest first.
///
/// # Errors
/// SQLite fails.
pub fn failed(db: &Connection, sight: Sight) -> Done<Vec<Recent>> {
    let mut all = builds(db, &of_each_project(sight, FAILED), None)?;
    // Of those that are shown alone.
    let sql = "SELECT label, message FROM task WHERE build_id = ?1 \
               AND status IN ('BuildFail', 'Lost') ORDER BY id LIMIT 1";
    let mut statement = db.prepare_cached(sql)?;
    for (id, build) in &mut all {
        let first = statement.query_row([*id], |row| Ok((row.get(0)?, row.get(1)?)));
        build.failed = first.optional()?.unwrap_or_default();
    }
    Ok(all.into_iter().map(|(_, build)| build).collect())
}

/// The builds that were submitted last, the newest first.
///
/// # Errors
/// SQLite fails.
pub fn of_all(db: &Connection, sight: Sight) -> Done<Vec<Recent>> {
    // Where everything may be known, the newest of all are.
    let all = status::known(db, sight)? == "1";
    let ids = if all { newest_of("1") } else { of_each_project(sight, "1") };
    Ok(builds(db, &ids, None)?.into_iter().map(|(_, build)| build).collect())
}

/// What builds belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A package, by id.
    Package(i64),
    /// A package-branch.
    Branch(i64),
    /// A project.
    Project(i64),
    /// Who submitted them.
    User(i64),
    /// Why they were submitted.
    Type(i64),
    /// A tag that they have.
    Tag(i64),
}

/// The builds of something that were submitted last, the newest first. Who
/// sees a project, or what is in it, sees its builds; of what is in none, the
/// last few thousand are looked through.
///
/// # Errors
/// SQLite fails.
pub fn builds_of(db: &Connection, of: Of, sight: Sight) -> Done<Vec<Recent>> {
    let (ids, id) = match of {
        Of::Package(id) => (newest_of("n.package_id = ?1"), id),
        Of::Branch(id) => (newest_of("n.package_branch_id = ?1"), id),
        Of::Project(id) => (newest_of("n.project_id = ?1"), id),
        Of::User(id) => (within_reach(db, "build", "user_id = ?1", "id DESC", sight)?, id),
        Of::Type(id) => (within_reach(db, "build", "build_type_id = ?1", "id DESC", sight)?, id),
        Of::Tag(id) => {
            let tagged = "SELECT build_id FROM build_tag WHERE tag_id = ?1";
            (format!("{tagged} ORDER BY build_id DESC LIMIT {ROWS}"), id)
        }
    };
    Ok(builds(db, &ids, Some(id))?.into_iter().map(|(_, build)| build).collect())
}

/// The newest builds of these, as ids.
fn newest_of(which: &str) -> String {
    format!("SELECT n.id FROM build n WHERE {which} ORDER BY n.id DESC LIMIT {ROWS}")
}

/// The newest builds of these among the last that somebody may know of. What
/// may not be known costs no look: an index has the builds of each project in
/// their order.
fn of_each_project(sight: Sight, which: &str) -> String {
    let known = sight.of_project("q.id").unwrap_or_else(|| "1".into());
    let each = newest_of(&format!("n.project_id = q.id AND {which}"));
    format!(
        "SELECT k.id FROM project q CROSS JOIN build k ON k.id IN ({each}) WHERE {known} \
         ORDER BY k.id DESC LIMIT {ROWS}"
    )
}

/// The newest tasks of a system, or for a target, by its id: those of the last
/// few thousand that may be known. What is being built comes first.
///
/// # Errors
/// SQLite fails.
pub fn tasks_of(
    db: &Connection,
    system: Option<i64>,
    target: Option<i64>,
    sight: Sight,
) -> Done<Vec<Recent>> {
    const RUNS: &str = "status IN ('Building', 'Cancelling')";
    let known = sight.of_project("+project_id").unwrap_or_else(|| "1".into());
    let (which, id) = if system.is_some() { ("system_id", system) } else { ("target_id", target) };
    let newest = within_reach(db, "task", &format!("{which} = ?1"), "id DESC", sight)?;
    // Of those that run there are few on a farm.
    let sql = format!(
        "SELECT t.label, p.label, replace(t.status, 'Cancelling', 'Building'), t.update_date \
         FROM (SELECT id FROM task INDEXED BY task_status \
         WHERE {RUNS} AND {which} = ?1 AND {known} UNION SELECT * FROM ({newest})) i \
         CROSS JOIN task t ON t.id = i.id JOIN project p ON p.id = t.project_id \
         ORDER BY t.{RUNS} DESC, t.id DESC LIMIT {ROWS}"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([id], |row| {
        Ok(Recent {
            label: row.get(0)?,
            project: row.get(1)?,
            status: row.get(2)?,
            date: row.get(3)?,
            ..Recent::default()
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The builds of these ids: a SELECT that may have a parameter.
fn builds(db: &Connection, ids: &str, id: Option<i64>) -> Done<Vec<(i64, Recent)>> {
    let mut statement = db.prepare_cached(&shown(ids))?;
    let recent = |row: &Row<'_>| {
        let build = Recent {
            label: row.get(1)?,
            project: row.get(2)?,
            status: row.get(3)?,
            date: row.get(4)?,
            user: row.get(5)?,
            ..Recent::default()
        };
        Ok((row.get(0)?, build))
    };
    let rows = match id {
        Some(id) => statement.query_map([id], recent)?.collect::<Result<_, _>>(),
        None => statement.query_map([], recent)?.collect(),
    };
    Ok(rows?)
}

fn shown(ids: &str) -> String {
    format!(
        "SELECT b.id, b.label, p.label, b.status, b.update_date, coalesce(u.label, '') \
         FROM build b JOIN project p ON p.id = b.project_id LEFT JOIN \"user\" u ON u.id = b.user_id \
         WHERE b.id IN ({ids}) ORDER BY b.id DESC"
    )
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::store::open;

    /// A farm on which one build may be known, and the newest, very many, not.
    fn farm(hidden: i64) -> (tempfile::TempDir, Connection) {
        let dir = tempfile::tempdir().unwrap();
        let (_, db) = open::open(dir.path()).unwrap();
        db.execute_batch(&format!(
            "INSERT INTO \"user\" VALUES (1, 'jane', '', '', '', '', '', '', 0);
             INSERT INTO project (label, create_date, update_date, restricted)
                 VALUES ('open', '', '', 0), ('secret', '', '', 1);
             INSERT INTO build_handler (label, create_date, update_date) VALUES ('h', '', '');
             INSERT INTO package (label, create_date, update_date, project_id, source_name)
                 SELECT label, '', '', id, '' FROM project;
             INSERT INTO package_branch
                 (label, create_date, update_date, project_id, package_id, build_handler_id)
                 SELECT label, '', '', project_id, id, 1 FROM package;
             INSERT INTO build (label, create_date, update_date, project_id, package_branch_id,
                 package_id, user_id, status)
                 WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {hidden})
                 SELECT 'b' || i, '', '', iif(i, 2, 1), iif(i, 2, 1), iif(i, 2, 1), 1, 'BuildFail'
                 FROM n;"
        ))
        .unwrap();
        (dir, db)
    }

    /// What SQLite does for these builds, in steps of its machine.
    fn steps(db: &Connection, ids: &str) -> i32 {
        let mut statement = db.prepare(&shown(ids)).unwrap();
        let mut rows = statement.raw_query();
        while rows.next().unwrap().is_some() {}
        drop(rows);
        statement.get_status(StatementStatus::VmStep)
    }

    #[test]
    fn what_may_not_be_known_costs_a_stranger_no_look() {
        let few = farm(100);
        let many = farm(10_000);
        for which in ["1", FAILED] {
            let ids = of_each_project(Sight::Public, which);
            let [few, many] = [&few.1, &many.1].map(|db| steps(db, &ids));
            assert!(many < few + 200, "{which}: {few} steps, {many} where more is hidden");
        }
        for sight in [Sight::Public, Sight::User(7)] {
            let labels = |all: Vec<Recent>| all.into_iter().map(|it| it.label).collect::<Vec<_>>();
            assert_eq!(labels(of_all(&many.1, sight).unwrap()), ["b0"]);
            assert_eq!(labels(failed(&many.1, sight).unwrap()), ["b0"]);
            let of_user = |farm: &Connection| labels(builds_of(farm, Of::User(1), sight).unwrap());
            assert_eq!(of_user(&few.1), ["b0"]);
            assert_eq!(of_user(&many.1), [""; 0], "it is not among the last that are looked at");
        }
        let tasks = |sight| tasks_of(&many.1, Some(1), None, sight).unwrap().len();
        assert_eq!((tasks(Sight::Public), tasks(Sight::All)), (0, 0));
        let all = of_all(&many.1, Sight::All).unwrap();
        assert_eq!((all.len() as i64, all[0].label.as_str()), (ROWS, "b10000"));
        assert_eq!(failed(&many.1, Sight::All).unwrap().len() as i64, ROWS);
    }

    #[test]
    fn the_newest_of_each_project_come_in_the_order_of_an_index() {
        let (_dir, db) = farm(100);
        for (which, index) in [("1", "build_project"), (FAILED, "build_failed")] {
            let sql = format!("EXPLAIN QUERY PLAN {}", of_each_project(Sight::Public, which));
            let mut statement = db.prepare(&sql).unwrap();
            let plan: Vec<String> =
                statement.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
            let found = plan.iter().any(|what| what.contains(&format!("INDEX {index} (")));
            assert!(found, "{which}: {plan:#?}");
        }
    }
}
