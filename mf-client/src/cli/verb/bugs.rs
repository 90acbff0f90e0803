//! `mf bug list`: the bugs that builds fix, and what became of them.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Command};
use mf_core::resource::Build;
use serde_json::json;

use crate::cli::cx::{Cx, run};
use crate::cli::exit::{Exit, Outcome};
use crate::cli::print::{clean, json as print_json, line, table};
use crate::cli::{example, flags};

/// Builds that are looked at, the newest.
const MOST: &str = "1000";

/// The command.
pub fn command() -> Command {
    let filter = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("LABEL").help(help)
    };
    let list = Command::new("list")
        .about("List the bugs that builds fix, with the builds")
        .arg(filter("build", "Only those of this build"))
        .arg(filter("package", "Only those of this package's builds"))
        .arg(filter("tag", "Only those of builds that have this tag"))
        .arg(flags::project())
        .after_help(example::text("mf bug list --tag testing\nmf bug list --package php"));
    Command::new("bug")
        .about("The bugs that builds fix")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(list)
        .after_help(example::text("mf bug list"))
}

/// Lists them.
///
/// # Errors
/// The hub refuses.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let Some((_, matches)) = matches.subcommand() else { return Ok(Exit::Success) };
    let given = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let project = cx.project(matches)?;
    let hub = cx.hub()?;
    let mut filters = vec![
        ("project_label", project.as_str()),
        ("lists", "all"),
        ("order", "-id"),
        ("limit", MOST),
    ];
    filters.extend(given("build").map(|label| ("label", label)));
    filters.extend(given("package").map(|label| ("package_label", label)));
    let builds: Vec<Build> = run(async { Ok(hub.get_all("build", &filters).await?) })?;
    let tagged =
        |build: &&Build| given("tag").is_none_or(|tag| build.tags.iter().any(|t| t == tag));
    // The newest build of a bug comes first.
    let mut bugs: BTreeMap<String, Vec<(&Build, [String; 3])>> = BTreeMap::new();
    for build in builds.iter().filter(tagged) {
        let named = build.bugs.split(',').map(str::trim).filter(|bug| !bug.is_empty());
        for (place, bug) in named.enumerate() {
            let url = build.bug_urls.get(place).cloned().unwrap_or_default();
            let details = build.bug_details.as_array().into_iter().flatten();
            let known = details.into_iter().find(|known| known["bug"] == bug);
            let text = |name: &str| {
                let text = known.and_then(|known| known.get(name)?.as_str());
                text.unwrap_or_default().to_owned()
            };
            let told = [text("state"), text("title"), url];
            bugs.entry(bug.to_owned()).or_default().push((build, told));
        }
    }
    let rows = bugs.iter().flat_map(|(bug, builds)| {
        builds.iter().map(move |(build, [state, title, url])| {
            let (label, status) = (build.label.clone(), build.status_label.clone());
            let tags = build.tags.join(", ");
            [bug.clone(), state.clone(), title.clone(), label, status, tags, url.clone()]
        })
    });
    if cx.json {
        let object = |[bug, state, title, build, status, _, url]: [String; 7]| {
            json!({
                "bug": bug, "state": state, "title": title, "url": url,
                "build_label": build, "status_label": status,
            })
        };
        return print_json::rows(cx, "bugs", rows.map(object).collect()).map(|()| Exit::Success);
    }
    if cx.quiet {
        bugs.keys().try_for_each(|bug| line(&clean(bug)))?;
        return Ok(Exit::Success);
    }
    let headings = ["bug", "state", "title", "build", "status", "tags", "url"].map(str::to_owned);
    table::print(&headings, &rows.map(Vec::from).collect::<Vec<_>>())?;
    Ok(Exit::Success)
}
