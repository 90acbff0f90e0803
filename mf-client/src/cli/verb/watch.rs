//! `mf build watch`: watches a build until it ends.

mod board;
mod cause;
mod report;
mod screen;
mod session;

use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};

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
        .about("Watch a build until it ends; exit with its code")
        .long_about(
            "Watch a build until it ends; exit with its code.\n\nA terminal shows a line for each \
             task, what it does and why it waits; of a task that fails the last lines of its log. \
             Ctrl-C leaves the build running. If the hub is restarted meanwhile, watching goes on \
             when it is back.",
        )
        .args([timeout(), logs()])
        .after_help(example::text(&format!(
            "mf build watch {} --timeout 600",
            example::label(build())
        )))
}

/// The flag that shows logs.
pub fn logs() -> Arg {
    Arg::new("logs")
        .long("logs")
        .action(ArgAction::SetTrue)
        .help("Show the logs too, while they are written")
}

/// What a watch is to be.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// It ends after so long at the latest.
    pub limit: Option<Duration>,
    /// It shows logs.
    pub logs: bool,
}

impl How {
    /// What the flags say.
    pub fn of(matches: &ArgMatches) -> Self {
        Self { limit: limit(matches), logs: matches.get_flag("logs") }
    }
}

/// The flag that limits how long a build is watched.
pub fn timeout() -> Arg {
    Arg::new("timeout")
        .long("timeout")
        .value_name("SECONDS")
        .value_parser(clap::value_parser!(u64).range(1..))
        .help("Stop watching after this long, with exit code 5; the build goes on")
}

/// What that flag says.
fn limit(matches: &ArgMatches) -> Option<Duration> {
    matches.get_one::<u64>("timeout").map(|seconds| Duration::from_secs(*seconds))
}

/// Watches it.
///
/// # Errors
/// There is no such build; or it does not end in success.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let label = flags::label(build(), matches)?;
    let project = cx.project_of(build(), &label, matches)?;
    let hub = cx.hub()?;
    run(watch(cx, &hub, &label, &project, How::of(matches)))
}

/// Stays with a build until it ends, Ctrl-C, or the limit; how it ended.
///
/// # Errors
/// The hub refuses to go on, or the build does not end in success.
pub async fn watch(cx: &Cx, hub: &Hub, build: &str, project: &str, how: How) -> Outcome {
    let back = format!("come back with: mf build watch {build} --project {project}");
    let late = async {
        match how.limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        outcome = to_the_end(cx, hub, build, project, how.logs) => outcome,
        _ = tokio::signal::ctrl_c() => {
            let told = format!("stopped watching; build {build} goes on");
            Err(Failure::new(Exit::Interrupted, told).hint(back))
        }
        () = late => {
            let told = format!("build {build} has not ended within {} s; it goes on",
                how.limit.unwrap_or_default().as_secs());
            Err(Failure::new(Exit::TimedOut, told).hint(back))
        }
    }
}

/// Stays with a build until it ends; how it ended.
///
/// # Errors
/// The hub refuses to go on, or the build does not end in success.
pub async fn to_the_end(cx: &Cx, hub: &Hub, build: &str, project: &str, logs: bool) -> Outcome {
    let seen = session::follow(cx, hub, build, project, logs).await?;
    report::report(cx, hub, seen).await
}
