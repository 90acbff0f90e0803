//! Has the hub enable build handlers that a system has, and disable those
//! that none has any more.

use serde_json::{Value, json};

use super::{Hook, HookContext};

inventory::submit! {
    Hook { name: "enable-handlers", wakes: &["build_handler", "system"], run }
}

fn run(context: &HookContext) -> anyhow::Result<()> {
    context.post::<Value>("/util/enable_handlers.json", &json!({}))?;
    Ok(())
}
