//! Users, groups and systems: how they come, sign in, and go.

mod enrolment;
mod groups;
mod keys;
mod passwords;
mod registration;

use reqwest::Method;
use serde_json::Value;

use crate::farm::{Farm, Reply};

/// Calls a function with a key.
async fn call(farm: &Farm, key: &str, path: &str, fields: Value) -> Reply {
    farm.send(Some(key), farm.request(Method::POST, path).json(&fields)).await
}
