//! The text that the hub keeps for a handler.

use monkeyfarm_plugin_api::Failure;
use serde::de::DeserializeOwned;

/// Reads a handler's `config` on the hub, which is TOML.
///
/// # Errors
/// [`Failure::all_later`]: nothing is refused for good that is well as soon as
/// somebody has corrected the text.
pub fn config<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map(|span| span.start);
        let place = "the bug handler's config on the hub";
        let Failure { sentence, .. } = Failure::written(place, text, at, error.message());
        Failure::all_later(sentence, 0)
    })
}
