//! What every visitor should know of the farm, above every page.

use askama::Template;
use mf_core::error::Error;

use super::answer;
use super::cell::size;
use super::visit::Visit;
use crate::store::queue;

/// The resources whose events change a banner.
pub const RESOURCES: &str = "util,system";
/// How many drained systems are told with their reasons.
const SYSTEMS: usize = 3;

/// The banners alone: what a page fetches of which nothing else changes.
#[derive(Template)]
#[template(path = "banners_alone.html")]
struct Alone<'a> {
    banners: Vec<String>,
    for_whom: &'a str,
}

/// `/banners`.
///
/// # Errors
/// A template is wrong.
pub fn page(visit: &Visit) -> Result<String, Error> {
    let for_whom = visit.csrf().map_or("", |_| visit.caller.label.as_str());
    answer::text(&Alone { banners: of(visit), for_whom })
}

/// The banners as they are now.
pub fn of(visit: &Visit) -> Vec<String> {
    let scarce = visit.hub.files.scarce().map(|free| {
        format!(
            "The hub's disk is nearly full ({} left): logs and files are refused until \
             somebody frees some space there.",
            size(i64::try_from(free).unwrap_or(i64::MAX))
        )
    });
    let pause = visit.read(queue::pause).ok().flatten();
    let paused = pause.map(|pause| {
        format!("The queue is paused {pause}. What runs goes on; nothing new starts.")
    });
    [scarce, drained(visit), paused].into_iter().flatten().collect()
}

/// That nothing is built, and who said so.
fn drained(visit: &Visit) -> Option<String> {
    let systems = visit.read(queue::drained).ok().filter(|systems| !systems.is_empty())?;
    let known = systems.iter().filter_map(|(label, by)| Some((label, by.as_ref()?)));
    let told: Vec<String> =
        known.take(SYSTEMS).map(|(label, by)| format!("`{label}` {by}")).collect();
    let told = if told.is_empty() { String::new() } else { format!(" ({})", told.join("; ")) };
    Some(format!("Every system is drained{told}: nothing is built until one of them is resumed."))
}
