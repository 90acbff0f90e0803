//! Dispatch at size: a thousand workers that wait while a hundred thousand
//! tasks lie that none of them can build, and one comes that they can.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use mf_core::task::Lease;
use mf_core::wire::Claim;
use rusqlite::Connection as Database;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::farm::BenchFarm;
use super::load::{Connection, Make};
use super::report::{Report, Row, Unit};
use super::start::{self, Alone};
use super::{milliseconds, percentile, usage};

/// Workers that wait.
const WORKERS: usize = 1_000;
/// How many tasks lie, few and then many.
const FEW: usize = 1_000;
const MANY: usize = 100_000;
/// How many packages they are of.
const PACKAGES: usize = 2_000;
/// How many builds are submitted at each size.
const ROUNDS: usize = 300;
/// How long a task may take to a worker, before this says that it did not.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is found at one size.
struct Found {
    took: Vec<Duration>,
    /// Processor time of the hub for one build, in milliseconds.
    cpu: f64,
    /// The hub's memory, in MB.
    memory: f64,
}

/// From a submit's answer to a worker's having the task, with few tasks that
/// lie and with many; and what the many cost the hub.
pub fn measure(bench: &mut BenchFarm, report: &mut Report) -> anyhow::Result<()> {
    if bench.farm.is_up() {
        bench.farm.stop();
    }
    let limit =
        Rlimit { current: getrlimit(Resource::Nofile).maximum, ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit)?;
    let data = bench.farm.data_dir().join("hub.db");
    world(&Database::open(&data)?)?;
    let at = |count| -> anyhow::Result<Found> {
        lie(&Database::open(&data)?, count)?;
        rounds(bench, count)
    };
    let (few, many) = (at(FEW)?, at(MANY)?);
    let ms = |what, value, promise| Row { what, value, unit: Unit::Ms, floor: None, promise };
    let at = |found: &Found, percent| milliseconds(percentile(&found.took, percent));
    report.add(ms("submit -> 1 of 1,000 workers, 1,000 lie, p50", at(&few, 50), None));
    report.add(ms("the same, p99", at(&few, 99), None));
    report.add(ms("submit -> 1 of 1,000 workers, 100,000 lie, p50", at(&many, 50), None));
    report.add(ms("the same with 100,000, p99", at(&many, 99), Some(100.0)));
    report.add(ms("hub's processor for one build, 1,000 lie", few.cpu, None));
    report.add(ms("hub's processor for one build, 100,000 lie", many.cpu, None));
    let grown = Row {
        what: "hub's memory for 99,000 tasks more",
        value: many.memory - few.memory,
        unit: Unit::Mb,
        floor: None,
        promise: None,
    };
    report.add(grown);
    Ok(())
}

/// Systems that can build for this arch, each with a key of its own, and a
/// target of an arch that nobody serves.
fn world(db: &Database) -> anyhow::Result<()> {
    // Nothing of it is to last; what others have left in the queue would be
    // what the workers take.
    db.execute_batch(&format!(
        "PRAGMA synchronous = OFF; BEGIN;
         UPDATE task SET status = 'Cancelled' WHERE status = 'Queued';
         INSERT INTO arch (label, create_date, update_date) VALUES ('riscv64', '', '');
         INSERT INTO target (label, create_date, update_date, release_id, arch_id)
             SELECT 'one-riscv64', '', '', r.id, a.id FROM \"release\" r, arch a
             WHERE r.label = 'one' AND a.label = 'riscv64';
         INSERT INTO system (label, create_date, update_date, capacity)
             WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {WORKERS} - 1)
             SELECT 'waits' || i, '', '', 1 FROM n;
         INSERT INTO system_arch SELECT id, 'x86_64' FROM system WHERE label GLOB 'waits*';
         INSERT INTO system_offer SELECT s.id, 'build_handler', h.label, h.digest
             FROM system s, build_handler h
             WHERE s.label GLOB 'waits*' AND h.label = 'generic';
         INSERT INTO package (label, create_date, update_date, project_id, source_name)
             WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {PACKAGES})
             SELECT iif(i < {PACKAGES}, 'lies' || i, 'comes'), '', '',
             (SELECT id FROM project WHERE label = 'demo'), 'source' || i FROM n;
         INSERT INTO package_branch (label, create_date, update_date, project_id, package_id,
             build_handler_id)
             SELECT label || '.main', '', '', project_id, id,
             (SELECT id FROM build_handler WHERE label = 'generic')
             FROM package WHERE label = 'comes' OR label GLOB 'lies*';
         INSERT INTO package_branch_release
             SELECT id, (SELECT id FROM \"release\" WHERE label = 'two')
             FROM package_branch WHERE label = 'comes.main';"
    ))?;
    let mut add = db.prepare(
        "INSERT INTO api_key (public_id, hash, system_id, create_date, name)
         SELECT ?1, ?2, id, '', 'bench' FROM system WHERE label = ?3",
    )?;
    for number in 0..WORKERS {
        let hash: Vec<u8> = Sha256::digest(key(number).as_bytes()).to_vec();
        add.execute((format!("bench{number}"), hash, format!("waits{number}")))?;
    }
    Ok(db.execute_batch("COMMIT")?)
}

fn key(worker: usize) -> String {
    format!("mf_bench{worker}_secret")
}

/// Lets so many tasks lie in the queue that nobody can build.
fn lie(db: &Database, count: usize) -> anyhow::Result<()> {
    let there = "SELECT count(*) FROM build WHERE label GLOB 'lies*'";
    let there: i64 = db.query_row(there, [], |row| row.get(0))?;
    db.execute_batch(&format!(
        "PRAGMA synchronous = OFF; BEGIN;
         INSERT INTO build (label, create_date, update_date, project_id, package_branch_id,
             package_id, status)
             WITH RECURSIVE n (i) AS
                 (SELECT {there} UNION ALL SELECT i + 1 FROM n WHERE i < {count} - 1)
             SELECT 'lies-build' || i, '', '', p.project_id, b.id, p.id, 'Queued'
             FROM n CROSS JOIN package p ON p.label = 'lies' || (i % {PACKAGES})
             AND p.project_id = (SELECT id FROM project WHERE label = 'demo')
             CROSS JOIN package_branch b ON b.package_id = p.id;
         INSERT INTO task (label, create_date, update_date, project_id, build_id, target_id,
             build_handler_id, status)
             SELECT b.label || '.one-riscv64', '', '', b.project_id, b.id,
             (SELECT id FROM target WHERE label = 'one-riscv64'),
             (SELECT id FROM build_handler WHERE label = 'generic'), 'Queued'
             FROM build b WHERE b.label GLOB 'lies-build*'
             AND NOT EXISTS (SELECT 1 FROM task k WHERE k.build_id = b.id);
         COMMIT;"
    ))?;
    Ok(db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
}

/// Submits one build after the other, and lets the worker that gets it end it.
fn rounds(bench: &BenchFarm, lie: usize) -> anyhow::Result<Found> {
    let mut hub = start::hub(bench)?;
    let mut workers = wait(bench, &mut hub)?;
    let memory = usage::of(hub.pid())?.memory;
    let submit = bench.sends("POST", "/build/post.json", |_| {
        r#"{"project_label":"demo","package_branch_label":"comes.main"}"#.into()
    });
    let (mut took, cpu) = (Vec::new(), usage::of(hub.pid())?.cpu);
    for _ in 0..ROUNDS {
        hub.client.send(&submit, 0)?;
        hub.client.answer()?;
        let begin = Instant::now();
        let (worker, claim) = workers.next()?;
        took.push(begin.elapsed());
        workers.end(worker, &claim)?;
    }
    let cpu = (usage::of(hub.pid())?.cpu - cpu) / ROUNDS as f64;
    eprintln!("with {lie} that lie: hub at {memory:.1} MB, {cpu:.2} ms for each build");
    Ok(Found { took, cpu, memory })
}

/// Lets all workers ask for a task, and waits until all wait for one.
fn wait(bench: &BenchFarm, hub: &mut Alone) -> anyhow::Result<Workers> {
    let mut workers = Workers { address: hub.address.clone(), connections: Vec::new() };
    for number in 0..WORKERS {
        let stream = std::net::TcpStream::connect(&workers.address)?;
        workers.connections.push(Connection::open(stream)?);
        workers.ask(number)?;
    }
    let status = bench.request("/util/status.json");
    let begin = Instant::now();
    loop {
        hub.client.send(&status, 0)?;
        let status: Value = serde_json::from_slice(hub.client.answer()?)?;
        let systems = status["data"]["status"]["systems"].as_array().context("no systems")?;
        let waiting: u64 = systems.iter().filter_map(|system| system["waiting"].as_u64()).sum();
        if waiting == WORKERS as u64 {
            return Ok(workers);
        }
        ensure!(begin.elapsed() < PATIENCE, "only {waiting} workers wait");
    }
}

/// All workers, each with one request under way.
struct Workers {
    address: String,
    connections: Vec<Connection>,
}

impl Workers {
    /// The worker that has been given a task, and what it was given.
    fn next(&mut self) -> anyhow::Result<(usize, Claim)> {
        loop {
            let mut sockets: Vec<PollFd<'_>> = self
                .connections
                .iter()
                .map(|connection| {
                    PollFd::from_borrowed_fd(connection.stream().as_fd(), PollFlags::IN)
                })
                .collect();
            let patience = Timespec { tv_sec: PATIENCE.as_secs() as i64, tv_nsec: 0 };
            ensure!(poll(&mut sockets, Some(&patience))? > 0, "no worker is given the task");
            let answered =
                sockets.iter().position(|socket| !socket.revents().is_empty()).context("nobody")?;
            let mut answer: Value = serde_json::from_slice(self.connections[answered].answer()?)?;
            match answer["data"]["claim"].take() {
                // It has waited as long as one may.
                Value::Null => self.ask(answered)?,
                claim => return Ok((answered, serde_json::from_value(claim)?)),
            }
        }
    }

    fn ask(&mut self, worker: usize) -> anyhow::Result<()> {
        let request = self.request(worker, "/system/claim.json", None, |number| {
            format!(r#"{{"nonce":"n{number}","wait":30}}"#)
        });
        self.connections[worker].send(&request, super::load::number())
    }

    /// Ends the build, and asks for another.
    fn end(&mut self, worker: usize, claim: &Claim) -> anyhow::Result<()> {
        let lease =
            Lease { task: claim.task_id, attempt: claim.attempt, token: claim.token.clone() };
        let request = self.request(worker, "/task/complete.json", Some(lease), |_| {
            r#"{"outcome":"success"}"#.into()
        });
        self.connections[worker].send(&request, 0)?;
        let answer: Value = serde_json::from_slice(self.connections[worker].answer()?)?;
        if answer["errors"] != serde_json::json!({}) {
            bail!("the build cannot be ended: {answer}");
        }
        self.ask(worker)
    }

    fn request(
        &self,
        worker: usize,
        path: &str,
        lease: Option<Lease>,
        body: impl Fn(u64) -> String + Sync + 'static,
    ) -> Box<Make> {
        let lease =
            lease.map(|lease| format!("{}: {lease}\r\n", Lease::HEADER)).unwrap_or_default();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n{lease}\
             content-type: application/json\r\n",
            self.address,
            key(worker)
        );
        Box::new(move |number, into: &mut Vec<u8>| {
            let body = body(number);
            into.extend_from_slice(
                format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes(),
            );
        })
    }
}
