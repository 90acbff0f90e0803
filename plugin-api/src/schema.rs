//! What the configuration of a handler may hold, as JSON Schema.
//!
//! A handler that says so is better to run: the hub checks a configuration
//! when it is set, and names what is wrong with it; a person reads with `mf
//! plugin show` what there is to set. With the feature `schema` it is made
//! from the very types that the handler reads its configuration with.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most bytes that the schemas of one handler may have as JSON, all together.
pub const SCHEMAS_LIMIT: usize = 32 * 1024;

/// JSON Schemas of the three places that a handler's configuration comes
/// from. What there is no schema for is not checked before the handler reads
/// it.
///
/// The two texts of the hub are TOML, and what a schema speaks of is their
/// table; or one [`word`] alone, for a schema that takes a string, such as that
/// of `WordOr` (feature `schema`).
///
/// ```
/// # #[cfg(feature = "schema")] {
/// use monkeyfarm_plugin_api::{Schemas, schemars};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// #[schemars(crate = "monkeyfarm_plugin_api::schemars", deny_unknown_fields)]
/// struct Config {
///     /// How many jobs make runs at the same time.
///     jobs: u32,
/// }
///
/// let schemas = Schemas::default().local::<Config>();
/// assert_eq!(schemas.local.unwrap()["properties"]["jobs"]["type"], "integer");
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Schemas {
    /// Of the text that the hub keeps for the handler: `handler_config` of a
    /// job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler: Option<Value>,
    /// Of the text that a target keeps for its build handler:
    /// `target_config` of a job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Value>,
    /// Of what a host keeps for the plugin, in `plugins.d/<plugin>.toml`, but
    /// for its secrets: `local_config` of a job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<Value>,
}

#[cfg(feature = "schema")]
impl Schemas {
    /// The text that the hub keeps for the handler is read as `T`.
    pub fn handler<T: schemars::JsonSchema>(self) -> Self {
        Self { handler: Some(schema::<T>()), ..self }
    }

    /// The text that a target keeps for its build handler is read as `T`.
    pub fn target<T: schemars::JsonSchema>(self) -> Self {
        Self { target: Some(schema::<T>()), ..self }
    }

    /// What a host keeps for the plugin is read as `T`.
    pub fn local<T: schemars::JsonSchema>(self) -> Self {
        Self { local: Some(schema::<T>()), ..self }
    }
}

/// The word that a text of the hub is, where a handler takes one alone, such as
/// the name of a configuration, in the place of a table. What only TOML has in
/// it is none, and neither is nothing at all.
///
/// ```
/// use monkeyfarm_plugin_api::schema::word;
/// assert_eq!(word(" epel-9-x86_64\n"), Some("epel-9-x86_64"));
/// assert_eq!(word("config = 'epel-9-x86_64'"), None);
/// ```
pub fn word(text: &str) -> Option<&str> {
    let word = text.trim();
    let plain = |c: char| !c.is_whitespace() && !"=[]\"'#".contains(c);
    (!word.is_empty() && word.chars().all(plain)).then_some(word)
}

/// For [`Schemas`]: a text that is a table `T`, or one [`word`].
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
pub enum WordOr<T> {
    /// More than one word says.
    Table(T),
    /// One word.
    Word(String),
}

/// The schema of a type, as whoever writes such a configuration must keep to.
#[cfg(feature = "schema")]
fn schema<T: schemars::JsonSchema>() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_deserialize();
    settings.into_generator().into_root_schema_for::<T>().to_value()
}
