//! Functions of resources that people may call, as verbs: `mf build cancel`.

use clap::{Arg, ArgMatches, Command};
use mf_core::resource::{Field, Function, Kind, Need, On, Resource, Scope, Who, find};
use serde_json::Value;

use super::crud::one;
use super::cx::{Cx, run};
use super::exit::{Exit, Failure, Outcome};
use super::flags;
use super::print::{answer, clean, detail, json, line, sentence, table};
use super::{ask, example};

/// Id of the parameter that stands without a flag.
const SECOND: &str = "SECOND";

/// What only the farm's own programs call.
const PROGRAMS: Who = Who::SYSTEM.or(Who::REGULATOR).or(Who::HUB);

/// Functions that have a verb of their own, which says more.
const ELSEWHERE: &[(&str, &str)] =
    &[("system", "enrol"), ("task", "list_files"), ("util", "events"), ("build", "plan")];

/// The functions of a resource that are verbs.
pub fn offered(of: &'static Resource) -> impl Iterator<Item = &'static Function> {
    of.functions.iter().filter(|function| {
        function.on != On::Part
            && function.who.0 & !PROGRAMS.0 != 0
            && !ELSEWHERE.contains(&(of.name, function.name))
    })
}

/// Further words for the same verb.
const ALSO: &[(&str, &str, &str)] = &[("tag", "move_builds", "move")];

/// What cannot be undone: it is done when it is confirmed.
const FINAL: &[(&str, &str)] = &[("user", "revoke_key"), ("system", "revoke_key")];

fn is_final(of: &Resource, function: &Function) -> bool {
    FINAL.contains(&(of.name, function.name))
}

/// The parameter that may stand without its flag: the only one that must be
/// given, after the label. A secret never stands among the arguments.
fn second(function: &Function) -> Option<&'static Field> {
    let mut must = function
        .takes
        .iter()
        .filter(|field| matches!(field.need, Need::Must) && field.name != "project_label");
    let first = must.next()?;
    let alone = must.next().is_none() && first.kind != Kind::Secret;
    (function.on != On::Part && alone).then_some(first)
}

/// The verb that calls a function.
pub fn verb(function: &Function) -> String {
    function.name.replace('_', "-")
}

/// The command.
pub fn command(of: &'static Resource, function: &'static Function) -> Command {
    let mut command = match function.on {
        On::One => one(of, function.name),
        On::All | On::Part => Command::new(function.name),
    };
    for field in function.takes.iter().filter(|field| field.name != "project_label") {
        let mut flag = flags::setting(field);
        if second(function).is_some_and(|second| second.name == field.name) {
            let told = format!("The same as --{}", flags::name(field));
            command = command.arg(Arg::new(SECOND).value_name(value_name(field)).help(told));
            flag = flag.conflicts_with(SECOND);
        }
        command = command.arg(flag);
    }
    if function.on != On::One && function.takes.iter().any(|f| f.name == "project_label") {
        command = command.arg(flags::project());
    }
    if function.writes {
        command = command.arg(flags::dry_run());
    }
    if is_final(of, function) {
        command = command.arg(flags::yes());
    }
    let mut text = format!("mf {} {}", super::noun(of), verb(function));
    if function.on == On::One {
        text += " ";
        text += example::label(of);
    }
    for field in function.takes.iter().filter(|f| f.name != "project_label") {
        text += &match second(function) {
            Some(second) if second.name == field.name => format!(" {}", sample(field)),
            _ if field.kind == Kind::Secret => format!(" --{}", flags::name(field)),
            _ if field.kind == Kind::Bool => format!(" --{}=True", flags::name(field)),
            _ => format!(" --{} {}", flags::name(field), sample(field)),
        };
    }
    let name = verb(function);
    let underscored = function.name;
    command = command.name(name.clone()).about(flags::sentence(function.about));
    if name != underscored {
        command = command.alias(underscored);
    }
    let also = ALSO.iter().find(|also| (also.0, also.1) == (of.name, function.name));
    if let Some((_, _, also)) = also {
        command = command.visible_alias(*also);
    }
    command.after_help(example::text(&text))
}

/// What stands for a parameter in a usage line.
fn value_name(field: &Field) -> String {
    flags::name(field).to_uppercase().replace('-', "_")
}

/// A value for examples.
fn sample(field: &Field) -> &'static str {
    match (field.name, field.kind) {
        (_, Kind::Bool) => "True",
        ("expires", _) => "90d",
        ("since", _) => "\"2026-01-31 12:00:00\"",
        ("name", _) if field.need == Need::Must => "build.log",
        ("name" | "key", _) => "laptop",
        ("user_label", _) => "ada",
        ("limit", _) => "20",
        ("after", _) => "1234",
        (_, Kind::Int(..)) => "1",
        ("to_tag_label", _) => "stable",
        ("reason", _) => "\"new disks\"",
        ("comment", _) => "\"works for me\"",
        ("mf_search_query", _) => "php",
        (_, Kind::Ref { to, .. }) => find(to).map_or("LABEL", example::label),
        _ => "TEXT",
    }
}

/// Calls it.
///
/// # Errors
/// The hub refuses.
pub fn call(
    cx: &Cx,
    of: &'static Resource,
    function: &'static Function,
    matches: &ArgMatches,
) -> Outcome {
    let label = match function.on {
        On::One => Some(flags::label(of, matches)?),
        On::All | On::Part => None,
    };
    let own = function.takes.iter().filter(|field| field.name != "project_label");
    let mut parameters = flags::values(own, matches)?;
    let without_flag = matches.try_get_one::<String>(SECOND).ok().flatten();
    if let (Some(field), Some(text)) = (second(function), without_flag) {
        field.parse_text(text)?;
        parameters.insert(field.name.to_owned(), Value::from(text.as_str()));
    }
    for field in function.takes.iter().filter(|field| field.name != "project_label") {
        if field.need == Need::Must && !parameters.contains_key(field.name) {
            if !ask::possible(cx) {
                let flag = flags::name(field);
                let told = format!("{} {} needs --{flag}", super::noun(of), verb(function));
                return Err(Failure::usage(told).hint(format!("it is {}", field.about)));
            }
            parameters.insert(field.name.to_owned(), ask::field(cx, field)?);
        }
    }
    let takes_project = function.takes.iter().any(|f| f.name == "project_label");
    if takes_project || (function.on == On::One && of.scope == Scope::Project) {
        let project = match &label {
            Some(label) if of.scope == Scope::Project => cx.project_of(of, label, matches)?,
            _ => cx.project(matches)?,
        };
        parameters.insert("project_label".into(), Value::from(project));
    }
    let (hub, dry) = (cx.hub_to_change(matches)?, flags::is_dry(matches));
    if is_final(of, function) && !dry && !flags::is_sure(matches) {
        let which = parameters.get("key").map(detail::text).unwrap_or_default();
        ask::confirm(cx, &format!("{} {which}", verb(function)), &which)?;
    }
    let data =
        run(async { Ok(hub.call(of.name, label.as_deref(), function.name, &parameters).await?) })?;
    if cx.json {
        json::all(&data)?;
    } else if dry {
        line("nothing is changed; this would be answered:")?;
        // A key that was never kept would only mislead.
        let secret = |name: &str| matches!(name, "key" | "token");
        match function.gives.iter().any(|name| secret(name)) {
            true => line(&format!("a new {}", function.gives.join(" and ")))?,
            false => drop(show(of, function, label.as_deref(), &data)?),
        }
    } else if !(cx.quiet && function.writes && data.get(of.key()).is_some()) {
        show(of, function, label.as_deref(), &data)?;
    }
    Ok(Exit::Success)
}

/// Objects of a list that is no resource, one to a line.
fn rows(items: &[Value]) -> Result<(), Failure> {
    let Some(Value::Object(first)) = items.first() else { return Ok(()) };
    let names: Vec<&String> = first.keys().collect();
    let headings: Vec<String> = names.iter().map(|name| detail::heading(name)).collect();
    let row = |item: &Value| -> Vec<String> {
        names.iter().map(|name| item.get(*name).map_or_else(String::new, detail::text)).collect()
    };
    table::print(&headings, &items.iter().map(row).collect::<Vec<_>>())
}

/// One object whole; of a change to an object only that it was made.
fn show(of: &'static Resource, function: &Function, label: Option<&str>, data: &Value) -> Outcome {
    if answer::print(of, function, data)? {
        return Ok(Exit::Success);
    }
    let changed = function.writes && (function.gives.is_empty() || data.get(of.key()).is_some());
    if let (true, Some(label)) = (changed, label) {
        let status = data.get(of.key()).and_then(|object| object.get("status_label"));
        let status = status.and_then(Value::as_str).map(|status| format!(", it is {status}"));
        let what = format!("{} {label}: {}", of.name, verb(function));
        sentence(&clean(&format!("{what} is accepted{}", status.unwrap_or_default())))?;
        return Ok(Exit::Success);
    }
    for (name, value) in data.as_object().into_iter().flatten() {
        match (find(name), value) {
            (Some(of), Value::Object(_)) => {
                line(&format!("\x1b[1m{}\x1b[0m", of.name))?;
                detail::print(of, value)?;
            }
            (_, Value::Object(map)) => {
                let pairs: Vec<(String, String)> =
                    map.iter().map(|(n, v)| (detail::heading(n), detail::text(v))).collect();
                detail::pairs_of(&pairs)?;
            }
            (_, Value::Array(items)) if items.iter().all(Value::is_object) => rows(items)?,
            (_, other) => line(&clean(&detail::text(other)))?,
        }
    }
    Ok(Exit::Success)
}
