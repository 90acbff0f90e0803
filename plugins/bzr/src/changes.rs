//! What has changed since a revision.

use monkeyfarm_plugin_api::vcs::Change;
use monkeyfarm_plugin_api::{Changes, ChangesJob, Context, Failure};
use monkeyfarm_vcs_kit::Terms;
use monkeyfarm_vcs_kit::terms::NoOptions;
use monkeyfarm_vcs_kit::twice::twice;

use crate::checkout::refresh;
use crate::mirror::Mirror;
use crate::reference::Reference;
use crate::resolve::Found;

/// What is in `found` and not in `job.since`.
pub(crate) fn changes(
    terms: &Terms<NoOptions>,
    found: &Found,
    job: &ChangesJob,
    cx: &Context,
) -> Result<Changes, Failure> {
    let revid = Reference::parse(&format!("revid:{}", job.since));
    let Ok(Reference::Revid(since)) = revid else {
        let since = job.since.escape_debug();
        return Err(Failure::new(format!("`{since}` is no id of a revision")));
    };
    let mirror = Mirror::new(&found.branch, terms);
    let most = (job.limit() + 1).to_string();
    let answer = twice(&terms.cache, &mirror.place, None, cx, || {
        // A branch that was written anew has left `since` behind; the server
        // may still have it. If not, the question below has no answer.
        let _lock = refresh(&mirror, &found.revision, Some(&since), cx)?;
        mirror
            .changes(&[&since, &found.revision, &most], cx)
            .map_err(|trouble| mirror.place.suspect(trouble))
    })?;
    terms.cache.make_room(&mirror.place, cx)?;
    match answer.split_first() {
        Some((first, [rewritten, changes @ ..])) if first == "found" => {
            let (changes, _) = changes.as_chunks::<4>();
            let changes = Changes {
                revision: found.revision.clone(),
                changes: changes.iter().map(change).collect(),
                more: false,
                rewritten: rewritten == "rewritten",
            };
            Ok(changes.within(job.limit()))
        }
        Some((first, [])) if first == "none" => Err(Failure::new(format!(
            "{} has no revision `{since}` any more: what has changed since then cannot be told",
            terms.url
        ))),
        _ => Err(Failure::new(format!("cannot ask {}: brz's answer is not clear", terms.url))),
    }
}

fn change([revision, author, date, message]: &[String; 4]) -> Change {
    Change {
        revision: revision.clone(),
        author: author.clone(),
        date: date.clone(),
        message: message.trim().to_owned(),
    }
}
