//! Functions: what resources answer besides the five verbs. The resource table
//! says which there are, what they take and who may call them; this says how
//! each is called, and by which body.

use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::common::HISTORY;
use mf_core::resource::{Function, Kind, On, Resource};

use super::call::Call;
use super::terms::Asked;
use super::{input, sign_in};
use crate::hub::Hub;
use crate::params::Values;
use crate::store::edit::Address;
use crate::store::find::{self, Object};
use crate::store::roles::{self, Caller};

/// A function's body.
pub type Answering = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

/// Where a function's parameters come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// The address and the body.
    Anywhere,
    /// The address; the body is the function's own matter.
    Address,
}

/// How one function is called.
pub struct Bound {
    resource: &'static str,
    name: &'static str,
    takes: Takes,
    finds: Finds,
    body: fn(Call) -> Answering,
}

impl Bound {
    /// Where its parameters come from.
    pub fn takes(&self) -> Takes {
        self.takes
    }
}

/// Who looks for the object that a function is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finds {
    /// It is there and the caller may, before the body is called.
    Before,
    /// The body: it may be no more.
    Itself,
}

/// A macro, because the future of an async function has no name that a table
/// could hold.
macro_rules! bound {
    ($resource:literal, $name:literal, $takes:ident, $body:path) => {
        Bound {
            resource: $resource,
            name: $name,
            takes: Takes::$takes,
            finds: Finds::Before,
            body: |call| Box::pin($body(call)),
        }
    };
}

/// Every function of the table, and its body; a test fails when one is missing.
const BOUND: &[Bound] = &[
    bound!("build", "cancel", Anywhere, super::cancel::build),
    bound!("build", "retry", Anywhere, super::retry::build),
    bound!("build", "plan", Anywhere, super::plan::plan),
    bound!("build", "prioritize", Anywhere, super::prioritize::prioritize),
    bound!("build", "tag", Anywhere, super::tag::give),
    bound!("build", "untag", Anywhere, super::tag::take),
    bound!("build", "comment", Anywhere, super::comment::comment),
    bound!("build", "check_bugs", Anywhere, super::bug::check),
    bound!("build", "comment_bugs", Anywhere, super::bug::comment),
    bound!("build", "close_bugs", Anywhere, super::bug::close),
    bound!("build", "reopen_bugs", Anywhere, super::bug::reopen),
    bound!("build", "link_bugs", Anywhere, super::bug::link),
    bound!("tag", "move_builds", Anywhere, super::tag::move_builds),
    bound!("tag", "lock", Anywhere, super::tag::lock),
    bound!("tag", "unlock", Anywhere, super::tag::unlock),
    bound!("user", "create_key", Anywhere, super::key::user),
    bound!("user", "list_keys", Anywhere, super::key::list_user),
    bound!("user", "revoke_key", Anywhere, super::key::revoke_user),
    bound!("user", "change_password", Anywhere, super::password::change),
    bound!("group", "join", Anywhere, super::group::join),
    bound!("group", "leave", Anywhere, super::group::leave),
    bound!("group", "approve", Anywhere, super::group::approve),
    bound!("system", "create_token", Anywhere, super::enrol::create_token),
    bound!("system", "enrol", Address, super::enrol::enrol),
    bound!("system", "create_key", Anywhere, super::key::system),
    bound!("system", "list_keys", Anywhere, super::key::list_system),
    bound!("system", "revoke_key", Anywhere, super::key::revoke_system),
    bound!("system", "drain", Anywhere, super::drain::drain),
    bound!("system", "resume", Anywhere, super::drain::resume),
    bound!("system", "register", Address, super::claim::register),
    bound!("system", "claim", Address, super::claim::claim),
    bound!("system", "heartbeat", Address, super::claim::heartbeat),
    bound!("task", "log", Anywhere, super::log::log),
    bound!("task", "log_cause", Anywhere, super::cause::log_cause),
    bound!("task", "log_lines", Anywhere, super::lines::log_lines),
    bound!("task", "search_log", Anywhere, super::lines::search_log),
    bound!("task", "file", Anywhere, super::file::file),
    bound!("task", "source", Anywhere, super::file::source),
    bound!("task", "config", Anywhere, super::file::config),
    bound!("task", "list_files", Anywhere, super::file::list),
    bound!("task", "cancel", Anywhere, super::cancel::task),
    bound!("task", "why", Anywhere, super::why::why),
    bound!("task", "retry", Anywhere, super::retry::task),
    bound!("task", "advance", Address, super::worker::advance),
    bound!("task", "append", Address, super::worker::append),
    bound!("task", "upload", Address, super::worker::upload),
    bound!("task", "complete", Address, super::worker::complete),
    bound!("util", "version", Anywhere, super::about::version),
    bound!("util", "whoami", Anywhere, super::about::whoami),
    bound!("util", "status", Anywhere, super::util::status),
    bound!("util", "pause", Anywhere, super::pause::pause),
    bound!("util", "resume", Anywhere, super::pause::resume),
    bound!("util", "search", Anywhere, super::search::search),
    bound!("util", "get_all_task_data", Anywhere, super::util::get_all_task_data),
    bound!("util", "get_file_download_url", Anywhere, super::download::url),
    bound!("util", "register_handlers", Address, super::util::register_handlers),
    bound!("util", "report_calls", Address, super::util::report_calls),
    bound!("util", "enable_handlers", Anywhere, super::util::enable_handlers),
    bound!("util", "heads", Anywhere, super::head::heads),
    bound!("util", "report_head", Address, super::head::report),
    bound!("util", "notify", Address, super::head::notify),
    bound!("util", "upload_repository", Address, super::repository::upload),
    bound!("util", "list_plugins", Anywhere, super::plugin::list),
    bound!("util", "show_plugin", Anywhere, super::plugin::show),
    bound!("util", "clear_plugin", Anywhere, super::plugin::clear),
    bound!("util", "events", Anywhere, super::stream::events),
    bound!("util", "errands", Anywhere, super::errand::list),
    bound!("util", "retry_errand", Anywhere, super::errand::retry),
    bound!("util", "claim_errand", Address, super::errand::claim),
    bound!("util", "renew_errand", Address, super::errand::renew),
    bound!("util", "end_errand", Address, super::errand::end),
];

/// What every resource with rows answers.
static OF_ALL: Bound = Bound {
    resource: "",
    name: HISTORY.name,
    takes: Takes::Anywhere,
    finds: Finds::Itself,
    body: |call| Box::pin(super::history::history(call)),
};

/// How a function is called; `None` when it has no body.
pub fn bound(resource: &Resource, function: &Function) -> Option<&'static Bound> {
    if function.name == HISTORY.name {
        return Some(&OF_ALL);
    }
    BOUND.iter().find(|bound| bound.resource == resource.name && bound.name == function.name)
}

/// What a path says of a call.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Path {
    /// Label of the object.
    pub label: Option<String>,
    /// Name of its part.
    pub part: Option<String>,
}

/// Checks a call against the table, and makes it.
///
/// # Errors
/// What the checks or the function say.
pub async fn call(
    hub: Arc<Hub>,
    resource: &'static Resource,
    function: &'static Function,
    bound: &'static Bound,
    path: Path,
    (parts, body): (Parts, Body),
) -> Result<Response, Error> {
    let caller = sign_in::caller(&hub, &parts, resource, function, path.label.as_deref()).await?;
    let owner = format!("{}/{}", resource.name, function.name);
    // Who may never call it is not asked for anything else first.
    if function.on == On::All {
        caller.need(caller.roles(), function.who, &owner)?;
    }
    let (mut params, body) = match bound.takes {
        Takes::Address => (input::query(&parts)?, body),
        Takes::Anywhere => (input::params(&parts, body, &secrets(function)).await?, Body::empty()),
    };
    let mut asked = Asked::read(&hub, &caller, &parts, &params)?;
    // Others name what they do: a nonce, an offset, an outcome.
    let on_terms = function.writes && bound.takes == Takes::Anywhere;
    if on_terms {
        asked.dry(&mut params)?;
    }
    let project_label = match function.on {
        On::All => None,
        On::One | On::Part => params.take_text("project_label")?,
    };
    if !function.takes.iter().any(|field| field.name == "project_label") {
        params.take("project_label"); // Said to be ignored where it has no meaning.
    }
    let at = Address { label: path.label.unwrap_or_default(), project: project_label };
    if function.on == On::One {
        asked.of(resource, &at);
    }
    let answer = async {
        let object = match (function.on, bound.finds) {
            (On::All, _) | (_, Finds::Itself) => None,
            _ => Some(object(&hub, &caller, resource, function, &at)?),
        };
        let values = Values::read(params, function.takes, &owner)?;
        let Address { label, project: project_label } = at;
        let (hub, part) = (Arc::clone(&hub), path.part.unwrap_or_default());
        let call =
            Call { hub, caller, resource, label, project_label, object, part, values, parts, body };
        (bound.body)(call).await
    };
    if on_terms { asked.answered(&hub, answer).await } else { answer.await }
}

fn secrets(function: &Function) -> Vec<&'static str> {
    let secret = function.takes.iter().filter(|field| field.kind == Kind::Secret);
    secret.map(|field| field.name).collect()
}

fn object(
    hub: &Hub,
    caller: &Caller,
    resource: &'static Resource,
    function: &Function,
    at: &Address,
) -> Result<Object, Error> {
    let (object, roles) = hub.readers.read(|db| {
        let project = at.project.as_deref();
        let object = find::object(db, resource, &at.label, project, caller.sight())?;
        let roles = roles::on(db, caller, resource, object.id)?;
        Ok((object, roles))
    })?;
    let what = format!("{} of {}", function.name, resource.one());
    caller.need(roles, function.who, &what)?;
    Ok(object)
}

#[cfg(test)]
mod tests {
    use mf_core::resource::ALL;

    use super::*;

    #[test]
    fn every_function_of_the_table_has_a_body() {
        for resource in ALL {
            for function in resource.functions {
                let found = bound(resource, function);
                assert!(found.is_some(), "{}/{} has no body", resource.name, function.name);
            }
        }
        for bound in BOUND {
            let resource = mf_core::resource::find(bound.resource).unwrap();
            assert!(resource.function(bound.name).is_some(), "{}/{}", resource.name, bound.name);
        }
    }
}
