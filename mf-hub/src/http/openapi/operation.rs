//! One operation: what it takes, what it answers, who may.

use std::collections::BTreeMap;

use mf_core::error::Code;
use mf_core::resource::common::DRY_RUN;
use mf_core::resource::{Field, Find, Kind, Need, Who};
use serde_json::{Map, Value, json};

use super::schema;
use crate::http::error::status;

/// An operation that is being described.
pub struct Operation {
    tag: &'static str,
    id: String,
    about: String,
    who: Who,
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: Map<String, Value>,
    codes: Vec<Code>,
}

impl Operation {
    /// An operation of a resource; `id` is its name, said once in the document.
    pub fn new(tag: &'static str, id: String, about: &str, who: Who, writes: bool) -> Self {
        // What can be wrong with any call.
        let mut codes = vec![Code::InvalidValue, Code::Internal, Code::Busy, Code::TooMany];
        codes.push(Code::Unauthorized);
        if who != Who::ANYONE {
            codes.push(Code::Forbidden);
        }
        if writes {
            codes.extend([Code::TooLarge, Code::UnsupportedMedia]);
            codes.extend([Code::LabelTaken, Code::DiskFull]);
        }
        let (parameters, answers) = (Vec::new(), Map::new());
        let about = about.to_owned();
        Self { tag, id, about, who, parameters, body: None, answers, codes }
    }

    /// It may also answer with these errors.
    pub fn errors(mut self, codes: &[Code]) -> Self {
        self.codes.extend_from_slice(codes);
        self
    }

    /// A part of its path.
    pub fn in_path(mut self, name: &str, about: &str) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "path", "required": true, "description": about,
            "schema": { "type": "string", "minLength": 1 },
        }));
        self.errors(&[Code::NotFound])
    }

    /// A parameter in the query.
    pub fn in_query(self, field: &Field) -> Self {
        self.query(field.name, field.about, field.need == Need::Must, schema::value(field))
    }

    /// A filter of a list; several values in commas or repeated match any.
    pub fn filter(self, field: &Field) -> Self {
        let about = match field.find {
            Find::Search => {
                format!("only objects with this {}; searches look into it too", field.name)
            }
            _ => format!("only objects with this {}: {}", field.name, field.about),
        };
        let mut schema = schema::value(&Field { need: Need::May, ..*field });
        if field.kind == Kind::Label {
            // Nothing is called so, which is an answer.
            schema = json!({ "type": "string" });
        }
        self.query(field.name, &about, false, schema)
    }

    /// A parameter in the query with a schema of its own.
    pub fn query(mut self, name: &str, about: &str, required: bool, mut schema: Value) -> Self {
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("description");
        }
        let mut parameter = json!({ "name": name, "in": "query", "description": about });
        if required {
            parameter["required"] = json!(true);
        }
        if schema["type"] == "array" {
            // Separated by commas.
            parameter["explode"] = json!(false);
        }
        parameter["schema"] = schema;
        self.parameters.push(parameter);
        self
    }

    /// A header.
    pub fn header(mut self, name: &str, about: &str, required: bool) -> Self {
        let schema = json!({ "type": "string" });
        let mut parameter =
            json!({ "name": name, "in": "header", "description": about, "schema": schema });
        if required {
            parameter["required"] = json!(true);
        }
        self.parameters.push(parameter);
        self
    }

    /// Sent again with the same key it is done once.
    pub fn once(self) -> Self {
        let about = "a name for this request, different for each: within a day, repeats with \
                     the same name are not done again and get the same answer \
                     (`Idempotent-Replayed: true`)";
        self.header("Idempotency-Key", about, false).errors(&[Code::KeyReused, Code::AlreadyDone])
    }

    /// It can be asked what would come of it.
    pub fn dry(self) -> Self {
        let about = "check and answer as if it were done, with `Dry-Run: true`, but change nothing";
        self.query(DRY_RUN.name, about, false, schema::value(&DRY_RUN))
    }

    /// It can be made to depend on the version of its object.
    pub fn on_version(self) -> Self {
        let about = "the `ETag` of the object as it was read: refused if it has changed since";
        self.header("If-Match", about, false).errors(&[Code::Changed])
    }

    /// It is not answered again to whoever has the answer.
    pub fn unless_known(mut self) -> Self {
        let about = "the `ETag` of the object as it is known";
        let told = json!({ "description": "the object is as it is known" });
        self.answers.insert("304".into(), told);
        self.header("If-None-Match", about, false)
    }

    /// It answers with an object, and with its version.
    pub fn versioned(mut self) -> Self {
        let header = json!({ "$ref": "#/components/headers/ETag" });
        for status in ["200", "304"] {
            if let Some(answer) = self.answers.get_mut(status) {
                answer["headers"] = json!({ "ETag": header });
            }
        }
        self
    }

    /// The fields of its body, which may be sent in the query instead.
    pub fn fields(mut self, body: Value, in_query: Value) -> Self {
        self.parameters.push(json!({
            "name": "fields", "in": "query", "style": "form", "explode": true,
            "description": "the fields of the body, each as a parameter of its own",
            "schema": in_query,
        }));
        let media = json!({ "schema": body });
        self.body = Some(json!({
            "content": {
                "application/json": media.clone(),
                "application/x-www-form-urlencoded": media,
            },
        }));
        self
    }

    /// Its body is a message of a worker's or the regulator's.
    pub fn message(mut self, schema: Value) -> Self {
        self.body = Some(json!({ "content": { "application/json": { "schema": schema } } }));
        self
    }

    /// Its body is bytes.
    pub fn bytes(mut self) -> Self {
        self.body = Some(json!({ "content": { "application/octet-stream": {} } }));
        self
    }

    /// It answers with the envelope; `data` has these keys.
    pub fn gives(self, data: Vec<(String, Value)>) -> Self {
        let keys: Vec<String> = data.iter().map(|(key, _)| key.clone()).collect();
        self.data(data, &keys)
    }

    /// As [`Operation::gives`], with keys that are always there.
    pub fn data(mut self, data: Vec<(String, Value)>, always: &[String]) -> Self {
        let properties: Map<String, Value> = data.into_iter().collect();
        let data = match properties.is_empty() {
            true => schema::of("nothing"),
            false => json!({ "type": "object", "properties": properties, "required": always }),
        };
        let envelope = json!({
            "type": "object",
            "properties": { "data": data, "errors": schema::of("nothing") },
            "required": ["data", "errors"],
        });
        let content = json!({ "application/json": { "schema": envelope } });
        self.answers.insert("200".into(), json!({ "description": "done", "content": content }));
        self
    }

    /// It answers with something else under `status`.
    pub fn answers(mut self, status: &str, about: &str, media: &str, schema: Value) -> Self {
        let content = json!({ media: { "schema": schema } });
        self.answers.insert(status.into(), json!({ "description": about, "content": content }));
        self
    }

    /// The operation in the document.
    pub fn end(mut self) -> Value {
        // Each status once, whatever its codes.
        let statuses: BTreeMap<u16, ()> =
            self.codes.iter().map(|code| (status(*code).as_u16(), ())).collect();
        for status in statuses.keys() {
            let response = json!({ "$ref": format!("#/components/responses/{status}") });
            self.answers.insert(status.to_string(), response);
        }
        let signed = [json!({ "bearer": [] }), json!({ "basic": [] })];
        let mut security = signed.to_vec();
        if self.who.meets(Who::NEWCOMER) {
            security.insert(0, json!({}));
        }
        let roles = match self.who.names() {
            names if names.is_empty() => vec!["nobody: it is the farm's own business"],
            names => names,
        };
        let mut operation = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.about,
            "description": format!("Who may: {}.", roles.join(", ")),
            "x-roles": roles,
            "security": security,
            "responses": self.answers,
        });
        if !self.parameters.is_empty() {
            operation["parameters"] = json!(self.parameters);
        }
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        operation
    }
}
