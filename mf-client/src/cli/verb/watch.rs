//! `mf build watch`: stays with a build until it ends.

mod report;
mod screen;
mod session;

use std::time::Duration;

use clap::{Arg, ArgMatches, Command};

use super::submit::build;
use crate::Hub;
use crate::cli::crud::one;
use crate::cli::cx::{Cx, run};
use crate::cli::example;
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::flags;

/// The command.
pub fn command() -> Command {
    one(build(), "watch")
        .about("Stay with a build until it ends: its logs, its files, and its exit code")
        .arg(timeout())
        .after_help(example::text(&format!(
            "mf build watch {} --timeout 600",
            example::label(build())
        )))
}

/// The flag that limits how long a build is watched.
pub fn timeout() -> Arg {
    Arg::new("timeout")
        .long("timeout")
        .value_name("SECONDS")
        .value_parser(clap::value_parser!(u64).range(1..))
        .help("Go away with exit code 5 after so long; the build goes on")
}

/// What that flag says.
pub fn limit(matches: &ArgMatches) -> Option<Duration> {
    matches.get_one::<u64>("timeout").map(|seconds| Duration::from_secs(*seconds))
}

/// Watches it.
///
/// # Errors
/// There is no such build; or it does not end in success.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let (label, project) = (flags::label(build(), matches)?, cx.project(matches)?);
    let hub = cx.hub()?;
    run(watch(cx, &hub, &label, &project, limit(matches)))
}

/// Stays with a build until it ends, Ctrl-C, or `limit`; how it ended.
///
/// # Errors
/// The hub refuses to go on, or the build does not end in success.
pub async fn watch(
    cx: &Cx,
    hub: &Hub,
    build: &str,
    project: &str,
    limit: Option<Duration>,
) -> Outcome {
    let back = format!("come back with: mf build watch {build} --project {project}");
    let late = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        outcome = to_the_end(cx, hub, build, project) => outcome,
        _ = tokio::signal::ctrl_c() => {
            let told = format!("stopped watching; build {build} goes on");
            Err(Failure::new(Exit::Interrupted, told).hint(back))
        }
        () = late => {
            let told = format!("build {build} has not ended within {} s; it goes on",
                limit.unwrap_or_default().as_secs());
            Err(Failure::new(Exit::TimedOut, told).hint(back))
        }
    }
}

/// Stays with a build until it ends; how it ended.
///
/// # Errors
/// The hub refuses to go on, or the build does not end in success.
pub async fn to_the_end(cx: &Cx, hub: &Hub, build: &str, project: &str) -> Outcome {
    let seen = session::follow(cx, hub, build, project).await?;
    report::report(cx, hub, seen).await
}
