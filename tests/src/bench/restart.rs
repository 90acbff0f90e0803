//! A hub that is killed with much to do, and started again.

use std::time::Instant;

use anyhow::Context;
use mf_client::Next;
use mf_core::task::State;
use rusqlite::Connection;
use tokio::runtime::Runtime;

use super::floor::SPAWN;
use super::report::{Report, Row, Unit};
use super::{median, milliseconds};
use crate::campaign::{QUICK, Setup, Site};

/// How many builds wait when it is killed.
const QUEUED: usize = 500;
/// How often it is killed.
const ROUNDS: usize = 5;

/// From the kill to the event that a worker has a task of the hub that takes
/// its place; the listening socket stays open, as under `mf up`.
pub fn measure(report: &mut Report) -> anyhow::Result<()> {
    let times = Runtime::new()?.block_on(async {
        let mut site = Site::start(Setup::default()).await;
        for n in 0..QUEUED {
            site.submit(QUICK[n % QUICK.len()]).await;
        }
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            times.push(once(&mut site).await?);
        }
        anyhow::Ok(times)
    })?;
    report.add(Row {
        what: "hub killed -> first claim",
        value: median(times),
        unit: Unit::Ms,
        floor: Some(SPAWN),
        promise: Some(1000.0),
    });
    Ok(())
}

async fn once(site: &mut Site) -> anyhow::Result<f64> {
    let begin = Instant::now();
    site.kill_hub();
    let newest: i64 = Connection::open(site.data().join("hub.db"))?.query_row(
        "SELECT max(id) FROM history",
        [],
        |row| row.get(0),
    )?;
    site.start_hub();
    let filters = [("resource", "task"), ("after", &newest.to_string())];
    let mut events = mf_client::Events::open(&site.client, &filters).await?;
    loop {
        let next = tokio::time::timeout(crate::farm::PATIENCE, events.next()).await;
        if let Next::Event(event) = next.context("nobody claims anything")?? {
            let status = event.changes.get("status_label").and_then(|status| status.as_str());
            if status == Some(State::Building.status()) {
                return Ok(milliseconds(begin.elapsed()));
            }
        }
    }
}
