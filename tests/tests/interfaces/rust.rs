//! The Rust interface: its example program, and its typed methods.

use std::process::Command;

use mf_client::{Connection, Hub};
use mf_core::resource::{Build, Distro, Package, Tag};
use monkeyfarm_tests::{Farm, Ran, programs, world};
use serde_json::json;

/// A farm with a build that is ready to be released.
fn farm() -> Farm {
    let farm = Farm::start();
    world::make(&farm);
    farm.ok(["target", "update", "one-x86_64", "--config", &world::recipe(&["true"])]);
    let branch = world::package(&farm, "tool", "", &["--release", "one"]);
    farm.ok(["package", "update", "tool", "--summary", "Does it all"]);
    for tag in ["testing", "stable"] {
        farm.ok(["tag", "create", "-l", tag]);
    }
    farm.ok(["build", "create", "-l", "tool-1", "--package-branch", &branch, "--watch"]);
    farm
}

#[tokio::test]
async fn programs_call_the_hub_by_its_types() {
    let farm = tokio::task::spawn_blocking(farm).await.unwrap();
    let hub: Hub = Connection::of_file(&farm.config()).unwrap().hub().unwrap();
    let builds = hub.rows_in::<Build>("demo");
    let build = builds.tag("tool-1", "testing").await.unwrap();
    assert_eq!((build.status_label.as_str(), build.tags.len()), ("BuildSuccess", 1));
    assert_eq!(builds.comment("tool-1", "works", 1).await.unwrap().karma, 1);
    let tags = hub.rows_in::<Tag>("demo");
    let moved = tags.move_builds("testing", "stable").await.unwrap();
    assert_eq!(moved.moved_builds, ["tool-1"]);
    assert!(tags.lock("stable").await.unwrap().locked);
    let refused = builds.untag("tool-1", "stable").await.unwrap_err();
    assert_eq!(refused.status(), Some(409), "{refused}");
    tags.unlock("stable").await.unwrap();

    let distros = hub.rows::<Distro>();
    for label in ["a", "b", "c"] {
        distros.create(&json!({ "label": label })).await.unwrap();
    }
    let first = distros.page(&[("order", "label")], 2, None).await.unwrap();
    assert_eq!(first.rows.iter().map(|d| d.label.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let rest = distros.page(&[("order", "label")], 2, first.after.as_deref()).await.unwrap();
    assert_eq!((rest.rows[0].label.as_str(), rest.after), ("c", None));
    distros.update("c", &json!({ "label": "d" })).await.unwrap();
    distros.delete("d").await.unwrap();
    assert_eq!(distros.get_one("d").await.unwrap_err().status(), Some(404));
    let packages = hub.rows_in::<Package>("demo").get_all(&[("source_name", "tool")]).await;
    assert_eq!(packages.unwrap()[0].summary, "Does it all");

    // Another program reads the same, by the example of the interface.
    let config = farm.config();
    let notes = move || {
        let mut notes = Command::new(programs::example("release_notes"));
        Ran::of(notes.args(["demo", "stable"]).env("MF_CONFIG", config))
    };
    let ran = tokio::task::spawn_blocking(notes).await.unwrap();
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("stable in demo:\n- tool-1 (Does it all)"), "{}", ran.out);
    tokio::task::spawn_blocking(move || drop(farm)).await.unwrap();
}
