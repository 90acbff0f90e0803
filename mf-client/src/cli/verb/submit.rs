//! `mf build create`: submits a build, and watches it if asked to; or shows
//! what it would lead to.

use clap::{Arg, ArgAction, ArgMatches, Command};
use mf_core::resource::{Resource, find};
use serde_json::Value;

use crate::cli::cx::{Cx, run};
use crate::cli::exit::Outcome;
use crate::cli::verb::{plan, watch};
use crate::cli::{crud, flags};

/// The build, in the table.
pub fn build() -> &'static Resource {
    find("build").expect("the table has builds, which its tests show")
}

/// The command: the table's, and how to stay with the build.
pub fn command() -> Command {
    crud::command(build(), "create")
        .about("Submit a build: one task for every target")
        .arg(
            Arg::new("watch")
                .long("watch")
                .short('w')
                .action(ArgAction::SetTrue)
                .help("Watch it until it ends; exit with its code"),
        )
        .args([watch::timeout(), watch::logs()].map(|flag| flag.requires("watch")))
        .arg(Arg::new("plan").long("plan").action(ArgAction::SetTrue).conflicts_with("watch").help(
            "Show what would become of it: each task, the systems that could take it, when \
                     and where it would begin; nothing is submitted",
        ))
        .mut_arg("dry-run", |flag| {
            flag.help(
                "Let the hub say whether it would be accepted, and as what; nothing is submitted",
            )
        })
}

/// Submits it.
///
/// # Errors
/// The hub refuses it, or it fails while it is watched.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let fields = crud::new_object(cx, build(), matches)?;
    let project = fields["project_label"].as_str().unwrap_or_default().to_owned();
    let hub = cx.hub_to_change(matches)?;
    run(async {
        if matches.get_flag("plan") {
            return plan::show(cx, &hub, &fields).await;
        }
        let made: Value = hub.create("build", &fields).await?;
        if flags::is_dry(matches) {
            return crud::would(cx, build(), None, &made, "created");
        }
        if !matches.get_flag("watch") {
            return crud::done(cx, build(), &made, "created");
        }
        if !cx.json {
            // Known before anything happens to it: whoever leaves can come back.
            crud::done(cx, build(), &made, "created")?;
        }
        let label = made.get("label").and_then(Value::as_str).unwrap_or_default();
        watch::watch(cx, &hub, label, &project, watch::How::of(matches)).await
    })
}
