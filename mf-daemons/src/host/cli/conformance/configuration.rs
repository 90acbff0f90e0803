//! What a handler has declared of its configuration it also keeps to: a key
//! that nobody knows, and a text that cannot be read, are refused by name.

use mf_core::schema;
use monkeyfarm_plugin_api::Schemas;
use serde_json::{Value, json};

use super::super::plan::{Chosen, Plan, handlers};
use super::{Suite, failure, unanswered};
use crate::plugin::declared;

/// A key that no configuration has.
const RUBBISH: &str = "mf-rubbish";

/// Each place that the handler has declared something of. `good` is a job that
/// succeeds, where an example has one.
pub fn cases(
    suite: &mut Suite<'_>,
    chosen: &Chosen,
    schemas: &Schemas,
    good: Option<Plan>,
) -> anyhow::Result<()> {
    let [handler, target, local] = declared::places(schemas);
    let texts = match chosen.kind {
        "build" => vec![handler, target],
        "vcs" | "bug" => vec![handler],
        _ => Vec::new(),
    };
    // Some read it before they look at anything else, and some after.
    let bases: Vec<Plan> = std::iter::once(Plan::default()).chain(good).collect();
    for (place, field, schema) in texts {
        let Some(schema) = schema else { continue };
        let with = |text: &str, mut plan: Plan| {
            plan.job.insert(field.to_owned(), json!(text));
            plan
        };
        if knows_its_keys(schema, schema) {
            let what = format!("a key of {place} that nobody knows is refused by name");
            refused(suite, chosen, &what, &bases, |plan| with("mf-rubbish = 1\n", plan), RUBBISH)?;
        }
        let what = format!("{place} that is no TOML is refused");
        refused(suite, chosen, &what, &bases, |plan| with("mf-rubbish = [\n", plan), "")?;
    }
    let (place, _, local) = local;
    if local.as_ref().is_some_and(|schema| knows_its_keys(schema, schema)) {
        let what = &format!("a key of {place} that nobody knows is refused by name");
        let with = |mut plan: Plan| {
            plan.local.insert(RUBBISH.to_owned(), json!({ "deep": [1] }));
            plan
        };
        refused(suite, chosen, what, &bases, with, RUBBISH)?;
    }
    Ok(())
}

/// Whether the configuration of an example that succeeds is what the handler
/// has declared: else the hub would refuse what the handler takes.
pub fn fits(suite: &mut Suite<'_>, name: &str, chosen: &Chosen, plan: &Plan) {
    let number = handlers(suite.plugin).iter().position(|one| one == chosen);
    let schemas = number.and_then(|number| suite.plugin.schemas.get()?.get(number));
    let Some(schemas) = schemas else { return };
    let (mut wrong, mut checked) = (None, false);
    for (place, field, schema) in declared::places(schemas) {
        let Some(schema) = schema else { continue };
        let read = match (plan.job.get(field).and_then(Value::as_str), field) {
            (Some(text), _) => schema::check_text(schema, text),
            (None, "local_config") if !plan.local.is_empty() => {
                schema::check(schema, &Value::Object(plan.local.clone()))
            }
            _ => continue,
        };
        checked = true;
        let told = |why| format!("the handler took it, and its schema of {place} does not: {why}");
        wrong = wrong.or(read.err().map(told));
    }
    if checked {
        suite.tell(format!("{chosen}: example {name}, its configuration is as declared"), wrong);
    }
}

/// With the change, one of these jobs fails with a sentence that has `word`;
/// or all of them fail as they do without it, before it is read.
fn refused(
    suite: &mut Suite<'_>,
    chosen: &Chosen,
    what: &str,
    bases: &[Plan],
    with: impl Fn(Plan) -> Plan,
    word: &str,
) -> anyhow::Result<()> {
    let mut wrong = None;
    for base in bases {
        let tried = suite.bench.call(suite.plugin, chosen, &with(base.clone()))?;
        wrong = match failure(&tried.ended) {
            Some(why) if why.contains(word) => None,
            Some(why) => {
                let before = suite.bench.call(suite.plugin, chosen, base)?;
                let named = || format!("its sentence does not name the key `{word}`: {why}");
                (failure(&before.ended) != Some(why)).then(named)
            }
            None => unanswered(&tried.ended).or_else(|| {
                let told = "it took what its schema does not allow: read all of the text as the \
                            type that the schema is made of, with deny_unknown_fields";
                Some(told.to_owned())
            }),
        };
        if wrong.is_none() && failure(&tried.ended).is_some_and(|why| why.contains(word)) {
            break;
        }
    }
    suite.tell(format!("{chosen}: {what}"), wrong);
    Ok(())
}

/// Whether the table that a schema is of has no other keys than it says.
fn knows_its_keys(root: &Value, schema: &Value) -> bool {
    let schema = match schema["$ref"].as_str().and_then(|at| at.strip_prefix('#')) {
        Some(at) => root.pointer(at).unwrap_or(schema),
        None => schema,
    };
    let either = schema["anyOf"].as_array();
    schema["additionalProperties"] == false
        || either.is_some_and(|all| all.iter().any(|one| knows_its_keys(root, one)))
}
