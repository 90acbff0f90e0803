//! Checks configurations against what the plugins that read them declare.

use mf_core::error::Code;
use mf_core::resource::Resource;
use mf_core::schema;
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use super::{Done, Fault};

/// Checks what is to be the configuration of a handler.
///
/// # Errors
/// [`Code::InvalidValue`], with the path of what is wrong.
pub fn handler(db: &Connection, resource: &Resource, id: i64, text: &str) -> Done<()> {
    let sql = format!("SELECT label, schemas FROM {} WHERE id = ?1", resource.key());
    let found = db.prepare_cached(&sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)));
    let found: Option<(String, String)> = found.optional()?;
    let Some((label, schemas)) = found else { return Ok(()) };
    let owner = format!("{} {label}", resource.key().replace('_', " "));
    check(&owner, &schemas, "handler", text)
}

/// Checks the configuration of a target, as it is now, for the build handlers
/// that it names. One text is for all of them: it is fine if one of those that
/// declare something could use it.
///
/// # Errors
/// [`Code::InvalidValue`], with the path of what is wrong.
pub fn target(db: &Connection, id: i64) -> Done<()> {
    let sql = "SELECT config FROM target WHERE id = ?1";
    let text: String = db.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
    let sql = "SELECT h.label, h.schemas FROM target_build_handler l \
               JOIN build_handler h ON h.id = l.build_handler_id \
               WHERE l.target_id = ?1 ORDER BY h.label";
    let mut statement = db.prepare_cached(sql)?;
    let handlers = statement
        .query_map([id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    let mut wrong = Ok(());
    for (label, schemas) in handlers {
        match check(&format!("build handler {label}"), &schemas, "target", &text) {
            Ok(()) => return Ok(()),
            told => wrong = wrong.and(told),
        }
    }
    wrong
}

fn check(owner: &str, schemas: &str, place: &str, text: &str) -> Done<()> {
    let schemas: Value = serde_json::from_str(schemas).unwrap_or_default();
    let Some(schema) = schemas.get(place) else { return Ok(()) };
    schema::check_text(schema, text).map_err(|why| {
        let told = format!("config does not fit the {owner}: {why}; `mf plugin show` has all");
        Fault::told(Code::InvalidValue, told)
    })
}
