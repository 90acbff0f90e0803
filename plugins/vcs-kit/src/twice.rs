//! Trying again what a damaged mirror or a full disk prevented.

use std::fs;
use std::path::Path;

use monkeyfarm_plugin_api::{Context, Failure};

use crate::cache::{Cache, Place};
use crate::trouble::Trouble;

/// Makes an attempt, and a second one when the mirror was to blame, which
/// begins with mending it, or when the disk was full and others' mirrors could
/// go. Before it `fill`, where there is one, is emptied of what the first left.
///
/// # Errors
/// What the last attempt failed with.
pub fn twice<T>(
    cache: &Cache,
    place: &Place,
    fill: Option<&Path>,
    cx: &Context,
    mut attempt: impl FnMut() -> Result<T, Trouble>,
) -> Result<T, Failure> {
    let last = match attempt() {
        Err(trouble) if trouble.full => {
            cx.log(format!("{}; trying again without other mirrors", trouble.failure));
            cache.empty(place, cx)?;
            clear(fill)?;
            attempt()
        }
        Err(trouble) if trouble.suspicion.is_some() => {
            cx.log(format!("{}; trying again with a checked mirror", trouble.failure));
            clear(fill)?;
            attempt()
        }
        other => other,
    };
    last.map_err(|trouble| trouble.failure)
}

fn clear(dir: Option<&Path>) -> Result<(), Failure> {
    let Some(dir) = dir else { return Ok(()) };
    let cannot = || Failure::io(format!("cannot empty {}", dir.display()));
    fs::remove_dir_all(dir).map_err(cannot())?;
    fs::create_dir(dir).map_err(cannot())
}
