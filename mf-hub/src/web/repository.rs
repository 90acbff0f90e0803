//! `/repo/<project>/<tag>/<tag_path>/…`: tags' repositories, for package
//! managers and for people.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::resource::TAG;

use askama::Template;

use super::cell::{Link, size};
use super::escape::encoded;
use super::frame::Frame;
use super::visit::Visit;
use crate::files::pass;
use crate::http::ranges;
use crate::hub::Hub;
use crate::store::find;
use crate::store::repository::{self, Entry};
use crate::store::select::Sight;

/// What a path is answered with.
pub enum Answer {
    /// A page.
    Page(String),
    /// A file, or the way to where a page is.
    Bytes(Response),
}

/// Answers a path beneath `/repo/`.
///
/// # Errors
/// There is nothing, as far as the caller may know.
pub fn answer(visit: &Visit, path: &str) -> Result<Answer, Error> {
    let (hub, asked) = (&visit.hub, Asked::read(visit, path)?);
    let names: Vec<&str> = asked.names.iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => {
            let projects = hub.readers.read(|db| repository::tags(db, None, asked.sight))?;
            asked.listing(visit, "repositories", projects)
        }
        [project] => {
            hub.readers.read(|db| find::project(db, project, asked.sight))?;
            let tags = hub.readers.read(|db| repository::tags(db, Some(project), asked.sight))?;
            asked.listing(visit, project, tags)
        }
        [project, tag, place @ ..] => asked.in_tag(visit, project, tag, place),
    }
}

/// What is asked for, by whom.
struct Asked {
    /// Project, tag, and the place in its repository.
    names: Vec<String>,
    /// Whether a directory is asked for.
    slash: bool,
    sight: Sight,
    path: String,
}

impl Asked {
    fn read(visit: &Visit, path: &str) -> Result<Self, Error> {
        let Visit { hub, caller, parts, .. } = visit;
        // A dot is where one is already: apt asks for `./Packages`, as its
        // sources say it, and nothing on the way there takes the dot out.
        let names = path.split('/').filter(|name| !matches!(*name, "" | "."));
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        let mut sight = caller.sight();
        // No label begins so.
        if names.first().is_some_and(|name| name.starts_with('~')) {
            let is_good = match names.as_slice() {
                [part, project, tag, ..] => pass::is_good(hub.files.secret(), part, project, tag),
                _ => false,
            };
            if !is_good {
                let told = "this link is none that the hub made, or it has expired";
                return Err(Error::new(Code::Forbidden, told));
            }
            sight = Sight::All;
            names.remove(0);
        }
        let path = parts.uri.path().to_owned();
        Ok(Self { names, slash: path.ends_with('/'), sight, path })
    }

    fn in_tag(
        &self,
        visit: &Visit,
        project: &str,
        tag: &str,
        place: &[&str],
    ) -> Result<Answer, Error> {
        let (hub, headers) = (&visit.hub, &visit.parts.headers);
        let place = place.join("/");
        let kept = i64::try_from(hub.config.repository_seconds).unwrap_or(i64::MAX);
        let (tag, found, entries) = hub.readers.read(|db| {
            let tag = find::object(db, &TAG, tag, Some(project), self.sight)?;
            if !repository::is_kept(db, tag.id)? {
                let told = format!("tag {:?} keeps no repository (manage_repo)", tag.label);
                return Err(Error::new(Code::NotFound, told).into());
            }
            let found = repository::find(db, tag.id, &place, kept)?;
            let entries = match &found {
                Some(_) => None,
                None => repository::entries(db, tag.id, &place)?,
            };
            Ok((tag, found, entries))
        })?;
        if let (Some(found), false) = (found, self.slash) {
            return file(hub, headers, tag.id, &found, &place);
        }
        let shown: String = place.chars().take(200).collect();
        let entries = entries.ok_or_else(|| {
            let told = format!("the repository of tag {:?} has no {shown:?}", tag.label);
            Error::new(Code::NotFound, told)
        })?;
        if !self.slash {
            return Ok(Answer::Bytes(to(&format!("{}/", self.path))));
        }
        Ok(Answer::Page(directory(visit, &format!("{project}/{}/{shown}", tag.label), &entries)?))
    }

    /// A page with names of directories.
    fn listing(&self, visit: &Visit, title: &str, names: Vec<String>) -> Result<Answer, Error> {
        if !self.slash {
            return Ok(Answer::Bytes(to(&format!("{}/", self.path))));
        }
        let entries = names.into_iter().map(|name| (name, Entry::Directory)).collect();
        Ok(Answer::Page(directory(visit, title, &entries)?))
    }
}

/// A file of a repository. Its bytes never change as long as its version does
/// not, which is its hash.
fn file(
    hub: &Hub,
    headers: &HeaderMap,
    tag: i64,
    sha256: &str,
    place: &str,
) -> Result<Answer, Error> {
    let version = format!("\"{sha256}\"");
    let named = |name: &HeaderName| {
        let texts = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        texts.flat_map(|text| text.split(',')).map(str::trim).collect::<Vec<_>>()
    };
    // Proxies that compress make strong tags weak.
    let known = named(&header::IF_NONE_MATCH);
    let is_known = |tag: &&str| *tag == "*" || tag.trim_start_matches("W/") == version;
    let mut response = if known.iter().any(is_known) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        let reading = hub.files.read_repository(tag, sha256)?.ok_or_else(|| {
            tracing::error!("repository of tag {tag}: {place:?} is gone from the disk");
            Error::new(Code::Internal, "the file is gone from the hub's disk")
        })?;
        // A range of another version would not fit to what the client has.
        let same = named(&header::IF_RANGE).first().is_none_or(|tag| *tag == version);
        let none = HeaderMap::new();
        ranges::file(reading, if same { headers } else { &none }, media(place))?
    };
    let out = response.headers_mut();
    if let Ok(version) = HeaderValue::try_from(version) {
        out.insert(header::ETAG, version);
    }
    // Who keeps a copy asks whether it is still the one.
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(Answer::Bytes(response))
}

/// How a file is shown; whatever it is, a browser runs nothing of it.
fn media(place: &str) -> &'static str {
    let name = place.rsplit('/').next().unwrap_or_default();
    let is_text = matches!(name, "SHA256SUMS" | "Packages" | "Release") || name.ends_with(".txt");
    if is_text { "text/plain; charset=utf-8" } else { "application/octet-stream" }
}

/// Leads to a path of ours.
fn to(path: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    // The path came in a request line: what stands there can stand here.
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, path);
    }
    response
}

#[derive(Template)]
#[template(path = "directory.html")]
struct Directory {
    frame: Frame,
    title: String,
    entries: Vec<(Link, String)>,
}

fn directory(
    visit: &Visit,
    title: &str,
    entries: &BTreeMap<String, Entry>,
) -> Result<String, Error> {
    let shown = |(name, entry): (&String, &Entry)| {
        let (slash, size) = match entry {
            Entry::Directory => ("/", String::new()),
            Entry::File(bytes) => ("", size(*bytes)),
        };
        // From here, so that a name with a colon is no address of elsewhere.
        let path = format!("./{}{slash}", encoded(name));
        (Link::new(path, format!("{name}{slash}")), size)
    };
    let title = title.trim_end_matches('/').to_owned();
    let entries = entries.iter().map(shown).collect();
    super::answer::text(&Directory { frame: Frame::new(visit, &title), title, entries })
}
