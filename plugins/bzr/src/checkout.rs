//! Checking out: the reference becomes a revision id, the mirror gets it, and
//! its tree is written.

use monkeyfarm_plugin_api::{
    Changes, ChangesJob, Checkout, CheckoutJob, Context, Failure, Head, Schemas, Source, VcsHandler,
};
use monkeyfarm_vcs_kit::terms::{NoOptions, schemas};
use monkeyfarm_vcs_kit::twice::twice;
use monkeyfarm_vcs_kit::{Handler, Kind, Lock, Scheme, Terms, Trouble};

use crate::changes;
use crate::mirror::Mirror;
use crate::reference::Reference;
use crate::resolve::resolve;

/// The VCS handler `bzr`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bzr;

const HANDLER: Handler = Handler {
    label: "bzr",
    schemes: &[
        Scheme::HTTPS,
        Scheme::HTTP,
        Scheme { name: "bzr", port: "4155", kind: Kind::Open },
        Scheme { name: "bzr+ssh", port: "22", kind: Kind::Ssh },
        Scheme::FILE,
    ],
};

impl VcsHandler for Bzr {
    fn checkout(&self, job: &CheckoutJob, cx: &Context) -> Result<Checkout, Failure> {
        let (terms, reference) = read(&job.source())?;
        let mut found = resolve(&terms, &reference, cx).map_err(|trouble| trouble.failure)?;
        if !job.revision.is_empty() {
            // The branch is the reference's; it has the revision, now or before.
            found.revision = wanted(&job.revision)?;
        }
        let mirror = Mirror::new(&found.branch, &terms);
        twice(&terms.cache, &mirror.place, Some(&job.source_dir), cx, || {
            let _lock = refresh(&mirror, &found.revision, None, cx)?;
            mirror
                .export(&job.source_dir, &found.revision, cx)
                .map_err(|trouble| mirror.place.suspect(trouble))
        })?;
        terms.cache.make_room(&mirror.place, cx)?;
        cx.log(format!("{reference} of {} is {}", terms.url, found.revision));
        Ok(Checkout { revision: found.revision })
    }

    fn head(&self, source: &Source, cx: &Context) -> Result<Head, Failure> {
        let (terms, reference) = read(source)?;
        let found = resolve(&terms, &reference, cx).map_err(|trouble| trouble.failure)?;
        Ok(Head { revision: found.revision })
    }

    fn changes(&self, job: &ChangesJob, cx: &Context) -> Result<Changes, Failure> {
        let (terms, reference) = read(&job.source)?;
        let found = resolve(&terms, &reference, cx).map_err(|trouble| trouble.failure)?;
        changes::changes(&terms, &found, job, cx)
    }

    fn schemas() -> Schemas {
        schemas::<NoOptions>()
    }
}

/// A revision by its id, and nothing else that a reference can name.
fn wanted(revision: &str) -> Result<String, Failure> {
    match Reference::parse(&format!("revid:{revision}"))? {
        Reference::Revid(revision) => Ok(revision),
        _ => Err(Failure::new(format!("`{}` is no revision id", revision.escape_debug()))),
    }
}

fn read(source: &Source) -> Result<(Terms<NoOptions>, Reference), Failure> {
    if source.url.to_ascii_lowercase().starts_with("lp:") {
        let url = source.url.escape_debug();
        return Err(Failure::new(format!(
            "`{url}` is short for an address that only Launchpad knows: write it as \
             https://bazaar.launchpad.net/..."
        )));
    }
    Ok((Terms::new(source, HANDLER)?, Reference::parse(&source.reference)?))
}

/// Brings a mirror up to date, also with an `older` revision if the server
/// still has that, and gives the right to read it as long as the lock is held.
pub(crate) fn refresh(
    mirror: &Mirror<'_>,
    revision: &str,
    older: Option<&str>,
    cx: &Context,
) -> Result<Lock, Trouble> {
    let lock = Lock::exclusive(&mirror.place.lock_file(), cx)?;
    mirror
        .prepare(cx)
        .and_then(|()| mirror.update(revision, cx))
        .map_err(|trouble| mirror.place.suspect(trouble))?;
    if let Some(older) = older
        && let Err(trouble) = mirror.update(older, cx)
    {
        cx.log(trouble.failure.sentence);
    }
    // From here on the mirror is only read: others may read it too.
    Ok(lock.share(cx)?)
}
