//! What operations share: schemas of objects, the errors, how a key is sent.

use std::collections::BTreeMap;

use mf_core::error::Code;
use mf_core::resource::ALL;
use serde_json::{Map, Value, json};

use super::{message, schema};
use crate::http::error::status;
use crate::http::verb::has_rows;

/// The document's `components`.
pub fn all() -> Value {
    let mut schemas: Map<String, Value> =
        ALL.iter().filter(|resource| has_rows(resource)).flat_map(|r| schema::all(r)).collect();
    schemas.extend(message::all());
    schemas.insert("error".into(), error());
    schemas.insert("nothing".into(), json!({ "type": "object", "maxProperties": 0 }));
    json!({
        "schemas": schemas,
        "responses": refusals(),
        "headers": {
            "ETag": {
                "description": "version of the object, for If-Match and If-None-Match",
                "schema": { "type": "string" },
            },
            "Retry-After": {
                "description": "seconds to wait before the next try",
                "schema": { "type": "integer", "minimum": 1 },
            },
        },
        "securitySchemes": {
            "bearer": { "type": "http", "scheme": "bearer", "description": "the key" },
            "basic": {
                "type": "http", "scheme": "basic",
                "description": "label of the user or system, and the key as password",
            },
        },
    })
}

/// The envelope of an error.
fn error() -> Value {
    let codes: Vec<String> = Code::ALL.iter().map(|code| code.name()).collect();
    json!({
        "type": "object",
        "description": "nothing was done; one code, and a sentence that says why",
        "properties": {
            "data": schema::of("nothing"),
            "errors": {
                "type": "object",
                "propertyNames": { "enum": codes },
                "additionalProperties": { "type": "string" },
                "minProperties": 1,
            },
        },
        "required": ["data", "errors"],
    })
}

/// What each status of an error means, by its codes.
fn refusals() -> Value {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL {
        by_status.entry(status(*code).as_u16()).or_default().push(*code);
    }
    by_status
        .into_iter()
        .map(|(status, codes)| {
            let told: Vec<String> =
                codes.iter().map(|code| format!("`{}`: {}", code.name(), code.about())).collect();
            let mut response = json!({
                "description": told.join("\n"),
                "content": { "application/json": { "schema": schema::of("error") } },
            });
            if codes.iter().all(|code| code.retryable()) {
                let header = json!({ "$ref": "#/components/headers/Retry-After" });
                response["headers"] = json!({ "Retry-After": header });
            }
            (status.to_string(), response)
        })
        .collect::<Map<_, _>>()
        .into()
}
