//! The demo's small world: what an admin describes before anything is built.

use mf_core::error::Code;
use mf_core::resource::Build;
use serde_json::{Value, json};

use crate::cli::exit::Failure;
use crate::{Error, Hub};

/// The demo's project.
pub const PROJECT: &str = "demo";
const BRANCH: &str = "hello.main";
const RELEASES: [(&str, &str); 2] = [("spring", "1"), ("autumn", "2")];

/// Describes the world; `url` is where the source is.
///
/// # Errors
/// The hub refuses something, which names it.
pub async fn make(hub: &Hub, url: &str) -> Result<(), Failure> {
    let arch = host_arch();
    match hub.get_one::<Value>("arch", arch, None).await {
        Err(error) if error.is(Code::NotFound) => {
            create(hub, "arch", &json!({ "label": arch })).await?;
        }
        other => drop(other?),
    }
    create(hub, "distro", &json!({ "label": "meadow", "display_name": "Meadow Linux" })).await?;
    for (release, version) in RELEASES {
        let fields = json!({
            "label": release, "distro_label": "meadow",
            "full_version": version, "major_version": version,
        });
        create(hub, "release", &fields).await?;
        let fields = json!({
            "label": format!("{release}-{arch}"), "release_label": release, "arch_label": arch,
            "full_version": version, "major_version": version,
            "tag_path": format!("meadow/{version}/{arch}"),
        });
        create(hub, "target", &fields).await?;
    }
    let fields = json!({
        "label": PROJECT, "display_name": "The demo", "vcs_handler_label": "git",
    });
    create(hub, "project", &fields).await?;
    let fields = json!({
        "label": "hello", "project_label": PROJECT, "summary": "A small C program that says hello",
    });
    create(hub, "package", &fields).await?;
    let fields = json!({
        "label": BRANCH, "project_label": PROJECT, "package_label": "hello",
        "build_handler_label": "generic", "url": url, "vcs_branch": "main",
    });
    create(hub, "package-branch", &fields).await
}

/// Submits a build; its label.
///
/// # Errors
/// The hub refuses it.
pub async fn submit(hub: &Hub) -> Result<String, Failure> {
    let fields = json!({ "project_label": PROJECT, "package_branch_label": BRANCH });
    let build: Build = hub.create("build", &fields).await?;
    Ok(build.label)
}

async fn create(hub: &Hub, of: &str, fields: &Value) -> Result<(), Failure> {
    hub.create::<Value>(of, fields).await.map(drop).map_err(|error: Error| {
        let failure = Failure::from(error);
        let label = &fields["label"];
        Failure { sentence: format!("{of} {label}: {}", failure.sentence), ..failure }
    })
}

/// The arch of this host, as farms call it.
fn host_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86" => "i386",
        arch => arch,
    }
}
