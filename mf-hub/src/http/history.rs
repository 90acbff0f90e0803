//! `GET /RESOURCE/LABEL/history`: who changed an object, and how.

use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::resource::{PROJECT, Who};
use serde_json::json;

use super::call::Call;
use super::envelope;
use crate::store::changes::{self, Page};
use crate::store::{Done, find, roles};

/// The changes of an object, the newest first, a page at a time. Who may see
/// the object sees them; those of an object that is no more are for admins.
///
/// # Errors
/// There is no such object.
pub async fn history(call: Call) -> Result<Response, Error> {
    let after = call.values.int("after");
    let limit = call.values.int("limit").unwrap_or(changes::PAGE);
    let page = call.hub.readers.read(|db| {
        let (object, roles) = object(db, &call)?;
        changes::page(db, call.resource, object, roles, after, limit)
    })?;
    let Page { changes, next } = page;
    Ok(envelope::data(&json!({ "history": changes, "after": next.unwrap_or(0) })))
}

/// Which object is meant, and the caller's roles on it.
fn object(db: &rusqlite::Connection, call: &Call) -> Done<(i64, Who)> {
    let project = call.project_label.as_deref();
    let sight = call.caller.sight();
    match find::object(db, call.resource, &call.label, project, sight) {
        Ok(object) => {
            let roles = roles::on(db, &call.caller, call.resource, object.id)?;
            let what = format!("reading {}", call.resource.many());
            call.caller.need(roles, call.resource.readers(), &what)?;
            Ok((object.id, roles))
        }
        Err(fault) => {
            let missing =
                matches!(&fault, crate::store::Fault::Told(e) if e.code == Code::NotFound);
            let roles = call.caller.roles();
            if !missing || !Who::ADMIN.meets(roles) {
                return Err(fault);
            }
            // Its project may be gone too, or have another name by now.
            let scoped = call.resource.field("project_label").is_some();
            let project = project.filter(|_| scoped || call.resource.name == PROJECT.name);
            Ok((changes::deleted(db, call.resource, &call.label, project)?, roles))
        }
    }
}
