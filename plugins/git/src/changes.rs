//! What has changed since a revision.

use monkeyfarm_plugin_api::vcs::Change;
use monkeyfarm_plugin_api::{Changes, ChangesJob, Context, Failure};
use monkeyfarm_vcs_kit::Terms;
use monkeyfarm_vcs_kit::twice::twice;

use crate::checkout::{Options, refresh};
use crate::mirror::Mirror;
use crate::reference::Reference;
use crate::trouble;

/// Revision, author, date and message; none of them has a zero byte in it.
const FORMAT: &str = "--format=%H%x00%an <%ae>%x00%aI%x00%B%x00";

/// The changes of one answer.
const MOST_TEXT: usize = 16 << 20;

/// What is in `reference` and not in `job.since`.
pub(crate) fn changes(
    terms: &Terms<Options>,
    reference: &Reference,
    job: &ChangesJob,
    cx: &Context,
) -> Result<Changes, Failure> {
    let Ok(Reference::Hash(since)) = Reference::parse(&job.since) else {
        let since = job.since.escape_debug();
        return Err(Failure::new(format!("`{since}` is no full hash of a commit")));
    };
    let mirror = Mirror::new(&terms.url, terms);
    let found = twice(&terms.cache, &mirror.place, None, cx, || {
        let (revision, _lock) = refresh(&mirror, reference, cx)?;
        if !mirror.has(&since, cx)? {
            return Err(Failure::new(format!(
                "{} has no revision `{since}` any more: what has changed since then cannot be told",
                terms.url
            ))
            .into());
        }
        let base = mirror.git().args(["merge-base", "--is-ancestor", &since, &revision]);
        let rewritten = !base.output(cx, 4096)?.ended.success();
        let most = format!("--max-count={}", job.limit() + 1);
        let range = format!("{since}..{revision}");
        let log = mirror.git().args(["log", "--no-show-signature", "--no-color", &most, FORMAT]);
        let said = log.args(["--end-of-options", &range, "--"]).output(cx, MOST_TEXT)?;
        trouble::unless_ended_well(said.ended, &said.error_text(), &terms.url, "read the log of")?;
        let changes = read(&said.text());
        Ok(Changes { revision, changes, more: false, rewritten })
    })?;
    terms.cache.make_room(&mirror.place, cx)?;
    Ok(found.within(job.limit()))
}

fn read(text: &str) -> Vec<Change> {
    let fields: Vec<&str> = text.split('\0').map(str::trim).collect();
    let (changes, _) = fields.as_chunks::<4>();
    let change = |[revision, author, date, message]: &[&str; 4]| Change {
        revision: (*revision).to_owned(),
        author: (*author).to_owned(),
        date: (*date).to_owned(),
        message: (*message).to_owned(),
    };
    changes.iter().map(change).collect()
}
