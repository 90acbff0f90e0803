//! What a plugin's hook asks for, as a call of the hub.

use mf_client::{Error, Hub};
use monkeyfarm_plugin_api::farm::{Ask, Object};
use serde_json::Value;

/// Asks the hub; what it gives.
///
/// # Errors
/// The hub refuses, or cannot be reached.
pub async fn asked(hub: &Hub, ask: Ask) -> Result<Value, Error> {
    match ask {
        Ask::GetOne(Object { resource, label, project }) => {
            hub.get_one(&resource, &label, project.as_deref()).await
        }
        Ask::GetAll { resource, filters } => {
            let filters: Vec<_> =
                filters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            hub.get_all::<Value>(&resource, &filters).await.map(Value::Array)
        }
        Ask::Create { resource, fields } => hub.create(&resource, &fields).await,
        Ask::Update { object: Object { resource, label, project }, fields } => {
            hub.update(&resource, &label, project.as_deref(), &fields).await
        }
        Ask::Delete(Object { resource, label, project }) => {
            hub.delete(&resource, &label, project.as_deref()).await.map(|()| Value::Null)
        }
        Ask::Call { resource, label, function, parameters } => {
            hub.call(&resource, label.as_deref(), &function, &parameters).await
        }
    }
}
