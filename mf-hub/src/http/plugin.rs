//! `/util/list_plugins`, `/util/show_plugin` and `/util/clear_plugin`.

use axum::response::Response;
use mf_core::error::Error;
use serde_json::json;

use super::call::Call;
use super::envelope;
use crate::store::{Tx, plugin, quarantine};

/// All plugins of the farm, without the evidence of their crashes.
///
/// # Errors
/// The database fails.
pub async fn list(call: Call) -> Result<Response, Error> {
    let all = call.hub.readers.read(plugin::list)?;
    Ok(envelope::data(&json!({ "plugins": all })))
}

/// A plugin with the evidence of its crashes: a list, for more than one file
/// may have its id.
///
/// # Errors
/// Nothing is known of it.
pub async fn show(call: Call) -> Result<Response, Error> {
    let named = call.values.text("plugin");
    let shown = call.hub.readers.read(|db| plugin::show(db, &quarantine::find(db, named)?))?;
    Ok(envelope::data(&json!({ "plugin": shown })))
}

/// Ends a quarantine.
///
/// # Errors
/// Nothing is known of the plugin.
pub async fn clear(call: Call) -> Result<Response, Error> {
    let named = call.values.text("plugin").to_owned();
    let work = move |tx: &Tx<'_>| {
        let cleared = json!({ "cleared": quarantine::clear(tx, &named)? });
        tx.keep_reply(|| envelope::data_text(&cleared))?;
        Ok(cleared)
    };
    let cleared = call.hub.writer.run(&call.caller, work).await?;
    Ok(envelope::data(&cleared))
}
