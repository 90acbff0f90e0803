//! What workers and the regulator send, each as an example of the very type
//! that the hub reads, from which its schema is made.

use mf_core::errand::{ClaimErrand, EndErrand, Ended, Kind, RenewErrand};
use mf_core::resource::ALL;
use mf_core::wire::{
    Advance, Called, ClaimRequest, Complete, Event, HandlerKind, HeadSeen, Heartbeat, Held,
    HookOffer, Offer, Register, RegisterHandlers, ReportCalls,
};
use serde_json::{Map, Value, json};

use super::{example, given, schema};
use crate::http::verb::has_rows;

const HELD: Held = Held { task: 7, attempt: 1 };

/// The schema of what a function reads as one JSON value; `None` for bytes.
pub fn of(resource: &str, function: &str) -> Option<Value> {
    let name = format!("{resource}_{function}");
    sent().iter().any(|(known, ..)| *known == name).then(|| schema::of(&name))
}

/// The schema of what a function gives under `key`: an object of the table,
/// or what the example below says.
pub fn given(resource: &str, function: &str, key: &str) -> Value {
    let own = format!("{resource}/{function}/{key}");
    let example = given::all().into_iter().find(|(known, ..)| *known == own || *known == key);
    if let Some((known, about, example)) = example {
        if given::NULLABLE.contains(&known) {
            return example::or_null(about, &example);
        }
        return example::schema(about, &example);
    }
    for resource in ALL.iter().filter(|resource| has_rows(resource)) {
        if resource.key() == key {
            return schema::of(key);
        }
        if resource.plural() == key {
            return json!({ "type": "array", "items": schema::of(&resource.key()) });
        }
    }
    // A test does not let this happen.
    json!({ "description": key.replace('_', " ") })
}

/// The schema of an event's data.
pub fn event() -> Value {
    schema::of("event")
}

/// The schemas that have a name.
pub fn all() -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = sent()
        .into_iter()
        .map(|(name, about, example)| {
            let mut schema = example::schema(about, &example);
            // Both sides may be older than the other.
            drop_required(&mut schema);
            (name.to_owned(), schema)
        })
        .collect();
    let event = Event {
        id: 4711,
        date: "2026-01-31 23:59:59".into(),
        actor: "ada".into(),
        verb: "update".into(),
        resource: "build".into(),
        object: 12,
        label: "php-build1".into(),
        project_label: "ius".into(),
        build_label: "php-build1".into(),
        changes: Map::new(),
    };
    all.push(("event".into(), example::schema("something that happened", &json!(event))));
    all
}

fn drop_required(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.remove("required");
            map.values_mut().for_each(drop_required);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_required),
        _ => {}
    }
}

fn offer() -> Offer {
    Offer {
        kind: HandlerKind::BuildHandler,
        label: "generic".into(),
        display_name: "Generic".into(),
        plugin: "generic".into(),
        version: "0.1.0".into(),
        digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        schemas: json!({ "target": { "type": "object" } }),
    }
}

fn hook() -> HookOffer {
    let Offer { plugin, version, digest, .. } = offer();
    HookOffer { label: "report".into(), plugin, version, digest, schemas: json!({ "local": {} }) }
}

/// What workers and the regulator send.
fn sent() -> Vec<(&'static str, &'static str, Value)> {
    let mut all = by_workers();
    all.extend(by_the_regulator());
    all
}

fn by_workers() -> Vec<(&'static str, &'static str, Value)> {
    let register = Register {
        cpus: 4,
        archs: vec!["x86_64".into()],
        handlers: vec![offer()],
        held: vec![HELD],
        crashed: Vec::new(),
    };
    vec![
        ("system_register", "what a worker offers, and holds", json!(register)),
        (
            "system_claim",
            "with the same nonce the hub gives the same task again; wait is in seconds",
            json!(ClaimRequest { nonce: "f3a1c2d4e5b60718".into(), wait: 20 }),
        ),
        (
            "system_heartbeat",
            "the attempts that a worker holds; wait is in seconds",
            json!(Heartbeat { held: vec![HELD], wait: 20 }),
        ),
        (
            "task_advance",
            "the stage that an attempt has come to",
            json!(Advance {
                stage: "build".into(),
                revision: "0a1b2c3".into(),
                ..Advance::default()
            }),
        ),
        (
            "task_complete",
            "how an attempt ended: success, failure, stopped or handed_back",
            json!(Complete {
                message: "make ended with exit code 2".into(),
                ..Complete::default()
            }),
        ),
    ]
}

fn by_the_regulator() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        (
            "util_register_handlers",
            "all handlers and hooks that there are now",
            json!(RegisterHandlers {
                handlers: vec![offer()],
                hooks: vec![hook()],
                ..RegisterHandlers::default()
            }),
        ),
        (
            "util_report_calls",
            "how calls went that the regulator made, in their order: `worked`, with the plugin's sha256, or `crashed`",
            json!(ReportCalls { calls: vec![Called::Worked("9f86d081884c7d65…".into())] }),
        ),
        (
            "util_claim_errand",
            "asked again with the same nonce, the hub gives the same errand again",
            json!(ClaimErrand { kinds: vec![Kind::Bug], nonce: "f3a1c2d4e5b60718".into() }),
        ),
        (
            "util_renew_errand",
            "who does which errand; a connection that breaks while the answer is held back, for \
             at most `wait` seconds, means that the hook has died",
            json!(RenewErrand { lease: given::errand_lease(), wait: 20 }),
        ),
        (
            "util_end_errand",
            "how an attempt ended: done, later (with `why`, `seconds` and `all`) or refused (`why`)",
            json!(EndErrand {
                lease: given::errand_lease(),
                ended: Ended::Later { why: "it does not answer".into(), seconds: 60, all: true },
            }),
        ),
        (
            "util_report_head",
            "what was looked at, and either the revision or the problem",
            json!(HeadSeen { revision: "0a1b2c3".into(), ..HeadSeen::default() }),
        ),
    ]
}
