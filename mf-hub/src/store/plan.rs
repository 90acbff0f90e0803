//! Tests that an old farm is as quick as a new one, by SQLite's query plans and
//! not by time: every first page is read in the order of an index, or its few
//! rows are sorted.

use mf_core::resource::{BUILD, Resource, TASK};
use rusqlite::{Connection, params_from_iter};

use super::filter::{FEW, RARE};
use super::list::Query;
use super::select::Sight;
use super::{build, open};
use crate::params::{Given, Params};

/// A project with two packages: `old`, which has more builds than are counted
/// for a plan, and `new`, which has one. Of all only that one is queued.
fn farm() -> (tempfile::TempDir, Connection) {
    let dir = tempfile::tempdir().unwrap();
    let (_, db) = open::open(dir.path()).unwrap();
    db.execute_batch(&format!(
        "INSERT INTO \"user\" VALUES (1, 'jane', '', '', '', '', '', '', 0);
         INSERT INTO project (label, create_date, update_date) VALUES ('p', '', '');
         INSERT INTO build_handler (label, create_date, update_date) VALUES ('h', '', '');
         INSERT INTO arch (label, create_date, update_date) VALUES ('i386', '', '');
         INSERT INTO distro (label, create_date, update_date) VALUES ('d', '', '');
         INSERT INTO \"release\" (label, create_date, update_date, distro_id)
             VALUES ('r', '', '', 1);
         INSERT INTO target (label, create_date, update_date, release_id, arch_id)
             SELECT 'r-i386', '', '', 1, max(id) FROM arch;
         INSERT INTO package (label, create_date, update_date, project_id, source_name)
             VALUES ('old', '', '', 1, ''), ('new', '', '', 1, '');
         INSERT INTO package_branch
             (label, create_date, update_date, project_id, package_id, build_handler_id)
             SELECT label, '', '', 1, id, 1 FROM package;
         INSERT INTO build (label, create_date, update_date, project_id, package_branch_id,
             package_id, user_id, status)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most})
             SELECT iif(i > 1, 'old-build' || i, 'new-build1'), '', '', 1, iif(i > 1, 1, 2),
             iif(i > 1, 1, 2), 1, iif(i > 1, 'BuildSuccess', 'Queued') FROM n;
         INSERT INTO task (label, create_date, update_date, project_id, build_id, target_id,
             build_handler_id, status)
             SELECT label || '.r-i386', '', '', 1, id, 1, 1, status FROM build;",
        most = FEW + 10
    ))
    .unwrap();
    (dir, db)
}

/// What SQLite plans for the outermost loops of a list, which finds something.
fn plan(db: &Connection, resource: &'static Resource, query: &str, sight: Sight) -> Vec<String> {
    let mut params = Params::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        params.0.insert(name.into_owned(), Given::Texts(vec![value.into_owned()]));
    }
    let list = Query::read(resource, params).unwrap();
    let page = list.page(db, sight, mf_core::resource::Who::ANYONE, 50).unwrap();
    assert!(!page.objects.is_empty(), "{query} finds nothing");
    let (sql, values) = list.explained(db, sight).unwrap();
    let mut statement = db.prepare(&sql).unwrap();
    let rows = statement
        .query_map(params_from_iter(values), |row| Ok((row.get::<_, i64>(1)?, row.get(3)?)))
        .unwrap();
    let rows: Vec<(i64, String)> = rows.map(Result::unwrap).collect();
    assert!(rows.iter().all(|(_, what)| !what.contains("AUTOMATIC")), "{query}: {rows:#?}");
    rows.into_iter().filter(|(parent, _)| *parent == 0).map(|(_, what)| what).collect()
}

#[test]
fn the_first_page_of_any_order_and_filter_sorts_nothing_that_grows() {
    let (_dir, db) = farm();
    let orders = ["id", "label", "create_date", "update_date"];
    let of_builds = ["", "package_label=old", "status_label=BuildSuccess", "user_label=jane"];
    let of_tasks = ["", "target_label=r-i386", "status_label=BuildSuccess"];
    for (resource, filters) in [(&BUILD, &of_builds[..]), (&TASK, &of_tasks[..])] {
        for (order, sign) in orders.into_iter().flat_map(|order| [(order, ""), (order, "-")]) {
            for filter in filters {
                for project in ["", "&project_label=p"] {
                    for search in ["", "&mf_search_query=build", "&mf_search_query=ld"] {
                        for sight in [Sight::All, Sight::User(1), Sight::Public] {
                            let query = format!("order={sign}{order}&{filter}{project}{search}");
                            let plan = plan(&db, resource, &query, sight);
                            let sorts = plan.iter().any(|what| what.contains("ORDER BY"));
                            assert!(!sorts, "{} {query}: {plan:#?}", resource.name);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_rare_is_found_by_its_index_and_then_sorted() {
    let (_dir, db) = farm();
    for (query, first) in [
        ("status_label=Queued&project_label=p", "build_status"),
        ("status_label=Queued&project_label=p&user_label=jane&order=label", "build_status"),
        ("package_label=new&project_label=p&status_label=Queued&order=-update_date", "build_"),
        ("mf_search_query=new-b&project_label=p", "SCAN s VIRTUAL TABLE"),
        ("mf_search_query=NEW&order=-label", "SCAN s VIRTUAL TABLE"),
        ("mf_search_query=build&status_label=Queued", "build_status"),
        ("label=new-build1&project_label=p", "build"),
    ] {
        let plan = plan(&db, &BUILD, query, Sight::Public);
        assert!(plan[0].contains(first), "{query}: {plan:#?}");
        assert!(!plan[0].contains("SCAN t"), "{query}: {plan:#?}");
    }
}

/// Between rare and common: more than are sorted at once, and still far fewer
/// than are gone along in order.
#[test]
fn what_is_one_in_many_is_sorted_rather_than_looked_for() {
    let (_dir, db) = farm();
    db.execute_batch(&format!(
        "INSERT INTO build (label, create_date, update_date, project_id, package_branch_id,
             package_id, user_id, status)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most})
             SELECT 'more' || i, '', '', 1, 2, 2, 1, 'BuildSuccess' FROM n",
        most = RARE * (FEW + 20)
    ))
    .unwrap();
    for (query, first) in [
        ("package_label=old&order=label", "build_package ("),
        ("package_label=old&project_label=p&order=-update_date", "build_package ("),
        ("package_label=old&status_label=BuildSuccess&order=label", "build_package ("),
        ("package_label=new&order=label", "build_label"),
    ] {
        let plan = plan(&db, &BUILD, query, Sight::Public);
        assert!(plan[0].contains(first), "{query}: {plan:#?}");
    }
}

#[test]
fn the_next_number_of_a_build_is_looked_up_and_not_counted() {
    let (_dir, db) = farm();
    let next = |package| build::default_label(&db, Some(1), package).unwrap();
    assert_eq!(next("old"), format!("old-build{}", FEW + 11));
    assert_eq!(next("new"), "new-build2");
    assert_eq!(next("none"), "none-build1");
    for (label, wanted) in [
        ("new-build9", "new-build10"),
        ("new-build10", "new-build11"),
        ("new-build0000000011", "new-build12"),
        ("new-build7x", "new-build12"),
        ("new-buildup", "new-build12"),
        ("new-build1000", "new-build1001"),
    ] {
        let sql = "INSERT INTO build (label, create_date, update_date, project_id, \
                   package_branch_id, package_id) VALUES (?1, '', '', 1, 2, 2)";
        db.execute(sql, [label]).unwrap();
        assert_eq!(next("new"), wanted, "after {label}");
    }
    let (sql, values) = (build::NUMBER, (Some(1), 14, 10, "new-build"));
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = statement.query(values).unwrap();
    let what: String = rows.next().unwrap().unwrap().get(3).unwrap();
    assert!(what.contains("build_number (project_id=? AND <expr>=? AND label>?"), "{what}");
    assert!(rows.next().unwrap().is_none(), "it sorts");
}
