//! `list`: the objects of a resource, filtered and in columns.

use clap::{Arg, ArgAction, ArgMatches, Command};
use mf_core::resource::{Field, Gives, Kind, Resource, Scope};
use serde_json::{Map, Value};

use super::cx::{Cx, run};
use super::exit::{Exit, Failure, Outcome};
use super::flags;
use super::print::{clean, detail, json, line, on_terminal, say, table};
use super::{example, explain};
use crate::Hub;

/// Fields that another column says: a task's label is `<build>.<target>`, and a
/// package-branch is of one package.
const SAID_BY_LABEL: &[(&str, &str)] =
    &[("task", "build_label"), ("task", "target_label"), ("build", "package_label")];

/// What else is said at once of some resources: since when it is there.
const SAID_TOO: &[(&str, &str)] = &[("build", "create_date")];

/// Filters that say where to look, not what for.
const PLACE: &[&str] = &["project_label", "order", "limit"];

/// The statuses of what went wrong by itself.
const FAILED: &str = "BuildFail,Lost";

/// The command.
pub fn command(of: &'static Resource) -> Command {
    let mut command = Command::new("list")
        .about(format!("List the {}", of.many()))
        .args(flags::filters(of).filter(|f| f.name != "project_label").map(flags::filter))
        .arg(
            Arg::new("mf_search_query")
                .long("search")
                .value_name("WORD")
                .help("Only those that contain the word"),
        )
        .arg(Arg::new("order").long("order").value_name("FIELD").help("Sort by this field"))
        .arg(
            Arg::new("limit")
                .long("limit")
                .value_name("N")
                .value_parser(clap::value_parser!(u64))
                .help("At most so many"),
        )
        .arg(
            Arg::new("columns")
                .long("columns")
                .short('c')
                .value_name("FIELD,…")
                .value_delimiter(',')
                .action(ArgAction::Append)
                .help("Show these fields"),
        );
    if has(of, "user_label") {
        let help = format!("Only one's own {}", of.many());
        let mine = Arg::new("mine").long("mine").action(ArgAction::SetTrue);
        command = command.arg(mine.conflicts_with("user_label").help(help));
    }
    if has(of, "status_label") {
        let failed = Arg::new("failed").long("failed").action(ArgAction::SetTrue);
        let help = "Only those that failed or were lost";
        command = command.arg(failed.conflicts_with("status_label").help(help));
    }
    let mut text = format!("mf {} list --search {}", super::noun(of), &example::label(of)[..2]);
    if of.scope == Scope::Project {
        command = command.arg(flags::project()).arg(
            Arg::new("all_projects")
                .long("all-projects")
                .action(ArgAction::SetTrue)
                .conflicts_with("project_label")
                .help("Those of every project"),
        );
        text += "\nmf ";
        text += &super::noun(of);
        text += " list --all-projects --json";
    }
    command.after_help(example::text(&text))
}

/// Whether lists of a resource are filtered by this field.
fn has(of: &Resource, field: &str) -> bool {
    flags::filters(of).any(|known| known.name == field)
}

/// Whether a flag stands there that not every resource has.
fn is_set(matches: &ArgMatches, flag: &str) -> bool {
    matches.try_get_one::<bool>(flag).ok().flatten().copied().unwrap_or_default()
}

/// Lists them.
///
/// # Errors
/// The hub refuses, or there is no such column.
pub fn call(cx: &Cx, of: &'static Resource, matches: &ArgMatches) -> Outcome {
    let filters = filters(cx, of, matches)?;
    let columns = columns(of, matches)?;
    let hub = cx.hub()?;
    let mut filters = filters;
    if is_set(matches, "failed") {
        filters.push(("status_label", FAILED.into()));
    }
    if is_set(matches, "mine") {
        filters.push(("user_label", me(&hub)?));
    }
    let pairs: Vec<(&str, &str)> = filters.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let objects: Vec<Value> = run(async { Ok(hub.get_all(of.name, &pairs).await?) })?;
    if cx.json {
        json::rows(cx, &of.plural(), objects)?;
        return Ok(Exit::Success);
    }
    if cx.quiet {
        let label = |object: &Value| object.get("label").map(detail::text).unwrap_or_default();
        objects.iter().try_for_each(|object| line(&clean(&label(object))))?;
        return Ok(Exit::Success);
    }
    let one_project = filters.iter().any(|(name, _)| *name == "project_label");
    let narrowed = filters.iter().any(|(name, _)| !PLACE.contains(name));
    let asked = matches.contains_id("columns");
    let shown: Vec<&Field> = columns
        .into_iter()
        .filter(|field| asked || !(one_project && field.name == "project_label"))
        .collect();
    let headings: Vec<String> = shown.iter().map(|field| detail::heading(field.name)).collect();
    let row = |object: &Value| {
        let text = |field: &&Field| object.get(field.name).map(detail::text).unwrap_or_default();
        shown.iter().map(text).collect::<Vec<_>>()
    };
    let mut rows: Vec<Vec<String>> = objects.iter().map(row).collect();
    if rows.is_empty() && on_terminal() {
        say(&format!("there are no {}{}", of.many(), if narrowed { " like that" } else { "" }));
        return Ok(Exit::Success);
    }
    if on_terminal() && !asked {
        without_nothing(&shown, &mut rows);
    }
    table::print(&headings, &rows)?;
    Ok(Exit::Success)
}

/// Empties the cells of a flag or a number that is the same nothing in every row,
/// so that a terminal's room is for what tells the rows apart.
fn without_nothing(shown: &[&Field], rows: &mut [Vec<String>]) {
    for (column, field) in shown.iter().enumerate() {
        let nothing = match field.kind {
            Kind::Bool => "no",
            Kind::Int(..) | Kind::Computed(Gives::Int) => "0",
            _ => continue,
        };
        if rows.iter().all(|row| row[column] == nothing || row[column].is_empty()) {
            rows.iter_mut().for_each(|row| row[column].clear());
        }
    }
}

/// The user that the key belongs to.
fn me(hub: &Hub) -> Result<String, Failure> {
    let said = run(async { Ok(hub.call("util", None, "whoami", &Map::new()).await?) })?;
    let label = said.pointer("/whoami/label").and_then(Value::as_str).unwrap_or_default();
    match said.pointer("/whoami/kind").and_then(Value::as_str) {
        Some("user") => Ok(label.to_owned()),
        _ => Err(Failure::new(Exit::Denied, "--mine needs a user's key, and there is none")
            .hint("mf login")),
    }
}

fn filters(
    cx: &Cx,
    of: &'static Resource,
    matches: &ArgMatches,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let mut filters = Vec::new();
    let given = flags::values(flags::filters(of).filter(|f| f.name != "project_label"), matches)?;
    for field in flags::filters(of) {
        match given.get(field.name) {
            Some(Value::Array(items)) => {
                let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                filters.push((field.name, items.join(",")));
            }
            Some(Value::String(text)) => filters.push((field.name, text.clone())),
            Some(other) => filters.push((field.name, other.to_string())),
            None => {}
        }
    }
    for name in ["mf_search_query", "order"] {
        if let Some(text) = matches.get_one::<String>(name) {
            filters.push((name, text.clone()));
        }
    }
    if let Some(limit) = matches.get_one::<u64>("limit") {
        filters.push(("limit", limit.to_string()));
    }
    if of.scope == Scope::Project
        && !matches.get_flag("all_projects")
        && let Some(project) = cx.project_if_any(matches)?
    {
        filters.push(("project_label", project));
    }
    Ok(filters)
}

/// The columns that were asked for, or those that say most.
fn columns(of: &Resource, matches: &ArgMatches) -> Result<Vec<&'static Field>, Failure> {
    let Some(names) = matches.get_many::<String>("columns") else {
        let more = |field: &&Field| !SAID_BY_LABEL.contains(&(of.name, field.name));
        let too = |field: &&Field| SAID_TOO.contains(&(of.name, field.name));
        return Ok(of.fields().filter(|f| says_much(f) || too(f)).filter(more).collect());
    };
    let known = |name: &String| {
        of.fields().find(|f| f.name == name || flags::name(f) == *name).ok_or_else(|| {
            let all: Vec<&str> = of.fields().map(|f| f.name).collect();
            let failure = Failure::usage(format!("{} has no field {name:?}", of.name));
            let alike = explain::similar(name, all.iter().copied());
            match explain::did_you_mean(&alike) {
                Some(hint) => failure.hint(format!("{hint} it has {}", all.join(", "))),
                None => failure.hint(format!("it has {}", all.join(", "))),
            }
        })
    };
    names.map(known).collect()
}

/// Whether a field is short and about the object itself.
fn says_much(field: &Field) -> bool {
    match field.kind {
        Kind::Label | Kind::Ref { .. } | Kind::Choice(_) | Kind::Bool => true,
        Kind::Int(..) | Kind::Computed(Gives::Int) => field.name != "id",
        Kind::Refs { .. } => !field.grows(),
        Kind::Text(_) => {
            matches!(field.name, "display_name" | "summary" | "version" | "vcs_branch" | "stage")
        }
        Kind::Computed(Gives::List) => field.name == "archs",
        Kind::Time | Kind::Back { .. } | Kind::Computed(_) | Kind::Secret => false,
    }
}
