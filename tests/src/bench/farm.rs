//! The farm that is measured, and a client of it.

use std::collections::HashSet;

use anyhow::bail;
use mf_client::{Events, Hub, Next};
use mf_core::resource::Build;
use mf_core::wire::Event;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{Farm, world};

/// A farm with a world to build in, and a client of it.
pub struct BenchFarm {
    /// The farm.
    pub farm: Farm,
    /// A client of it, as its admin.
    pub hub: Hub,
    /// What the client runs on.
    pub runtime: Runtime,
    /// Where it answers: address and port.
    pub address: String,
    /// The admin's key.
    pub key: String,
}

impl BenchFarm {
    /// Starts a farm whose target `one-x86_64` builds `true` from nothing.
    pub fn start() -> anyhow::Result<Self> {
        let farm = Farm::start();
        world::make(&farm);
        let key = farm.setting("api_key");
        let url = farm.setting("url");
        let hub = Hub::new(&url, Some(key.parse()?))?;
        let address = url.trim_start_matches("http://").to_owned();
        let bench = Self { farm, hub, runtime: Runtime::new()?, address, key };
        bench.configure("true");
        Ok(bench)
    }

    /// What every build runs from now on.
    pub fn configure(&self, command: &str) {
        let config = world::recipe(&[command]);
        self.farm.ok(["target", "update", "one-x86_64", "--config", &config]);
    }

    /// How much the worker builds at a time, from now on.
    pub fn capacity(&self, capacity: u32) {
        let systems = self.farm.json(&["system", "list"]);
        let system = systems["data"]["systems"][0]["label"].as_str().unwrap_or_default();
        self.farm.ok(["system", "update", system, "--capacity", &capacity.to_string()]);
    }

    /// A package that is built from nothing; label of its package-branch.
    pub async fn package(&self, label: &str) -> anyhow::Result<String> {
        let package = json!({"project_label": "demo", "label": label});
        let _: Value = self.hub.create("package", &package).await?;
        let branch = format!("{label}.main");
        let fields = json!({
            "project_label": "demo", "label": branch, "package_label": label,
            "build_handler_label": "generic", "releases": ["one"],
        });
        let _: Value = self.hub.create("package-branch", &fields).await?;
        Ok(branch)
    }

    /// Submits a build; its label.
    pub async fn submit(hub: &Hub, branch: &str) -> anyhow::Result<String> {
        let fields = json!({"project_label": "demo", "package_branch_label": branch});
        let build: Build = hub.create("build", &fields).await?;
        Ok(build.label)
    }

    /// What happens from now on to builds, or to tasks.
    pub async fn events(&self, resource: &str) -> anyhow::Result<Events> {
        Ok(Events::open(&self.hub, &[("resource", resource)]).await?)
    }
}

/// The next event.
pub async fn next(events: &mut Events) -> anyhow::Result<Box<Event>> {
    match events.next().await? {
        Next::Event(event) => Ok(event),
        Next::Resumed => bail!("the hub was away; nothing can be said of its speed"),
    }
}

/// Waits until all of these builds have ended, and well.
pub async fn ended(events: &mut Events, mut labels: HashSet<String>) -> anyhow::Result<()> {
    while !labels.is_empty() {
        let event = next(events).await?;
        match event.changes.get("status_label").and_then(Value::as_str) {
            Some("BuildSuccess") => drop(labels.remove(&event.label)),
            Some(bad @ ("BuildFail" | "Lost" | "Cancelled")) => bail!("{} is {bad}", event.label),
            _ => {}
        }
    }
    Ok(())
}
