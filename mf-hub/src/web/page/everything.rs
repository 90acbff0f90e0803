//! `/everything`: all that there is, from the resource table.

use askama::Template;
use mf_core::error::Error;
use mf_core::resource::{ALL, Scope};

use crate::web::answer;
use crate::web::cell::Link;
use crate::web::frame::Frame;
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "everything.html")]
struct Everything {
    frame: Frame,
    all: Vec<(Link, String)>,
}

/// The page.
///
/// # Errors
/// It cannot be made.
pub fn page(visit: &Visit) -> Result<String, Error> {
    let rows = ALL.iter().filter(|resource| resource.scope != Scope::NoRows);
    let entry = |resource: &&mf_core::resource::Resource| {
        let link = Link::new(format!("/{}", resource.name), super::list::heading(resource));
        (link, crate::web::sentence(resource.about))
    };
    let page =
        Everything { frame: Frame::new(visit, "Everything"), all: rows.map(entry).collect() };
    answer::text(&page)
}
