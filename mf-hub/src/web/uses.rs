//! How a tag's repository is used: what to write where, for each of its
//! directories.

use mf_core::error::Error;
use mf_core::resource::Resource;

use super::cell::{Link, text};
use super::escape::encoded;
use super::visit::{Seen, Visit};
use crate::http::download;
use crate::store::repository::{self, Index};

/// A repository, and how it is used.
#[derive(Debug)]
pub struct Uses {
    /// All of it.
    pub link: Link,
    /// Since when it is as the tag is, or why it is not.
    pub state: String,
    /// Whether it is not as the tag is.
    pub lags: bool,
    /// Its directories.
    pub places: Vec<Place>,
    /// Whether a key is needed to read it.
    pub restricted: bool,
}

/// A directory of packages.
#[derive(Debug)]
pub struct Place {
    /// Where it is.
    pub link: Link,
    /// Which program reads it, and where that is told.
    pub told: &'static str,
    /// What to write there.
    pub lines: String,
}

/// How the repository of a tag is used; `None` for what has none.
///
/// # Errors
/// The database would not.
pub fn of(visit: &Visit, resource: &'static Resource, seen: &Seen) -> Result<Option<Uses>, Error> {
    if resource.name != "tag" || seen.value["manage_repo"] != true {
        return Ok(None);
    }
    let (project, tag) = (text(&seen.value, "project_label"), seen.object.label.as_str());
    let places = visit.read(|db| repository::places(db, seen.object.id))?;
    let at = format!("/repo/{}/{}/", encoded(project), encoded(tag));
    let base = download::base(&visit.hub, &visit.parts.headers);
    let place = |(path, index): (String, Index)| {
        let names: Vec<String> = path.split('/').map(encoded).collect();
        let here = format!("{at}{}/", names.join("/"));
        let (told, lines) = lines(index, &format!("{base}{here}"), &format!("{project}-{tag}"));
        Place { link: Link::new(here, path), told, lines }
    };
    let state = text(&seen.value, "repository_state").to_owned();
    let restricted = seen
        .object
        .project
        .map_or(Ok(false), |id| visit.read(|db| repository::is_restricted(db, id)))?;
    Ok(Some(Uses {
        link: Link::new(&at, &at),
        lags: state.starts_with("lags"),
        state: super::sentence(&state),
        places: places.into_iter().map(place).collect(),
        restricted,
    }))
}

/// What a package manager is told, and where.
fn lines(index: Index, url: &str, name: &str) -> (&'static str, String) {
    match index {
        Index::Rpm => (
            "dnf and yum: /etc/yum.repos.d/farm.repo",
            format!("[{name}]\nname = {name}\nbaseurl = {url}\ngpgcheck = 0"),
        ),
        Index::Deb => {
            ("apt: /etc/apt/sources.list.d/farm.list", format!("deb [trusted=yes] {url} ./"))
        }
        Index::Sums => (
            "curl: what is there, and whether it came whole",
            format!(
                "curl -fO {url}SHA256SUMS\ncurl -fO {url}FILE\nsha256sum --ignore-missing -c SHA256SUMS"
            ),
        ),
        Index::None => ("no index yet", url.to_owned()),
    }
}
