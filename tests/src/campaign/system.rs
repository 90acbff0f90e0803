//! A second system.

use std::fs;
use std::path::Path;

use mf_client::Hub;
use serde_json::{Map, Value, json};

/// Makes a system, and its key as the file `keys/second`.
pub async fn add(hub: &Hub, data: &Path) {
    hub.create::<Value>("system", &json!({"label": "second"})).await.unwrap();
    let made = hub.call("system", Some("second"), "create_key", &Map::new()).await.unwrap();
    fs::write(data.join("keys/second"), made["key"].as_str().unwrap()).unwrap();
}
