//! Trivial builds: one after the other, and many at once.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::farm::{BenchFarm, ended, next};
use super::floor::{INSERT, SPAWN, SYNC};
use super::report::{Report, Row, Unit};
use super::{median, milliseconds, percentile};

/// How many builds are measured one after the other.
const ONE_BY_ONE: usize = 200;
/// How often many builds are submitted at once.
const ROUNDS: usize = 3;
/// How many of them are built at a time.
pub const AT_A_TIME: u32 = 8;
/// How many submit them.
const SUBMITTERS: usize = 8;

/// From the request to the client's knowing the end, over the event stream;
/// and from the event that there is a task to the one that a worker has it.
pub fn one_by_one(bench: &BenchFarm, report: &mut Report) -> anyhow::Result<()> {
    let (whole, claims) = bench.runtime.block_on(async {
        let branch = bench.package("trivial").await?;
        let mut events = bench.events("build,task").await?;
        let (mut whole, mut claims) = (Vec::new(), Vec::new());
        for _ in 0..ONE_BY_ONE {
            let begin = Instant::now();
            let submit = BenchFarm::submit(&bench.hub, &branch);
            let (label, claim) = tokio::join!(submit, claimed(&mut events));
            ended(&mut events, HashSet::from([label?])).await?;
            whole.push(begin.elapsed());
            claims.push(claim?);
        }
        anyhow::Ok((whole, claims))
    })?;
    let row = |what, values: &[Duration], percent, floor, promise| {
        let value = milliseconds(percentile(values, percent));
        Row { what, value, unit: Unit::Ms, floor: Some(floor), promise: Some(promise) }
    };
    report.add(row("submit -> finished, trivial build, p50", &whole, 50, SPAWN, 8.0));
    report.add(row("submit -> finished, trivial build, p95", &whole, 95, SPAWN, 12.0));
    report.add(row("submit committed -> worker holds the task, p50", &claims, 50, SYNC, 2.0));
    report.add(row("submit committed -> worker holds the task, p99", &claims, 99, SYNC, 10.0));
    Ok(())
}

/// How long a task that comes waits for its worker.
async fn claimed(events: &mut mf_client::Events) -> anyhow::Result<Duration> {
    let mut queued = Instant::now();
    loop {
        let event = next(events).await?;
        match (event.resource.as_str(), event.verb.as_str()) {
            ("task", "create") => queued = Instant::now(),
            ("task", _) if event.changes.get("status_label").is_some_and(|s| s == "Building") => {
                return Ok(queued.elapsed());
            }
            _ => {}
        }
    }
}

/// So many builds of as many packages, submitted together: by how many of
/// them ended in a second. They are small: their worker is told to build more
/// of them at a time than it has processors.
pub fn at_once(bench: &BenchFarm, count: usize, report: &mut Report) -> anyhow::Result<()> {
    bench.capacity(AT_A_TIME);
    let branches = packages(bench, count)?;
    let rates = bench.runtime.block_on(async {
        let mut rates = Vec::new();
        for _ in 0..ROUNDS {
            rates.push(round(bench, &branches).await?);
        }
        anyhow::Ok(rates)
    })?;
    report.add(Row {
        what: "500 trivial builds at once",
        value: median(rates),
        unit: Unit::PerSecond,
        floor: Some(INSERT),
        promise: Some(300.0),
    });
    Ok(())
}

/// So many packages, each of which builds nothing; their package-branches.
pub fn packages(bench: &BenchFarm, count: usize) -> anyhow::Result<Vec<String>> {
    bench.runtime.block_on(async {
        let mut branches = Vec::new();
        for n in 0..count {
            branches.push(bench.package(&format!("many{n}")).await?);
        }
        Ok(branches)
    })
}

/// Submits a build of each, and waits for the end of all; how many ended in a
/// second.
pub async fn round(bench: &BenchFarm, branches: &[String]) -> anyhow::Result<f64> {
    let mut events = bench.events("build").await?;
    let begin = Instant::now();
    let mut submitting = tokio::task::JoinSet::new();
    for part in branches.chunks(branches.len().div_ceil(SUBMITTERS)) {
        let (hub, part) = (bench.hub.clone(), part.to_vec());
        submitting.spawn(async move {
            let mut labels = Vec::new();
            for branch in &part {
                labels.push(BenchFarm::submit(&hub, branch).await?);
            }
            anyhow::Ok(labels)
        });
    }
    let mut labels = HashSet::new();
    while let Some(part) = submitting.join_next().await {
        labels.extend(part??);
    }
    // Events of what has ended by now wait in the stream.
    ended(&mut events, labels).await?;
    Ok(branches.len() as f64 / begin.elapsed().as_secs_f64())
}
