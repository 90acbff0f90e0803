//! `/search?mf_search_query=`: one word, looked for everywhere.

use askama::Template;
use mf_core::error::Error;
use mf_core::resource;

use crate::http::search::{self, Found};
use crate::web::answer;
use crate::web::cell::{Link, State};
use crate::web::frame::Frame;
use crate::web::visit::Visit;

/// Objects of each resource.
const EACH: i64 = 20;

#[derive(Template)]
#[template(path = "search.html")]
struct Search {
    frame: Frame,
    word: String,
    found: Vec<Hit>,
}

/// Something that was found.
struct Hit {
    link: Link,
    kind: String,
    project: String,
    state: Option<State>,
    text: String,
}

/// The page.
///
/// # Errors
/// The database would not.
pub async fn page(visit: &Visit) -> Result<String, Error> {
    let word = visit.text("mf_search_query")?.trim().to_owned();
    let found = match word.is_empty() {
        true => Vec::new(),
        false => search::everywhere(&visit.hub, &visit.caller, &word, EACH).await?,
    };
    let mut frame = Frame::new(visit, &format!("Search {word}"));
    frame.word.clone_from(&word);
    let found = found.into_iter().filter_map(hit).collect();
    answer::text(&Search { frame, word, found })
}

fn hit(found: Found) -> Option<Hit> {
    let resource = resource::find(&found.resource)?;
    let has_state = resource.field("status_label").is_some();
    Some(Hit {
        link: Link::to(resource, &found.label, &found.project_label),
        kind: resource.name.replace(['-', '_'], " "),
        project: found.project_label,
        state: has_state.then(|| State::new(&found.text)),
        text: found.text,
    })
}
