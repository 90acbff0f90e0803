//! What a plugin has declared of its configuration.

use mf_core::schema;
use monkeyfarm_plugin_api::Schemas;
use serde_json::Value;

use super::checked::Plugin;
use super::meta::kind_name;

/// The schemas of one handler: what each is of, for people; the field of a job
/// that it is about; and the schema.
pub fn places(schemas: &Schemas) -> [(&'static str, &'static str, &Option<Value>); 3] {
    [
        ("the handler's config", "handler_config", &schemas.handler),
        ("a target's config", "target_config", &schemas.target),
        ("plugins.d/<plugin>.toml", "local_config", &schemas.local),
    ]
}

impl Plugin {
    /// What its schemas say that the hub does not check, each as a sentence; of
    /// one that has not been loaded nothing is known.
    pub fn unread(&self) -> Vec<String> {
        let handlers = self.meta.handlers.iter().map(|h| (kind_name(h.kind), &h.label));
        let all = handlers.zip(self.schemas.get().into_iter().flatten());
        let mut told = Vec::new();
        for ((kind, label), schemas) in all {
            for (place, _, schema) in places(schemas) {
                for what in schema.iter().flat_map(schema::unread) {
                    told.push(format!(
                        "{kind} {label}: of {place} not all is checked before the handler reads \
                         it: {what}"
                    ));
                }
            }
        }
        told
    }
}
