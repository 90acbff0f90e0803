//! Schemas of objects and fields.

use mf_core::label;
use mf_core::resource::{Field, Gives, Kind, Need, Resource, Who};
use serde_json::{Map, Value, json};

/// What a time looks like; `""` for none.
const TIME: &str = r"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})?$";
/// What a label looks like.
const LABEL: &str = "^[A-Za-z0-9][A-Za-z0-9._+~-]*$";

/// A reference to a schema of the document.
pub fn of(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Every schema that a resource has.
pub fn all(resource: &Resource) -> Vec<(String, Value)> {
    let key = resource.key();
    let mut all = vec![(key.clone(), object(resource))];
    if writes(resource).next().is_some() {
        all.push((format!("{key}_create"), input(resource, Input::Create)));
        all.push((format!("{key}_change"), input(resource, Input::Change)));
    }
    if has_secrets(resource) {
        all.push((format!("{key}_create_query"), input(resource, Input::CreateQuery)));
        all.push((format!("{key}_change_query"), input(resource, Input::ChangeQuery)));
    }
    all
}

/// The schema of what may stand in the query for a body's `schema`.
pub fn in_query(resource: &Resource, schema: &str) -> Value {
    of(&if has_secrets(resource) { format!("{schema}_query") } else { schema.to_owned() })
}

/// One value of a field as it is sent.
pub fn value(field: &Field) -> Value {
    let mut schema = kind(field.kind);
    if let Need::Default(text) = field.need {
        schema["default"] = default(field.kind, text);
    }
    schema["description"] = json!(field.about);
    schema
}

/// The schema of parameters, such as a function's.
pub fn parameters(takes: &[Field]) -> Value {
    let properties: Map<String, Value> =
        takes.iter().map(|field| (field.name.to_owned(), value(field))).collect();
    let mut schema =
        json!({ "type": "object", "properties": properties, "additionalProperties": false });
    let must: Vec<&str> =
        takes.iter().filter(|field| field.need == Need::Must).map(|field| field.name).collect();
    if !must.is_empty() {
        schema["required"] = json!(must);
    }
    schema
}

/// What a caller sends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    Create,
    Change,
    /// Without what is no address's business.
    CreateQuery,
    ChangeQuery,
}

fn writes(resource: &Resource) -> impl Iterator<Item = &'static Field> {
    resource.fields().filter(|field| !field.read_only())
}

fn has_secrets(resource: &Resource) -> bool {
    resource.fields().any(|field| field.kind == Kind::Secret)
}

fn input(resource: &Resource, what: Input) -> Value {
    let create = matches!(what, Input::Create | Input::CreateQuery);
    let query = matches!(what, Input::CreateQuery | Input::ChangeQuery);
    let mut properties = Map::new();
    if !create {
        let told = "must be the object's own id if given; it cannot be changed";
        properties.insert("id".into(), json!({ "type": "integer", "description": told }));
    }
    for field in writes(resource) {
        // The project says which object is meant; it cannot be changed.
        let address = !create && field.name == "project_label";
        if address || (query && field.kind == Kind::Secret) {
            continue;
        }
        let mut schema = value(field);
        if !create && let Some(schema) = schema.as_object_mut() {
            // What is not given stays.
            schema.remove("default");
        }
        properties.insert(field.name.into(), schema);
    }
    let must = writes(resource).filter(|field| create && !query && field.need == Need::Must);
    let must: Vec<&str> = must.map(|field| field.name).collect();
    let mut schema =
        json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !must.is_empty() {
        schema["required"] = json!(must);
    }
    schema
}

/// An object as it is read.
fn object(resource: &Resource) -> Value {
    let mut properties = Map::new();
    let mut always = Vec::new();
    for field in resource.fields().filter(|field| field.kind != Kind::Secret) {
        let mut about = field.about.to_owned();
        if field.read == Who::ANYONE && !field.grows() {
            always.push(field.name);
        }
        if field.read != Who::ANYONE {
            about = format!("{about}; seen by: {}", field.read.names().join(", "));
        }
        if field.grows() {
            about = format!("{about}; in lists only with lists=all");
            let told = format!("{} is cut off, and there are more", field.name);
            let more = json!({ "type": "boolean", "readOnly": true, "description": told });
            properties.insert(format!("{}_more", field.name), more);
        }
        let mut schema = shown(field.kind);
        schema["description"] = json!(about);
        if field.read_only() {
            schema["readOnly"] = json!(true);
        }
        properties.insert(field.name.into(), schema);
    }
    json!({
        "type": "object",
        "description": resource.about,
        "properties": properties,
        "required": always,
    })
}

/// As [`kind`], without the limits of what is sent: what is there is shown.
fn shown(of: Kind) -> Value {
    match of {
        Kind::Int(..) => json!({ "type": "integer" }),
        Kind::Label | Kind::Text(_) | Kind::Ref { .. } | Kind::Choice(_) => {
            json!({ "type": "string" })
        }
        Kind::Refs { .. } => list(json!({ "type": "string" })),
        other => kind(other),
    }
}

fn kind(kind: Kind) -> Value {
    match kind {
        Kind::Label => {
            json!({ "type": "string", "minLength": 1, "maxLength": label::LIMIT, "pattern": LABEL })
        }
        Kind::Text(limit) => json!({ "type": "string", "maxLength": limit }),
        Kind::Int(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Time | Kind::Computed(Gives::Time) => json!({ "type": "string", "pattern": TIME }),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
        Kind::Ref { .. } => json!({ "type": "string", "maxLength": label::LIMIT }),
        Kind::Refs { .. } => list(json!({ "type": "string", "maxLength": label::LIMIT })),
        Kind::Back { .. } | Kind::Computed(Gives::List) => list(json!({ "type": "string" })),
        Kind::Computed(Gives::Text) => json!({ "type": "string" }),
        Kind::Computed(Gives::Int) => json!({ "type": "integer" }),
        Kind::Computed(Gives::Json) => json!({}),
        Kind::Secret => {
            json!({ "type": "string", "format": "password", "maxLength": 1_000, "writeOnly": true })
        }
    }
}

fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

fn default(kind: Kind, text: &str) -> Value {
    match kind {
        Kind::Bool => json!(matches!(text, "true" | "True" | "1")),
        Kind::Int(..) => text.parse().map_or(json!(text), |number: i64| json!(number)),
        _ => json!(text),
    }
}
