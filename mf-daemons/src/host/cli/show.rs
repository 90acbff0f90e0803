//! What is said of plugins, to people and to programs.

use std::io::{self, Write};

use mf_core::error::Code;
use serde_json::{Value, json};

use super::find::Found;
use super::{envelope, say};
use crate::plugin::Plugin;
use crate::plugin::meta::{HOOK, kind_name};

/// Writes what was found.
pub(super) fn show(out: &mut impl Write, (plugins, rejected): Found, json: bool) -> io::Result<()> {
    if json {
        let plugins: Vec<_> = plugins.iter().map(|plugin| as_json(plugin)).collect();
        let errors = match rejected.len() {
            0 => json!({}),
            number => {
                let told = format!("{number} cannot be used as plugins; `rejected` says which");
                json!({ Code::Refused.name(): told })
            }
        };
        let rejected = rejected
            .iter()
            .map(|r| json!({ "path": r.path.display().to_string(), "reason": r.reason }));
        let data = json!({ "plugins": plugins, "rejected": rejected.collect::<Vec<_>>() });
        return envelope(out, &data, &errors);
    }
    for plugin in plugins {
        describe(out, &plugin)?;
    }
    for rejected in rejected {
        say(&rejected.to_string());
    }
    Ok(())
}

fn describe(out: &mut impl Write, plugin: &Plugin) -> io::Result<()> {
    let meta = &plugin.meta;
    writeln!(out, "{} {}  {}", meta.id, meta.version, plugin.path.display())?;
    writeln!(out, "  sha256 {}", plugin.digest)?;
    writeln!(out, "  plugin API {}", meta.api)?;
    if !meta.unwinds {
        writeln!(out, "  built with panic = \"abort\": a panic ends its process")?;
    }
    for handler in &meta.handlers {
        let line = format!("  {} {}  {}", kind_name(handler.kind), handler.label, handler.about);
        writeln!(out, "{}", line.trim_end())?;
    }
    for hook in &meta.hooks {
        let line = format!("  {HOOK} {}  {}", hook.label, hook.about);
        writeln!(out, "{}", line.trim_end())?;
    }
    for what in plugin.unread() {
        writeln!(out, "  note: {what}")?;
    }
    Ok(())
}

/// A plugin, for programs.
pub(super) fn as_json(plugin: &Plugin) -> Value {
    let meta = &plugin.meta;
    let handlers = meta.handlers.iter().map(|h| (kind_name(h.kind), &h.label, &h.about));
    let hooks = meta.hooks.iter().map(|hook| (HOOK, &hook.label, &hook.about));
    let handlers = handlers.chain(hooks).enumerate().map(|(number, (kind, label, about))| {
        let schemas = plugin.schemas.get().and_then(|schemas| schemas.get(number));
        json!({ "kind": kind, "label": label, "about": about, "schemas": schemas })
    });
    json!({
        "id": meta.id,
        "version": meta.version,
        "path": plugin.path.display().to_string(),
        "digest": plugin.digest,
        "api": meta.api,
        "panic": if meta.unwinds { "unwind" } else { "abort" },
        "handlers": handlers.collect::<Vec<_>>(),
        "notes": plugin.unread(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Rejected;

    #[test]
    fn programs_get_the_envelope_of_every_command() {
        let rejected =
            Rejected { path: "/p/notes.txt".into(), plugin: None, reason: "is empty".into() };
        for (rejected, errors) in [(vec![], 0), (vec![rejected], 1)] {
            let mut out = Vec::new();
            show(&mut out, (Vec::new(), rejected), true).unwrap();
            let told: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(told["errors"].as_object().unwrap().len(), errors);
            assert_eq!(told["data"]["rejected"].as_array().unwrap().len(), errors);
            assert_eq!(told["data"]["plugins"], json!([]));
        }
    }
}
