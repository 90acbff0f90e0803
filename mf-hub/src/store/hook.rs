//! Regulator hooks of plugins: kept so that people see what a plugin does. The
//! regulator runs them, and asks nobody.

use mf_core::wire::HookOffer;
use rusqlite::{Connection, params};

use super::{Done, Tx};

/// These are all hooks that plugins provide now. Those of a quarantined plugin,
/// which nobody loads, stay known. Writes nothing where nothing changes.
///
/// # Errors
/// SQLite fails.
pub fn register(tx: &Tx<'_>, offers: &[HookOffer]) -> Done<()> {
    for (plugin, label) in unused(tx)? {
        if !offers.iter().any(|offer| (&offer.plugin, &offer.label) == (&plugin, &label)) {
            tx.prepare_cached("DELETE FROM plugin_hook WHERE plugin = ?1 AND label = ?2")?
                .execute([plugin, label])?;
        }
    }
    for offer in offers {
        let schemas = match offer.schemas.is_null() {
            true => String::new(),
            false => offer.schemas.to_string(),
        };
        tx.prepare_cached(
            "INSERT INTO plugin_hook (plugin, label, version, digest, schemas) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (plugin, label) DO UPDATE SET \
             version = excluded.version, digest = excluded.digest, schemas = excluded.schemas \
             WHERE (version, digest, schemas) <> \
             (excluded.version, excluded.digest, excluded.schemas)",
        )?
        .execute(params![
            offer.plugin,
            offer.label,
            offer.version,
            offer.digest,
            schemas
        ])?;
    }
    Ok(())
}

/// Plugin and label of all hooks that are known, but for those of quarantined
/// plugins.
fn unused(db: &Connection) -> Done<Vec<(String, String)>> {
    let sql = "SELECT plugin, label FROM plugin_hook \
               WHERE digest NOT IN (SELECT digest FROM plugin_quarantine)";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
