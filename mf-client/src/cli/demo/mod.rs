//! `mf demo`: the main job of a farm in one command.

mod source;
mod world;

use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgMatches, Command};

use super::cx::{Cx, run};
use super::example;
use super::exit::{Exit, Failure, Outcome};
use super::print::{clean, line, say};
use super::up::{Farm, Messages, Options, Signals};
use super::verb::watch;
use crate::Connection;

/// Lines of the farm's messages that are shown when a step fails.
const LINES: usize = 20;

/// The command.
pub fn command() -> Command {
    Command::new("demo")
        .about("Build a small C program on a farm of its own, from nothing to its files")
        .long_about(
            "Build a small C program on a farm of its own, from nothing to its files.\n\nA farm \
             is started in a temporary directory, with a project, two targets and a git \
             repository; one build is submitted, and its log and files are shown. On a terminal \
             the farm stays until Ctrl-C; otherwise it ends with the exit code of the build. \
             Nothing of it is left.",
        )
        .args([super::up::plugins_and_schemes()[0].clone()])
        .after_help(example::text("mf demo"))
}

/// Shows it.
///
/// # Errors
/// A step fails, or the build does.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    source::check_programs()?;
    let place = tempfile::Builder::new()
        .prefix("mf-demo-")
        .tempdir()
        .map_err(|e| Failure::new(Exit::Internal, format!("no temporary directory: {e}")))?;
    let plugins_dirs = matches.get_many("plugins-dir").into_iter().flatten().cloned().collect();
    let outcome = run(in_place(cx, place.path(), plugins_dirs));
    let kept = place.path().display().to_string();
    if let Err(error) = place.close() {
        say(&format!("the demo's directory {kept} cannot be removed: {error}"));
    }
    outcome
}

async fn in_place(cx: &Cx, place: &Path, plugins_dirs: Vec<PathBuf>) -> Outcome {
    let mut signals = Signals::new()?;
    let messages = place.join("messages");
    let file = File::create(&messages).map_err(|e| step("making its directory", e.into()))?;
    let options = Options {
        data_dir: place.join("farm"),
        listen: ([127, 0, 0, 1], 0).into(),
        plugins_dirs,
        // The demo's repository is a directory of this host.
        allow_schemes: vec!["file".into()],
        network: Vec::new(),
        ca_file: None,
        plain_http: false,
        messages: Messages::File(Arc::new(file)),
    };
    let mut farm = Farm::new(options).await.map_err(|e| step("taking its directory", e))?;
    let outcome = tokio::select! {
        outcome = show(cx, &mut farm, place) => outcome,
        () = signals.next() => Err(Failure::new(Exit::Interrupted, "")),
    };
    if let Ok(exit) = &outcome
        && stays()
    {
        line("\nthe farm stays until Ctrl-C; try, in another terminal:")?;
        line(&format!("  export MF_CONFIG={}", farm.conf().display()))?;
        line(&format!(
            "  mf status; mf build list --all-projects; mf task list --project {}",
            world::PROJECT
        ))?;
        signals.next().await;
        farm.stop(&mut signals).await;
        return Ok(*exit);
    }
    farm.stop(&mut signals).await;
    outcome.inspect_err(|failure| {
        if !matches!(failure.exit, Exit::Interrupted | Exit::BuildFailed | Exit::Success) {
            show_messages(&messages);
        }
    })
}

/// Whether somebody is there who can look at the farm and end it.
fn stays() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// The demo itself, step by step.
async fn show(cx: &Cx, farm: &mut Farm, place: &Path) -> Outcome {
    tell(cx, "starting a farm: hub, regulator and worker")?;
    farm.open().await.map_err(|e| step("starting the farm", e))?;
    tell(cx, &format!("the farm is ready at {}", farm.url()))?;
    tell(cx, "making a git repository of examples/hello")?;
    let repository = place.join("hello");
    source::make(&repository).map_err(|e| step("making the git repository", e))?;
    tell(cx, "describing a small world: a distro, two releases, a project, a package")?;
    let hub = Connection::of_file(farm.conf())?.hub()?;
    // A path with a space is none in a URL.
    let url = reqwest::Url::from_file_path(&repository).map_err(|()| {
        Failure::new(Exit::Internal, format!("{} is no absolute path", repository.display()))
    })?;
    world::make(&hub, url.as_str()).await.map_err(|e| step("describing the world", e))?;
    tell(cx, "submitting a build")?;
    let build = world::submit(&hub).await.map_err(|e| step("submitting the build", e))?;
    let outcome = watch::to_the_end(cx, &hub, &build, world::PROJECT, true).await;
    let seen = format!("{}/build/{build}?project_label={}", farm.url(), world::PROJECT);
    if !cx.json {
        let told = match outcome.is_ok() && stays() {
            true => format!("\nto be seen at {seen}"),
            false => format!("\nthe farm ends now; it was to be seen at {seen}"),
        };
        line(&told)?;
    }
    outcome
}

fn tell(cx: &Cx, what: &str) -> Result<(), Failure> {
    if cx.json { Ok(()) } else { line(&format!("\x1b[1m--> {what}\x1b[0m")) }
}

/// The failure of a step, with its name.
fn step(what: &str, failure: Failure) -> Failure {
    if failure.sentence.is_empty() {
        return failure;
    }
    let sentence = format!("the demo failed while {what}: {}", failure.sentence);
    Failure { sentence, ..failure }
}

/// The last messages of the farm's programs, which may say why.
fn show_messages(file: &Path) {
    let Ok(text) = std::fs::read_to_string(file) else { return };
    let lines: Vec<&str> = text.lines().collect();
    if !lines.is_empty() {
        say("the farm's last messages:");
    }
    for text in &lines[lines.len().saturating_sub(LINES)..] {
        say(&format!("  | {}", clean(text)));
    }
}
