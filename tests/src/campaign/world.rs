//! What a campaign builds.

use std::path::Path;

use mf_client::{Events, Hub};
use mf_core::resource::BuildHandler;
use serde_json::{Value, json};

/// The project.
pub const PROJECT: &str = "demo";
/// What everything is built for.
pub const TARGET: &str = "one-x86_64";
/// Packages whose builds go through at once.
pub const FREE: [&str; 4] = ["free0", "free1", "free2", "free3"];
/// Packages whose builds wait at the gate.
pub const ANCHORS: [&str; 2] = ["anchor0", "anchor1"];
/// A package whose builds wait at the gate, and write much then.
const LOUD: &str = "loud";
/// Packages whose builds have nothing to do.
pub const QUICK: [&str; 4] = ["quick0", "quick1", "quick2", "quick3"];
/// What each system builds at the same time: one of every package.
const CAPACITY: usize = FREE.len() + ANCHORS.len() + QUICK.len() + 1;

/// Makes a target that runs `script`, packages for it, and gives each system
/// room for one build of each; returns when their handler is enabled.
pub async fn make(hub: &Hub, systems: &[String], script: &Path) {
    let make = async |resource: &str, fields: Value| {
        hub.create::<Value>(resource, &fields).await.unwrap();
    };
    let script = format!("sh {}", script.display());
    let config = crate::world::recipe(&[&script]);
    make("distro", json!({"label": "linux"})).await;
    make("release", json!({"label": "one", "distro_label": "linux"})).await;
    make(
        "target",
        json!({"label": TARGET, "release_label": "one", "arch_label": "x86_64", "config": config}),
    )
    .await;
    make("project", json!({"label": PROJECT})).await;
    enabled(hub).await;
    for package in FREE.iter().chain(&ANCHORS).chain(&[LOUD]).chain(&QUICK) {
        make("package", json!({"label": package, "project_label": PROJECT})).await;
        let branch = json!({
            "label": branch(package), "project_label": PROJECT, "package_label": package,
            "build_handler_label": "generic", "releases": "one",
        });
        make("package-branch", branch).await;
    }
    for system in systems {
        let fields = json!({"capacity": CAPACITY});
        hub.update::<Value>("system", system, None, &fields).await.unwrap();
    }
}

/// The package-branch of a package.
pub fn branch(package: &str) -> String {
    format!("{package}.main")
}

/// Waits until builds can be given to workers.
async fn enabled(hub: &Hub) {
    let mut events = Events::open(hub, &[("resource", "build_handler,system")]).await.unwrap();
    loop {
        let handlers: Vec<BuildHandler> = hub.get_all("build_handler", &[]).await.unwrap();
        if handlers.iter().any(|handler| handler.label == "generic" && handler.enabled) {
            return;
        }
        events.next().await.unwrap();
    }
}
