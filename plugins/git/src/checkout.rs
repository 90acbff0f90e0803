//! Checking out: the mirror is brought up to date, the reference becomes a
//! hash, and the hash a work tree.

use std::path::Path;

use monkeyfarm_plugin_api::schemars::JsonSchema;
use monkeyfarm_plugin_api::{
    Changes, ChangesJob, Checkout, CheckoutJob, Context, Failure, Head, Heads, HeadsJob, Schemas,
    Source, VcsHandler,
};
use monkeyfarm_vcs_kit::terms::schemas;
use monkeyfarm_vcs_kit::twice::twice;
use monkeyfarm_vcs_kit::{Handler, Kind, Lock, Scheme, Suspicion, Terms, Trouble, Url};
use serde::Deserialize;

use crate::mirror::Mirror;
use crate::reference::Reference;
use crate::submodule::Asked;
use crate::{changes, head, lfs, resolve, submodule, worktree};

/// The VCS handler `git`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Git;

pub(crate) const HANDLER: Handler = Handler {
    label: "git",
    schemes: &[
        Scheme::HTTPS,
        Scheme::HTTP,
        Scheme { name: "git", port: "9418", kind: Kind::Open },
        Scheme::SSH,
        Scheme::FILE,
    ],
};

/// The table `[checkout]` of what the hub keeps for this handler.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub(crate) struct Options {
    /// Which repositories' submodules are checked out with them.
    pub(crate) submodules: Asked,
    /// Which repositories' large files (git-lfs) are fetched.
    pub(crate) lfs: Asked,
}

impl VcsHandler for Git {
    fn checkout(&self, job: &CheckoutJob, cx: &Context) -> Result<Checkout, Failure> {
        let terms = Terms::<Options>::new(&job.source(), HANDLER)?;
        // A full hash says all; which branch it was on says no more.
        let wanted = if job.revision.is_empty() { &job.reference } else { &job.revision };
        let reference = Reference::parse(wanted)?;
        let revision = fetch_into(&job.source_dir, &terms.url, &reference, &terms, cx)?;
        submodule::fill(&job.source_dir, &terms.url, &terms, cx)?;
        cx.log(format!("{reference} of {} is {revision}", terms.url));
        Ok(Checkout { revision })
    }

    fn head(&self, source: &Source, cx: &Context) -> Result<Head, Failure> {
        let terms = Terms::new(source, HANDLER)?;
        let reference = Reference::parse(&source.reference)?;
        let listed = head::list(&terms, cx)?;
        Ok(Head { revision: head::head(&listed, &terms, &reference, cx)? })
    }

    fn heads(&self, job: &HeadsJob, cx: &Context) -> Result<Heads, Failure> {
        let terms = Terms::new(&job.source, HANDLER)?;
        let listed = head::list(&terms, cx)?;
        let head = |reference: &String| {
            let reference = Reference::parse(reference)?;
            Ok(Head { revision: head::head(&listed, &terms, &reference, cx)? })
        };
        Ok(Heads { heads: job.references.iter().map(head).collect() })
    }

    fn changes(&self, job: &ChangesJob, cx: &Context) -> Result<Changes, Failure> {
        let terms = Terms::new(&job.source, HANDLER)?;
        let reference = Reference::parse(&job.source.reference)?;
        changes::changes(&terms, &reference, job, cx)
    }

    fn schemas() -> Schemas {
        schemas::<Options>()
    }
}

/// Brings the mirror of `url` up to date and checks `reference` out of it into
/// the empty directory `dir`; the full hash.
pub(crate) fn fetch_into(
    dir: &Path,
    url: &Url,
    reference: &Reference,
    terms: &Terms<Options>,
    cx: &Context,
) -> Result<String, Failure> {
    let mirror = Mirror::new(url, terms);
    let revision = twice(&terms.cache, &mirror.place, Some(dir), cx, || {
        let (revision, _lock) = refresh(&mirror, reference, cx)?;
        cx.progress(format!("checking out {revision}"));
        mirror.place.lend(dir)?;
        worktree::fill(dir, &revision, &mirror, cx)
            .and_then(|()| lfs::fill(dir, &mirror, cx))
            .map_err(|trouble| mirror.place.suspect(trouble))?;
        Ok(revision)
    })?;
    terms.cache.make_room(&mirror.place, cx)?;
    Ok(revision)
}

/// Brings a mirror up to date: the full hash of what `reference` names, and
/// the right to read it as long as the lock is held.
pub(crate) fn refresh(
    mirror: &Mirror<'_>,
    reference: &Reference,
    cx: &Context,
) -> Result<(String, Lock), Trouble> {
    let lock = Lock::exclusive(&mirror.place.lock_file(), cx)?;
    let revision = mirror
        .prepare(cx)
        .and_then(|()| mirror.update(reference, cx))
        .and_then(|()| resolve::resolve(reference, mirror, cx))
        .map_err(|trouble| mirror.place.suspect(trouble))?;
    // From here on the mirror is only read: others may read it too.
    let lock = lock.share(cx)?;
    if !mirror.has(&revision, cx)? {
        // Between the two locks somebody else made the mirror again.
        return Err(Trouble::suspicious(
            Failure::new(format!("the mirror of {} has lost {revision}", mirror.url)),
            Suspicion::Check,
        ));
    }
    Ok((revision, lock))
}
