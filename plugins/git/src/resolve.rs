//! Making a full hash of a reference, before anything else is done with it.

use monkeyfarm_plugin_api::{Context, Failure};

use monkeyfarm_vcs_kit::nearest::nearest;
use monkeyfarm_vcs_kit::{Trouble, Url};

use crate::mirror::Mirror;
use crate::reference::Reference;

/// How many names are offered when one does not exist.
const OFFERED: usize = 5;

/// All names of a mirror: enough for a million branches.
const MOST_NAMES: usize = 64 << 20;

/// The full hash of the commit that `reference` names.
pub(crate) fn resolve(
    reference: &Reference,
    mirror: &Mirror<'_>,
    cx: &Context,
) -> Result<String, Trouble> {
    for name in reference.candidates() {
        // The name of a commit, or of a tag that leads to one.
        let commit = format!("{name}^{{commit}}");
        let parse = mirror.git().args(["rev-parse", "--verify", "--end-of-options", &commit]);
        let said = parse.output(cx, 1 << 20)?;
        let hash = said.text().trim().to_owned();
        let whole = matches!(hash.len(), 40 | 64) && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if said.ended.success() && whole {
            return Ok(hash);
        }
        if said.error_text().contains("is ambiguous") {
            return Err(Failure::new(format!(
                "{reference} is short for several revisions of {}: give more of it",
                mirror.url
            ))
            .into());
        }
    }
    let list = mirror.git().args(["for-each-ref", "--format=%(refname:lstrip=2)"]);
    let said = list.args(["refs/heads", "refs/tags"]).output(cx, MOST_NAMES)?;
    let text = said.text();
    let names: Vec<&str> = text.lines().collect();
    Err(unknown(reference, &mirror.url, &names).into())
}

/// There is nothing of that name; `names` are the branches and tags that there
/// are.
pub(crate) fn unknown(reference: &Reference, url: &Url, names: &[&str]) -> Failure {
    let wanted = match reference {
        Reference::Default => return no_default(url),
        Reference::Hash(hash) => return Failure::new(format!("{url} has no revision `{hash}`")),
        Reference::Full(name) | Reference::Name(name) => name,
    };
    let short = wanted.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/");
    let near = nearest(short, names, OFFERED);
    Failure::new(match near.is_empty() {
        true => format!("{url} has no branch, tag or revision `{wanted}`: it is empty"),
        false => format!(
            "{url} has no branch, tag or revision `{wanted}`; the nearest it has: {}",
            near.join(", ")
        ),
    })
}

/// There is nothing to check out, and nothing was asked for by name.
pub(crate) fn no_default(url: &Url) -> Failure {
    Failure::new(format!(
        "{url} has no default branch: it is empty, or its HEAD names a branch that it does not \
         have; give the package-branch a `vcs_branch`"
    ))
}
