//! What stands around every page.

use mf_core::VERSION;

use super::asset;
use super::banners;
use super::cell::{Link, State, path};
use super::escape::encoded;
use super::visit::Visit;

/// The pages in the navigation.
const NAV: &[(&str, &str)] = &[
    ("/build", "Builds"),
    ("/package", "Packages"),
    ("/project", "Projects"),
    ("/tag", "Tags"),
    ("/target", "Targets"),
    ("/system", "Systems"),
    ("/build_handler", "Handlers"),
];

/// What stands around a page.
#[derive(Debug)]
pub struct Frame {
    /// The document's title.
    pub title: String,
    /// What the favicon tells.
    pub tells: &'static str,
    /// Which entry of the navigation this page is.
    pub here: &'static str,
    /// The address of the events that change this page, or its banners.
    pub live: String,
    /// Whether nothing but its banners changes.
    pub still: bool,
    /// The event that the page is as new as.
    pub event: i64,
    /// The word that was searched for.
    pub word: String,
    /// What every visitor should know of the farm.
    pub banners: Vec<String>,
    /// Who is signed in.
    pub me: Option<Me>,
    at: String,
}

/// Who is signed in.
#[derive(Debug)]
pub struct Me {
    /// Its label.
    pub label: String,
    /// Its page.
    pub path: String,
    /// What its forms carry.
    pub csrf: String,
}

impl Frame {
    /// The frame of a page.
    pub fn new(visit: &Visit, title: &str) -> Self {
        let title =
            if title.is_empty() { "MonkeyFarm".into() } else { format!("{title} · MonkeyFarm") };
        let at = visit.parts.uri.path_and_query().map_or("/", |at| at.as_str());
        let path = visit.parts.uri.path().trim_start_matches('/');
        let first = path.split('/').next().unwrap_or_default();
        let here = NAV.iter().find(|(to, _)| to[1..] == *first).map_or("", |(_, text)| text);
        let me = visit.csrf().map(|csrf| Me {
            label: visit.caller.label.clone(),
            path: path_of_user(&visit.caller.label),
            csrf,
        });
        let (live, still, word) =
            (events(&[("resource", banners::RESOURCES)]), true, String::new());
        let (banners, event) = (banners::of(visit), visit.event);
        Self { title, tells: "icon", here, live, still, event, word, banners, me, at: at.into() }
    }

    /// Lets title and favicon tell a state.
    pub fn tell(mut self, state: &State) -> Self {
        self.title = format!("{}: {}", state.word, self.title);
        self.tells = match state.shape() {
            known @ ("ok" | "fail" | "run") => known,
            "wait" | "new" => "wait",
            _ => "fail",
        };
        self
    }

    /// Lets the favicon tell something else.
    pub fn tells(mut self, icon: &'static str) -> Self {
        self.tells = icon;
        self
    }

    /// Follows the events that fit these filters; the banners follow theirs
    /// anyway.
    pub fn live(mut self, filters: &[(&str, &str)]) -> Self {
        self.live = events(filters);
        self.still = false;
        self
    }

    pub(super) fn icon(&self) -> String {
        asset::path(&format!("{}.svg", self.tells))
    }

    pub(super) fn style(&self) -> String {
        asset::path("style.css")
    }

    pub(super) fn script(&self) -> String {
        asset::path("farm.js")
    }

    pub(super) fn nav(&self) -> Vec<Link> {
        NAV.iter().map(|(path, text)| Link::new(*path, *text)).collect()
    }

    pub(super) fn sign_in(&self) -> String {
        format!("/sign-in?back={}", encoded(&self.at))
    }

    /// Who this page was made for; empty for everybody.
    pub(super) fn for_whom(&self) -> &str {
        self.me.as_ref().map_or("", |me| me.label.as_str())
    }

    pub(super) fn version(&self) -> &'static str {
        VERSION
    }
}

fn events(filters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let query = query.extend_pairs(filters).append_pair("also", banners::RESOURCES).finish();
    format!("/util/events?{query}")
}

fn path_of_user(label: &str) -> String {
    path(&mf_core::resource::USER, label, "")
}
