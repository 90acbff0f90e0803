//! A farm that is a million builds old: it answers as a new one does.

use std::time::Instant;

use anyhow::ensure;
use rusqlite::Connection;

use super::farm::BenchFarm;
use super::floor::{INSERT, SPAWN};
use super::load::Make;
use super::report::{Report, Row, Unit};
use super::start::{self, Alone};
use super::{median, milliseconds};

/// How many builds there are, each with one task.
const BUILDS: u64 = 1_000_000;
/// How many packages they are of.
const PACKAGES: u64 = 500;
/// How often each question is asked.
const ROUNDS: usize = 15;

/// First pages that people ask for.
const PAGES: [&str; 9] = [
    "project_label=demo&order=-id",
    "project_label=demo&order=-update_date",
    "project_label=demo&order=label",
    "project_label=demo&package_label=old7&order=-id",
    "project_label=demo&status_label=BuildSuccess",
    "project_label=demo&status_label=Queued",
    "project_label=demo&mf_search_query=old77-build19",
    "project_label=demo&mf_search_query=build",
    "mf_search_query=nowhere",
];

/// Makes the farm old, starts its hub alone, and asks.
pub fn measure(bench: &mut BenchFarm, report: &mut Report) -> anyhow::Result<()> {
    if bench.farm.is_up() {
        bench.farm.stop();
    }
    let data = bench.farm.data_dir();
    make(&Connection::open(data.join("hub.db"))?)?;
    let mut hub = start::hub(bench)?;
    let row = |what, value, floor, promise| Row { what, value, unit: Unit::Ms, floor, promise };
    report.add(row("hub start over 1,000,000 builds", hub.took, Some(SPAWN), Some(20.0)));
    let mut worst = (0.0_f64, "");
    for page in PAGES {
        let request = bench.request(&format!("/build/get_all.json?limit=50&{page}"));
        let took = ask(&mut hub, &request)?;
        if took > worst.0 {
            worst = (took, page);
        }
    }
    eprintln!("the slowest page is {}", worst.1);
    let first = bench.request("/build/get_all.json?limit=50&project_label=demo");
    let first = ask(&mut hub, &first)?;
    report.add(row("first page with 1,000,000 builds", first, None, None));
    report.add(row("the same, slowest order, filter or search", worst.0, None, Some(100.0)));
    let one = bench.request("/build/old7-build1900/get_one.json?project_label=demo");
    report.add(row("get_one with 1,000,000 builds", ask(&mut hub, &one)?, None, None));
    for (what, page) in [
        ("start page with 1,000,000 builds", "/"),
        ("page of builds with 1,000,000 builds", "/build"),
        ("page of a build with 1,000,000 builds", "/build/old7-build1900?project_label=demo"),
    ] {
        let took = ask(&mut hub, &bench.request(page))?;
        report.add(row(what, took, None, Some(50.0)));
    }
    let submit = bench.sends("POST", "/build/post.json", |_| {
        r#"{"project_label":"demo","package_branch_label":"old7.main"}"#.into()
    });
    let submitted = ask(&mut hub, &submit)?;
    report.add(row("submit with 1,000,000 builds", submitted, Some(INSERT), None));
    Ok(())
}

/// How long an answer takes, in the middle, in milliseconds.
fn ask(hub: &mut Alone, request: &Make) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        hub.client.send(request, 0)?;
        hub.client.answer()?;
        times.push(milliseconds(begin.elapsed()));
    }
    Ok(median(times))
}

/// Fills the tables as so many builds would have. Their indices are made anew
/// afterwards: row by row they would take minutes.
fn make(db: &Connection) -> anyhow::Result<()> {
    let sql = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL \
               AND type IN ('index', 'trigger') AND tbl_name IN ('build', 'task')";
    let dropped: Vec<(String, String, String)> = db
        .prepare(sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    ensure!(!dropped.is_empty(), "the database has another schema than this expects");
    // Nothing of it is to last.
    db.execute_batch("PRAGMA synchronous = OFF; BEGIN")?;
    for (kind, name, _) in &dropped {
        db.execute_batch(&format!("DROP {kind} {name}"))?;
    }
    db.execute_batch(&format!(
        "INSERT INTO package (label, create_date, update_date, project_id, source_name)
             WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {PACKAGES} - 1)
             SELECT 'old' || i, '2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z',
             (SELECT id FROM project WHERE label = 'demo'), 'old' || i FROM n;
         INSERT INTO package_branch (label, create_date, update_date, project_id, package_id,
             build_handler_id)
             SELECT label || '.main', create_date, update_date, project_id, id,
             (SELECT id FROM build_handler WHERE label = 'generic')
             FROM package WHERE label GLOB 'old[0-9]*';
         INSERT INTO package_branch_release
             SELECT id, (SELECT id FROM \"release\" WHERE label = 'one')
             FROM package_branch WHERE label GLOB 'old[0-9]*';
         INSERT INTO build (label, create_date, update_date, project_id, package_branch_id,
             package_id, status)
             WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {BUILDS} - 1)
             SELECT p.label || '-build' || (1 + i / {PACKAGES}), p.create_date,
             strftime('%Y-%m-%dT%H:%M:%SZ', 1577836800 + i * 60, 'unixepoch'), p.project_id, b.id,
             p.id, iif(i % 10 = 0, 'BuildFail', 'BuildSuccess')
             FROM n CROSS JOIN package p ON p.source_name = 'old' || (i % {PACKAGES})
             CROSS JOIN package_branch b ON b.package_id = p.id;
         INSERT INTO task (label, create_date, update_date, project_id, build_id, target_id,
             build_handler_id, status, attempt)
             SELECT b.label || '.one-x86_64', b.create_date, b.update_date, b.project_id, b.id,
             (SELECT id FROM target WHERE label = 'one-x86_64'),
             (SELECT id FROM build_handler WHERE label = 'generic'), b.status, 1
             FROM build b WHERE b.label GLOB 'old[0-9]*';
         INSERT INTO build_search (build_search) VALUES ('rebuild');
         INSERT INTO task_search (task_search) VALUES ('rebuild');"
    ))?;
    for (_, _, sql) in &dropped {
        db.execute_batch(sql)?;
    }
    db.execute_batch("COMMIT")?;
    Ok(db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
}
