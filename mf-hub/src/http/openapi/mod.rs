//! The API as an OpenAPI 3.1 document: one loop over the resource table.

mod components;
mod example;
mod given;
mod message;
mod operation;
mod route;
mod schema;

use std::sync::LazyLock;

use axum::response::Response;
use mf_core::VERSION;
use mf_core::resource::ALL;
use serde_json::{Value, json};

use super::envelope;

/// What a program that has only this document must know beside it.
const ABOUT: &str = "\
The API of a MonkeyFarm hub: 18 resources, five verbs each, and their functions.

**A first build** needs these objects, in this order: a distro, a release of it, a target (a release on \
an arch), a project, a package, a package-branch (where the source is and which handlers fetch and build \
it), and then a build. The build becomes a task for each target, labelled `<build>.<target>`; its \
`tasks` lists them, and the name of a task's log is in its `logs` (`build.log`). What belongs to a \
project is addressed with `project_label` too. If a task does not start, `/task/{label}/why` says why.

**Keys** are sent as `Authorization: Bearer KEY`, or by Basic with the key as password. Reading needs none.

**Paths.** Each route is listed once. Other paths that do the same (`-` or `_` in the name of a \
resource, a function without `.json`) are in its `x-also`.

**Parameters.** The fields of a body may be sent as JSON, as a form, or in the query: each property of \
`fields` is a parameter of its own. Secrets are accepted in a body only. Lists are JSON arrays, repeated \
parameters, or values separated by commas; booleans are `true`/`false`, `True`/`False` or `1`/`0`. \
Unknown fields are refused.

**Replies** are `{\"data\": {…}, \"errors\": {}}`, or `{\"data\": {}, \"errors\": {\"Code\": \"sentence\"}}` \
if something is wrong, except for bytes and server-sent events. Times are UTC, `YYYY-MM-DD HH:MM:SS`. \
`\"\"` means no reference, or no time.

**Who may** call an operation is in its `x-roles`; which of these roles a caller has depends on the object.";

static DOCUMENT: LazyLock<Value> = LazyLock::new(make);
static TEXT: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", *DOCUMENT));

/// The document.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// The document as text, for people to review and programs to read.
pub fn text() -> &'static str {
    &TEXT
}

/// `GET /openapi.json`.
pub async fn serve() -> Response {
    envelope::json(text().into())
}

fn make() -> Value {
    let tags: Vec<Value> = ALL
        .iter()
        .map(|resource| json!({ "name": resource.name, "description": resource.about }))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "MonkeyFarm",
            "summary": "The API of a build farm's hub",
            "description": ABOUT,
            "version": VERSION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "the hub that this document is from" }],
        "tags": tags,
        "paths": route::all(),
        "components": components::all(),
    })
}
