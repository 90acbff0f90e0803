//! Configurations are what the plugins that read them have declared.

use mf_core::config;
use mf_core::error::Code;
use mf_core::resource::Resource;
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use super::{Done, Fault};
use crate::schema;

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

/// No text at all is as good as none: the handler has defaults, or says later
/// what it lacks.
fn check(owner: &str, schemas: &str, place: &str, text: &str) -> Done<()> {
    let schemas: Value = serde_json::from_str(schemas).unwrap_or_default();
    let Some(schema) = schemas.get(place).filter(|_| !text.trim().is_empty()) else {
        return Ok(());
    };
    // One word alone may name all that there is to say.
    if is_word(text) && schema::check(schema, &Value::String(text.trim().to_owned())).is_ok() {
        return Ok(());
    }
    let told = config::table(text).and_then(|table| schema::check(schema, &table));
    told.map_err(|why| {
        let told = format!("config does not fit the {owner}: {why}; `mf plugin show` has all");
        Fault::told(Code::InvalidValue, told)
    })
}

/// Whether a text has nothing in it that only TOML has, as handlers tell it.
fn is_word(text: &str) -> bool {
    !text.trim().contains(|c: char| c.is_whitespace() || "=[]\"'#".contains(c))
}
