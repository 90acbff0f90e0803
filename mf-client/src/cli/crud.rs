//! The five verbs of every resource, made from the table.

use clap::{Arg, ArgMatches, Command};
use mf_core::resource::{Field, Kind, Need, Resource, Scope, Who};
use serde_json::Value;

use super::cx::{Cx, run};
use super::exit::{Exit, Failure, Outcome};
use super::flags::{self, POSITIONAL};
use super::print::{answer, clean, detail, json, line};
use super::{ask, example, names};
use crate::{DryRun, Hub};

/// The verbs, as people call them.
pub const VERBS: [&str; 5] = ["create", "show", "update", "delete", "list"];

/// Whether anybody but the hub itself may do this.
pub fn offered(of: &Resource, verb: &str) -> bool {
    let who = match verb {
        "create" => of.creators(),
        "update" => of.updaters(),
        "delete" => of.deleters(),
        _ => of.readers(),
    };
    of.scope != Scope::NoRows && who != Who::HUB
}

/// The command of one verb.
pub fn command(of: &'static Resource, verb: &str) -> Command {
    let name = super::noun(of);
    match verb {
        "create" => Command::new("create")
            .about(format!("Make a new {name}"))
            .arg(positional(format!("Label of the new {name}, instead of --label")))
            .args(flags::settable(of).map(flags::setting))
            .arg(flags::dry_run())
            .after_help(example::text(&example::create(of))),
        "show" => one(of, "show")
            .about(format!("Show one {name}"))
            .after_help(example::text(&format!("mf {name} show {}", example::label(of)))),
        "update" => Command::new("update")
            .about(format!("Change one {name}: the fields that are given"))
            .arg(positional("Its label").required(true).add(names::of(of.name)))
            .args(flags::settable(of).map(changing))
            .arg(flags::dry_run())
            .after_help(example::text(&example::update(of))),
        "delete" => one(of, "delete")
            .about(format!("Delete one {name}"))
            .args([flags::dry_run(), flags::yes()])
            .after_help(example::text(&format!("mf {name} delete {} --yes", example::label(of)))),
        _ => super::list::command(of),
    }
}

/// Runs one verb.
///
/// # Errors
/// The hub refuses, or a value cannot be what it is to be.
pub fn call(cx: &Cx, of: &'static Resource, verb: &str, matches: &ArgMatches) -> Outcome {
    match verb {
        "create" => create(cx, of, matches),
        "show" => show(cx, of, matches),
        "update" => update(cx, of, matches),
        "delete" => delete(cx, of, matches),
        _ => super::list::call(cx, of, matches),
    }
}

/// A command for one object that is named by its label.
pub fn one(of: &'static Resource, name: &'static str) -> Command {
    let label = Arg::new("label").long("label").short('l').value_name("LABEL");
    let command = Command::new(name)
        .arg(positional("Its label").add(names::of(of.name)))
        .arg(label.help("The same, by a flag").conflicts_with(POSITIONAL).add(names::of(of.name)));
    match of.scope {
        Scope::Project => command.arg(flags::project().help(
            "The project it belongs to; default: the one of `mf workon`, or the only one that \
             has it",
        )),
        Scope::Site | Scope::NoRows => command,
    }
}

fn positional(help: impl Into<String>) -> Arg {
    Arg::new(POSITIONAL).value_name("LABEL").help(help.into())
}

/// A flag of `update`: the label is a new one there, and nothing is required.
fn changing(field: &'static Field) -> Arg {
    let arg = flags::setting(&Field { need: Need::May, ..*field });
    match field.kind {
        Kind::Label => Arg::new("label")
            .long("label")
            .short('l')
            .value_name("LABEL")
            .help("A new label; references to it stay"),
        _ => arg,
    }
}

/// What an object looks like after something was done to it: whole for
/// programs, a sentence for people, its label for who wants quiet.
pub fn done(cx: &Cx, of: &Resource, object: &Value, what: &str) -> Outcome {
    let label = clean(&object.get("label").map(detail::text).unwrap_or_default());
    if cx.json {
        json::data(&of.key(), object)?;
    } else if cx.quiet {
        line(&label)?;
    } else {
        line(&format!("{} {label} is {what}", super::noun(of)))?;
    }
    Ok(Exit::Success)
}

/// What a dry run would have made of an object: `before` it and after.
///
/// # Errors
/// It cannot be written.
pub fn would(cx: &Cx, of: &Resource, before: Option<&Value>, after: &Value, what: &str) -> Outcome {
    if cx.json {
        json::data(&of.key(), after)?;
        return Ok(Exit::Success);
    }
    let label = clean(&after.get("label").map(detail::text).unwrap_or_default());
    line(&format!("{} {label} would be {what}; nothing is changed", super::noun(of)))?;
    match before {
        None => detail::print(of, after)?,
        Some(before) => detail::pairs_of(&answer::differences(of, before, after))?,
    }
    Ok(Exit::Success)
}

/// The body of a create: what the flags say, and the project of `mf workon`.
///
/// # Errors
/// Something required is missing, naming its flag.
pub fn new_object(
    cx: &Cx,
    of: &'static Resource,
    matches: &ArgMatches,
) -> Result<serde_json::Map<String, Value>, Failure> {
    let mut fields = flags::values(flags::settable(of), matches)?;
    if let Some(label) = matches.get_one::<String>(POSITIONAL) {
        mf_core::label::check(label)?;
        fields.insert("label".into(), Value::from(label.as_str()));
    }
    if of.scope == Scope::Project && !fields.contains_key("project_label") {
        fields.insert("project_label".into(), Value::from(cx.project(matches)?));
    }
    let missing: Vec<String> = flags::settable(of)
        .filter(|field| field.need == Need::Must && !fields.contains_key(field.name))
        .map(flags::name)
        .collect();
    let Some(first) = missing.first() else { return Ok(fields) };
    if ask::possible(cx) {
        for field in flags::settable(of).filter(|field| field.need == Need::Must) {
            if !fields.contains_key(field.name) {
                fields.insert(field.name.to_owned(), ask::field(cx, field)?);
            }
        }
        return Ok(fields);
    }
    let told = format!("a new {} needs --{}", of.name, missing.join(", --"));
    let mut hint = format!("mf {} create --help says what they are", super::noun(of));
    if let Some(label) = matches.get_one::<String>(POSITIONAL) {
        let what = super::noun(of);
        hint = format!("{label:?} is the label of the new {what}; the {first} goes with --{first}");
    }
    Err(Failure::usage(told).hint(hint))
}

fn create(cx: &Cx, of: &'static Resource, matches: &ArgMatches) -> Outcome {
    let fields = new_object(cx, of, matches)?;
    let hub = cx.hub_to_change(matches)?;
    let made: Value = run(async { Ok(hub.create(of.name, &fields).await?) })?;
    if flags::is_dry(matches) {
        return would(cx, of, None, &made, "created");
    }
    done(cx, of, &made, "created")
}

fn show(cx: &Cx, of: &'static Resource, matches: &ArgMatches) -> Outcome {
    let label = flags::label(of, matches)?;
    let project = cx.scope(of, &label, matches)?;
    let hub = cx.hub()?;
    let object: Value = run(async { Ok(hub.get_one(of.name, &label, project.as_deref()).await?) })?;
    if cx.json {
        json::data(&of.key(), &object)?
    } else {
        detail::print(of, &object)?
    }
    Ok(Exit::Success)
}

fn update(cx: &Cx, of: &'static Resource, matches: &ArgMatches) -> Outcome {
    let label = matches.get_one::<String>(POSITIONAL).cloned().unwrap_or_default();
    let project = cx.scope(of, &label, matches)?;
    let mut fields = flags::values(flags::settable(of), matches)?;
    // Which project an object is in says where it is; it does not move it.
    fields.remove("project_label");
    if fields.is_empty() {
        return Err(Failure::usage(format!("nothing of {} {label:?} is to be changed", of.name))
            .hint(format!("mf {} update --help says what can be", super::noun(of))));
    }
    let hub = cx.hub_to_change(matches)?;
    let project = project.as_deref();
    if flags::is_dry(matches) {
        let (before, after): (Value, Value) = run(async {
            let before = hub.get_one(of.name, &label, project).await?;
            Ok((before, hub.update(of.name, &label, project, &fields).await?))
        })?;
        return would(cx, of, Some(&before), &after, "updated");
    }
    let object: Value = run(async { Ok(hub.update(of.name, &label, project, &fields).await?) })?;
    done(cx, of, &object, "updated")
}

fn delete(cx: &Cx, of: &'static Resource, matches: &ArgMatches) -> Outcome {
    let label = flags::label(of, matches)?;
    let project = cx.scope(of, &label, matches)?;
    let (hub, dry) = (cx.hub_to_change(matches)?, flags::is_dry(matches));
    if !dry && !flags::is_sure(matches) {
        // Nobody is asked about what is not there, or has to stay.
        let tried = Hub::over(DryRun(cx.connection()?.handler()?));
        run(async { Ok(tried.delete(of.name, &label, project.as_deref()).await?) })?;
        ask::confirm(cx, &format!("deleting {} {label}", super::noun(of)), &label)?;
    }
    run(async { Ok(hub.delete(of.name, &label, project.as_deref()).await?) })?;
    let gone = serde_json::json!({ "label": label });
    if dry && !cx.json {
        line(&clean(&format!("{} {label} would be deleted; nothing is changed", super::noun(of))))?;
        return Ok(Exit::Success);
    }
    done(cx, of, &gone, "deleted")
}
