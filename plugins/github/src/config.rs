//! What the hub keeps for the handler.

use monkeyfarm_plugin_api::schemars::JsonSchema;
use serde::Deserialize;

/// Which issues the farm speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub(crate) struct Config {
    /// The repository of a bug that names none: `owner/name`.
    pub(crate) repository: String,
    /// Further repositories whose issues may be named, as `owner/name#17`:
    /// `owner/name`, or `owner/*` for all of an owner.
    pub(crate) repositories: Vec<String>,
}

impl Config {
    /// Whether issues of a repository may be named.
    pub(crate) fn allows(&self, owner: &str, repository: &str) -> bool {
        std::iter::once(&self.repository).chain(&self.repositories).any(|known| {
            known.split_once('/').is_some_and(|(known_owner, name)| {
                known_owner.eq_ignore_ascii_case(owner)
                    && (name == "*" || name.eq_ignore_ascii_case(repository))
            })
        })
    }
}
