//! Making a full revision id of a reference: the server is asked, so that it
//! is also the one to say whether it may be read.

use monkeyfarm_plugin_api::{Context, Failure};
use monkeyfarm_vcs_kit::nearest::nearest;
use monkeyfarm_vcs_kit::terms::NoOptions;
use monkeyfarm_vcs_kit::{Terms, Trouble, Url};

use crate::program::Brz;
use crate::reference::Reference;

/// How many names are offered when one does not exist.
const OFFERED: usize = 5;

/// A revision, and the branch that has it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) revision: String,
    pub(crate) branch: Url,
}

/// The revision that `reference` names.
pub(crate) fn resolve(
    terms: &Terms<NoOptions>,
    reference: &Reference,
    cx: &Context,
) -> Result<Found, Trouble> {
    let url = &terms.url;
    cx.progress(format!("asking {url}"));
    let reference = own_name(url, reference);
    let (kind, name) = reference.words();
    let location = url.for_program();
    let brz = Brz::new(url, terms, cx)?;
    let mut words = vec!["monkeyfarm-resolve", "--", &location, kind];
    words.extend(Some(name).filter(|name| !name.is_empty()));
    // No mirror plays a part: a path that is none.
    let answer = brz.ask(std::path::Path::new("/nonexistent"), &words, cx)?;
    match answer.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        Some(("here", [revision])) => found(revision, url.clone(), url),
        Some(("below", [revision])) => found(revision, url.below(name)?, url),
        Some(("none", tags)) => Err(unknown(&reference, url, tags).into()),
        _ => Err(Failure::new(format!("cannot ask {url}: brz's answer is not clear")).into()),
    }
}

/// A branch's own name means the branch: so a URL that was made from a name
/// and the name may stand together.
fn own_name(url: &Url, reference: &Reference) -> Reference {
    match reference {
        Reference::Name(name) if url.path().ends_with(&format!("/{name}")) => Reference::Tip,
        other => other.clone(),
    }
}

fn found(revision: &str, branch: Url, url: &Url) -> Result<Found, Trouble> {
    if revision == "null:" {
        return Err(Failure::new(format!("{url} has no revision yet: it is empty")).into());
    }
    let plain = |c: char| !c.is_control() && !c.is_whitespace();
    if revision.is_empty() || revision.starts_with('-') || !revision.chars().all(plain) {
        let revision = revision.escape_debug();
        return Err(
            Failure::new(format!("{url} has a revision that cannot be named: {revision}")).into()
        );
    }
    Ok(Found { revision: revision.to_owned(), branch })
}

fn unknown(reference: &Reference, url: &Url, tags: &[String]) -> Failure {
    let (Reference::Name(name) | Reference::Tag(name)) = reference else {
        return Failure::new(format!("{url} has no {reference}"));
    };
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let near = nearest(name, &tags, OFFERED);
    Failure::new(match near.is_empty() {
        true => format!("{url} has no branch, tag or revision `{name}`: it has no tags"),
        false => format!(
            "{url} has no branch, tag or revision `{name}`; the nearest tags it has: {}",
            near.join(", ")
        ),
    })
}
