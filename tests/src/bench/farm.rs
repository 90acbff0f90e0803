//! What a farm takes, as a program that uses it sees it.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use mf_client::{Events, Hub, Next};
use mf_core::resource::Build;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{Farm, world};

/// A farm with a world to build in, and a client of it.
pub struct Bench {
    /// How long `mf up` took until the farm could build.
    pub started_in: Duration,
    farm: Farm,
    hub: Hub,
    runtime: Runtime,
}

impl Bench {
    /// Starts a farm whose target `one-x86_64` builds `true` from nothing.
    pub fn start() -> anyhow::Result<Self> {
        let begin = Instant::now();
        let farm = Farm::start();
        let started_in = begin.elapsed();
        world::make(&farm);
        configure(&farm, "true");
        let key = farm.setting("api_key").parse()?;
        let hub = Hub::new(&farm.setting("url"), Some(key))?;
        let runtime = Runtime::new()?;
        Ok(Self { started_in, farm, hub, runtime })
    }

    /// Trivial builds, one after the other: from the request to the event
    /// that it has ended.
    pub fn latencies(&self, count: usize) -> anyhow::Result<Vec<Duration>> {
        let branch = world::package(&self.farm, "trivial", "", &["--release", "one"]);
        self.runtime.block_on(async {
            let mut events = self.events().await?;
            let mut times = Vec::new();
            for _ in 0..count {
                let begin = Instant::now();
                let label = self.submit(&branch).await?;
                ended(&mut events, HashSet::from([label])).await?;
                times.push(begin.elapsed());
            }
            Ok(times)
        })
    }

    /// So many builds of as many packages, submitted together; the time that
    /// each took of the whole.
    pub fn at_once(&self, count: u32) -> anyhow::Result<Duration> {
        let branches: Vec<_> = (0..count)
            .map(|n| world::package(&self.farm, &format!("many{n}"), "", &["--release", "one"]))
            .collect();
        self.runtime.block_on(async {
            let mut events = self.events().await?;
            let begin = Instant::now();
            let mut labels = HashSet::new();
            for branch in &branches {
                labels.insert(self.submit(branch).await?);
            }
            ended(&mut events, labels).await?;
            Ok(begin.elapsed() / count)
        })
    }

    /// A build that writes 1,000,000 lines (80 MB): from the request until
    /// the hub has given all of them.
    pub fn long_log(&self) -> anyhow::Result<Duration> {
        configure(
            &self.farm,
            "yes 0123456789012345678901234567890123456789012345678901234567890123456789012345678 | head -n 1000000",
        );
        let branch = world::package(&self.farm, "long", "", &["--release", "one"]);
        self.runtime.block_on(async {
            let begin = Instant::now();
            let label = self.submit(&branch).await?;
            let task = format!("{label}.one-x86_64");
            let mut log = mf_client::Log::open(&self.hub, &task, "demo", "build.log");
            let mut lines = 0;
            while let Some(bytes) = log.next().await? {
                lines += bytes.iter().filter(|byte| **byte == b'\n').count();
            }
            ensure!(lines >= 1_000_000, "only {lines} lines arrived");
            Ok(begin.elapsed())
        })
    }

    async fn events(&self) -> anyhow::Result<Events> {
        Ok(Events::open(&self.hub, &[("resource", "build")]).await?)
    }

    async fn submit(&self, branch: &str) -> anyhow::Result<String> {
        let fields = json!({"project_label": "demo", "package_branch_label": branch});
        let build: Build = self.hub.create("build", &fields).await?;
        Ok(build.label)
    }
}

/// Waits until all of these builds have ended, and well.
async fn ended(events: &mut Events, mut labels: HashSet<String>) -> anyhow::Result<()> {
    while !labels.is_empty() {
        let Next::Event(event) = events.next().await? else {
            bail!("the hub was away; nothing can be said of its speed");
        };
        let status = event.changes.get("status_label").and_then(|status| status.as_str());
        match status {
            Some("BuildSuccess") => drop(labels.remove(&event.label)),
            Some(bad @ ("BuildFail" | "Lost" | "Cancelled")) => {
                bail!("{} is {bad}", event.label)
            }
            _ => {}
        }
    }
    Ok(())
}

fn configure(farm: &Farm, command: &str) {
    let config = world::recipe(&[command]);
    farm.ok(["target", "update", "one-x86_64", "--config", &config]);
}
