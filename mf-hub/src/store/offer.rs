//! The handlers that a system's worker has, and the files that they come from.

use rusqlite::Connection;

use super::Done;

/// A handler of a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// `build_handler`, `vcs_handler` or `bug_handler`.
    pub kind: String,
    /// The handler.
    pub label: String,
    /// SHA-256 of the plugin's file on that host.
    pub digest: String,
    /// Name of the plugin; empty where the farm does not know the handler.
    pub plugin: String,
    /// Its version, where the file is the farm's; else empty.
    pub version: String,
}

/// The handlers of a system.
///
/// # Errors
/// SQLite fails.
pub fn of(db: &Connection, system: i64) -> Done<Vec<Offer>> {
    let known =
        |kind: &str| format!("SELECT '{kind}' AS kind, label, plugin, version, digest FROM {kind}");
    let all = ["build_handler", "vcs_handler", "bug_handler"].map(known).join(" UNION ALL ");
    let sql = format!(
        "SELECT o.kind, o.label, o.digest, coalesce(h.plugin, ''), \
         iif(h.digest = o.digest, h.version, '') FROM system_offer o \
         LEFT JOIN ({all}) h ON h.kind = o.kind AND h.label = o.label \
         WHERE o.system_id = ?1 ORDER BY o.kind, o.label"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([system], |row| {
        let (kind, label, digest) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (plugin, version) = (row.get(3)?, row.get::<_, Option<String>>(4)?);
        Ok(Offer { kind, label, digest, plugin, version: version.unwrap_or_default() })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
