//! A schema that follows from an example.

use serde_json::{Map, Value, json};

/// The schema of what `example` is one of. Objects have all its keys, and may
/// have more; an example without keys is of any.
pub fn schema(about: &str, example: &Value) -> Value {
    let mut schema = of(example);
    schema["description"] = json!(about);
    schema["examples"] = json!([example]);
    schema
}

/// The same, where it may be null.
pub fn or_null(about: &str, example: &Value) -> Value {
    let mut schema = schema(about, example);
    schema["type"] = json!([schema["type"], "null"]);
    schema
}

fn of(example: &Value) -> Value {
    match example {
        Value::Null => json!({}),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(_) => json!({ "type": "integer" }),
        Value::String(_) => json!({ "type": "string" }),
        Value::Array(items) => {
            json!({ "type": "array", "items": items.first().map_or(json!({}), of) })
        }
        Value::Object(map) => {
            let properties: Map<String, Value> =
                map.iter().map(|(key, value)| (key.clone(), of(value))).collect();
            let keys: Vec<&String> = map.keys().collect();
            json!({ "type": "object", "properties": properties, "required": keys })
        }
    }
}
