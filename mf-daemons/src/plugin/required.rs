//! Plugins without which a daemon does not start.

use super::Catalog;

/// Why a daemon that needs these plugins cannot start; `None` when they are
/// all there.
pub fn missing(catalog: &Catalog, required: &[String]) -> Option<String> {
    let there = |id: &String| catalog.plugins().iter().any(|plugin| plugin.meta.id == *id);
    let id = required.iter().find(|id| !there(id))?;
    let name = format!("libmf_plugin_{id}.so");
    let refused = catalog.rejected().iter().find(|rejected| {
        rejected.plugin.as_ref() == Some(id)
            || rejected
                .path
                .file_name()
                .is_some_and(|file| file.as_encoded_bytes() == name.as_bytes())
    });
    Some(match refused {
        Some(rejected) => {
            format!("plugin '{id}' is required (required_plugins) and cannot be used: {rejected}")
        }
        None => format!(
            "plugin '{id}' is required (required_plugins), and no file in {} is it; \
             `mf plugin list` shows what there is",
            catalog.places()
        ),
    })
}
