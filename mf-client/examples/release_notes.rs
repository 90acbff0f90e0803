//! Prints what the builds of a tag are: a first program with the interface.
//!
//!     MF_CONFIG=mf.conf cargo run --example release_notes -- ius stable

use std::process::ExitCode;

use mf_client::resource::{Build, Package, Tag};
use mf_client::{Connection, Hub};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [project, tag] = &words[..] else {
        eprintln!("usage: release_notes PROJECT TAG");
        return ExitCode::from(2);
    };
    let hub = match Connection::load(None).map(|connection| connection.hub()) {
        Ok(Ok(hub)) => hub,
        Ok(Err(error)) => return complain(&error),
        Err(error) => return complain(&error),
    };
    match notes(&hub, project, tag).await {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => complain(&error),
    }
}

async fn notes(hub: &Hub, project: &str, tag: &str) -> Result<String, mf_client::Error> {
    let tag = hub.rows_in::<Tag>(project).get_one(tag).await?;
    let mut text = format!("{} in {}:\n", tag.label, tag.project_label);
    for label in &tag.builds {
        let build = hub.rows_in::<Build>(project).get_one(label).await?;
        let package = hub.rows_in::<Package>(project).get_one(&build.package_label).await?;
        text += &format!("- {} ({}), revision {}\n", build.label, package.summary, build.revision);
    }
    Ok(text)
}

fn complain(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}
