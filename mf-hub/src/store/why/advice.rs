//! What to do about a task that no system can build.

use mf_core::wire::HandlerKind;
use rusqlite::{Connection, OptionalExtension};

use crate::dispatch::{Facts, Reason};
use crate::store::Done;

/// Whether the plugin of a handler is quarantined.
fn quarantined(db: &Connection, kind: HandlerKind, handler: &str) -> Done<bool> {
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM {} h JOIN plugin_quarantine q ON q.digest = h.digest \
         WHERE h.label = ?1)",
        kind.resource()
    );
    Ok(db.prepare_cached(&sql)?.query_row([handler], |row| row.get(0))?)
}

fn plugin_of(db: &Connection, kind: HandlerKind, handler: &str) -> Done<String> {
    let sql = format!("SELECT plugin FROM {} WHERE label = ?1", kind.resource());
    Ok(db.prepare_cached(&sql)?.query_row([handler], |row| row.get(0))?)
}

/// What to do about a reason, where waiting does not help.
pub(super) fn advice(
    db: &Connection,
    reason: &Reason,
    system: &str,
    facts: &Facts,
) -> Done<Option<String>> {
    let plugin = |kind: &HandlerKind, handler: &str| -> Done<String> {
        let sql = format!(
            "SELECT plugin || ' ' || version || ' (sha256 ' || digest || ')' FROM {} \
             WHERE label = ?1",
            kind.resource()
        );
        Ok(db
            .prepare_cached(&sql)?
            .query_row([handler], |row| row.get(0))
            .optional()?
            .unwrap_or_default())
    };
    Ok(Some(match reason {
        Reason::SystemDisabled => format!("mf system resume {system}"),
        Reason::NoCapacity => {
            format!(
                "start its worker, or mf system update {system} --capacity {}",
                facts.package.footprint
            )
        }
        Reason::HandlerDisabled(kind, handler) if quarantined(db, *kind, handler)? => {
            format!(
                "{handler} is in a plugin that crashed and is quarantined: mf plugin show {0} \
                 tells how; give the hosts a better one, or mf plugin clear {0}",
                plugin_of(db, *kind, handler)?
            )
        }
        Reason::HandlerDisabled(HandlerKind::BuildHandler, handler) => format!(
            "the regulator enables {handler} when its plugin is there and an enabled system has it"
        ),
        Reason::HandlerDisabled(_, handler) => {
            format!("give the regulator's host a plugin that provides {handler}")
        }
        Reason::HandlerMissing(kind, handler) => {
            format!("install the plugin {} on {system}", plugin(kind, handler)?)
        }
        Reason::HandlerDiffers(kind, handler) => {
            format!("install the farm's plugin {} on {system}", plugin(kind, handler)?)
        }
        Reason::ArchMissing(arch) => {
            format!("add {arch} to `archs` in workerd.toml of {system}, if it can build for it")
        }
        Reason::SourceNameBusy(_) | Reason::OnePerSystem | Reason::Full { .. } => return Ok(None),
    }))
}
