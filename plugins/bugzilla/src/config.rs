//! What the hub keeps for the handler.

use monkeyfarm_plugin_api::schemars::JsonSchema;
use serde::Deserialize;

/// How bugs are closed and opened again, in the words of this Bugzilla.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub(crate) struct Config {
    /// Status of a bug that is closed; default: RESOLVED.
    pub(crate) closed_status: String,
    /// Resolution of a bug that is closed; default: FIXED.
    pub(crate) resolution: String,
    /// Status of a bug that is open again; default: CONFIRMED.
    pub(crate) open_status: String,
    /// Only bugs of these products are touched; none: of all.
    pub(crate) products: Vec<String>,
    /// Send the key in the address of what is only read. Bugzilla 5.0 and 5.2
    /// read it nowhere else, so that without this they show public bugs alone;
    /// with it the tracker's own access log has the key.
    pub(crate) key_in_query: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            closed_status: "RESOLVED".into(),
            resolution: "FIXED".into(),
            open_status: "CONFIRMED".into(),
            products: Vec::new(),
            key_in_query: false,
        }
    }
}
