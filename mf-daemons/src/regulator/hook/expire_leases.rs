//! Has the hub end attempts whose worker has been silent for too long.

use serde_json::{Value, json};

use super::{Hook, HookContext};

inventory::submit! {
    Hook { name: "expire-leases", wakes: &[], run }
}

fn run(context: &HookContext) -> anyhow::Result<()> {
    context.post::<Value>("/util/expire_leases.json", &json!({}))?;
    Ok(())
}
