//! Checking out: the mirror is brought up to date, the reference becomes a
//! hash, and the hash a work tree.

use std::fs;

use monkeyfarm_plugin_api::{Checkout, CheckoutJob, Context, Failure, VcsHandler};

use crate::config::Config;
use crate::lock::Lock;
use crate::mirror::{Mirror, Suspicion};
use crate::reference::Reference;
use crate::trouble::Trouble;
use crate::url::Url;
use crate::{resolve, worktree};

/// The VCS handler `git`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Git;

impl VcsHandler for Git {
    fn checkout(&self, job: &CheckoutJob, cx: &Context) -> Result<Checkout, Failure> {
        let config = Config::parse(&job.handler_config)?;
        let url = Url::parse(&job.url)?;
        let allowed = config.allowed(&url, &job.allow_schemes)?;
        let reference = Reference::parse(&job.reference)?;
        let mirror = Mirror::new(&job.cache_dir, &url, allowed)?;
        let first = attempt(job, &url, &reference, &mirror, cx);
        let last = match first {
            // The second attempt begins with mending the mirror.
            Err(trouble) if trouble.suspicion.is_some() => {
                cx.log(format!("{}; trying again with a checked mirror", trouble.failure));
                clear(job)?;
                attempt(job, &url, &reference, &mirror, cx)
            }
            other => other,
        };
        last.map_err(|trouble| trouble.failure)
    }
}

fn attempt(
    job: &CheckoutJob,
    url: &Url,
    reference: &Reference,
    mirror: &Mirror,
    cx: &Context,
) -> Result<Checkout, Trouble> {
    let lock = Lock::exclusive(mirror.lock_file(), cx)?;
    let revision = mirror
        .prepare(cx)
        .and_then(|()| mirror.update(reference, cx))
        .and_then(|()| resolve::resolve(reference, mirror, cx))
        .map_err(|trouble| mirror.suspect(trouble))?;
    // From here on the mirror is only read: others may read it too.
    let _lock = lock.share(cx)?;
    if !mirror.has(&revision, cx)? {
        // Between the two locks somebody else made the mirror again.
        return Err(Trouble::suspicious(
            Failure::new(format!("the mirror of {url} has lost {revision}")),
            Suspicion::Check,
        ));
    }
    cx.progress(format!("checking out {revision}"));
    worktree::fill(&job.source_dir, &revision, mirror, cx)
        .map_err(|trouble| mirror.suspect(trouble))?;
    cx.log(format!("{reference} of {url} is {revision}"));
    Ok(Checkout { revision })
}

/// Empties the source directory of what a failed attempt left there.
fn clear(job: &CheckoutJob) -> Result<(), Failure> {
    let dir = &job.source_dir;
    let cannot = || Failure::io(format!("cannot empty {}", dir.display()));
    fs::remove_dir_all(dir).map_err(cannot())?;
    fs::create_dir(dir).map_err(cannot())
}
