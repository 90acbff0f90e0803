//! Removing roots: one's own when its build is over, and those of builds that
//! were killed.

use monkeyfarm_plugin_api::{Context, Failure, Host, SweepJob, Swept};

use crate::configuration;
use crate::local::Local;
use crate::program;
use crate::root::Root;
use crate::stage::{self, Stage};
use crate::user::User;

/// Removes every root whose task is gone.
pub(crate) fn sweep(job: &SweepJob, cx: &Context) -> Result<Swept, Failure> {
    let left = Root::left_over(&job.cache_dir);
    if left.is_empty() {
        return Ok(Swept::default());
    }
    let local: Local = job.local_config.read()?;
    let user = User::find(&local, cx)?;
    remove_all(left, &local, &user, cx).map(|()| Swept::default())
}

/// Removes these. What stays is looked for again by the next build or sweep.
pub(crate) fn remove_all(
    left: Vec<Root>,
    local: &Local,
    user: &User,
    cx: &Context,
) -> Result<(), Failure> {
    let mut stays = Vec::new();
    for root in left {
        let name = root.record.name.clone();
        cx.log(format!("removing the root {name}, left by a task that was killed"));
        if let Err(failure) = remove(root, local, user) {
            stays.push(format!("the root {name} stays for now: {failure}"));
        }
    }
    if stays.is_empty() { Ok(()) } else { Err(Failure::new(stays.join("; "))) }
}

/// Removes all that there is of a root, and then its record.
pub(crate) fn remove(root: Root, local: &Local, user: &User) -> Result<(), Failure> {
    let record = root.record.clone();
    let cx = Context::new(Box::new(Unheard));
    // What was never made needs no removing; mock might even refuse to.
    let made = record.dir.as_ref().is_none_or(|dir| dir.exists());
    if made && !record.config.is_empty() {
        program::clean(local, user, &record.config, &record.name, &cx)?;
    }
    let bootstrap = record.dir.and_then(|dir| configuration::bootstrap(&dir, &record.name));
    if let Some(dir) = bootstrap {
        stage::remove(&dir)?;
    }
    stage::remove(&Stage::path(local, &record.name))?;
    root.forget()
}

/// The farm's side of a call that goes on when the task was told to stop.
struct Unheard;

impl Host for Unheard {
    fn log(&self, _line: &str) {}
    fn progress(&self, _what: &str) {}
    fn cancelled(&self) -> bool {
        false
    }
    fn secret(&self, _name: &str) -> Option<String> {
        None
    }
}
