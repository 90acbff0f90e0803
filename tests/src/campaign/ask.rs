//! What single tests ask of a site, without a load or a ledger.

use mf_client::{Events, Log};
use mf_core::resource::{Build, Task};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::listen::{Reader, ended};
use super::load::task_of;
use super::run::ALONE;
use super::site::Site;
use super::world::{PROJECT, branch};
use crate::farm::PATIENCE;

/// Runs a test that must have the host for itself, as a campaign does; it may
/// take `times` as long as one usually does.
///
/// # Panics
/// It does not come to its end.
pub fn alone(times: u32, test: impl Future<Output = ()>) {
    // One that failed has not harmed the others.
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let runtime = Runtime::new().unwrap();
    let ended = runtime.block_on(async { timeout(PATIENCE * times, test).await.is_ok() });
    assert!(ended, "it does not come to its end");
}

impl Site {
    /// The one task of a build.
    pub fn task_of(build: &str) -> String {
        task_of(build)
    }

    /// Submits a build of a package; its label.
    pub async fn submit(&self, package: &str) -> String {
        let fields = json!({"project_label": PROJECT, "package_branch_label": branch(package)});
        self.client.create::<Build>("build", &fields).await.unwrap().label
    }

    /// The one task of a build, as it is.
    pub async fn task(&self, build: &str) -> Task {
        let (reader, task) = (self.reader(), task_of(build));
        reader.sure(|| reader.hub.task(&task, PROJECT)).await
    }

    /// The log of a build's last attempt.
    pub async fn log(&self, build: &str) -> Vec<u8> {
        let attempt = self.task(build).await.attempt;
        self.reader().whole_log(&task_of(build), attempt).await
    }

    /// Lets a system have tasks, or none.
    pub async fn enable(&self, system: &str, enabled: bool) {
        self.client
            .update::<Value>("system", system, None, &json!({ "enabled": enabled }))
            .await
            .unwrap();
    }

    /// Waits until a build has ended.
    pub async fn until_ended(&self, build: &str) {
        self.until_task(build, |task| ended(&task.status_label)).await;
    }

    /// Waits until that attempt of a build, and no later one, has ended.
    pub async fn until_attempt_ends(&self, build: &str, attempt: i64) {
        let waits = |task: &Task| task.attempt == attempt && task.status_label == "Queued";
        self.until_task(build, waits).await;
    }

    /// Waits until a build has written something that is at the hub.
    pub async fn until_began(&self, build: &str) {
        let mut log = Log::open(&self.client, &task_of(build), PROJECT, "build.log");
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains("\ncampaign: ") {
            seen.extend(log.next().await.unwrap().expect("it goes on"));
        }
    }

    async fn until_task(&self, build: &str, enough: impl Fn(&Task) -> bool) {
        let mut events = Events::open(&self.client, &[("build_label", build)]).await.unwrap();
        while !enough(&self.task(build).await) {
            events.next().await.unwrap();
        }
    }

    /// Waits until a system's worker waits for a task.
    pub async fn until_waiting(&self, system: &str) {
        let status = || async {
            let none = serde_json::Map::new();
            self.client.call("util", None, "status", &none).await.unwrap()
        };
        let waits = |status: &Value| {
            let systems = status["status"]["systems"].as_array().unwrap();
            systems.iter().any(|s| s["label"] == *system && s["waiting"].as_i64() > Some(0))
        };
        while !waits(&status().await) {
            tokio::task::yield_now().await;
        }
    }

    fn reader(&self) -> Reader {
        Reader::new(&self.client, self.url(), self.key())
    }
}
