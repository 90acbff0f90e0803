//! Where a branch or tag is now, as the repository says: nothing is fetched.

use std::time::Duration;

use monkeyfarm_plugin_api::{Context, Failure};
use monkeyfarm_vcs_kit::Terms;

use crate::checkout::{Options, refresh};
use crate::mirror::{Mirror, home};
use crate::program::git_out;
use crate::reference::{REMOTE_HEAD, Reference};
use crate::resolve::{no_default, unknown};
use crate::trouble;

/// How long a server may take to list its branches and tags.
const PATIENCE: Duration = Duration::from_secs(300);

/// The names of a repository: enough for a million branches.
const MOST_NAMES: usize = 128 << 20;

/// What a repository lists: hashes and names, one pair a line.
pub(crate) struct Listed(String);

/// Asks for all branches and tags of a repository.
pub(crate) fn list(terms: &Terms<Options>, cx: &Context) -> Result<Listed, Failure> {
    let url = &terms.url;
    cx.progress(format!("asking {url}"));
    let home = home(terms, url, cx)?;
    let ask = git_out(home.path(), url, terms)?.args(["ls-remote", "--end-of-options"]);
    let said = ask.arg(url.for_program()).timeout(PATIENCE).output(cx, MOST_NAMES)?;
    trouble::unless_ended_well(said.ended, &said.error_text(), url, "ask")
        .map_err(|trouble| trouble.failure)?;
    Ok(Listed(said.text().to_string()))
}

/// The full hash of the commit that `reference` names.
pub(crate) fn head(
    Listed(text): &Listed,
    terms: &Terms<Options>,
    reference: &Reference,
    cx: &Context,
) -> Result<String, Failure> {
    let url = &terms.url;
    let listed: Vec<_> = text.lines().filter_map(|line| line.split_once('\t')).collect();
    let named = |wanted: &str| listed.iter().find(|(_, name)| *name == wanted);
    for candidate in reference.candidates() {
        let wanted = if candidate == REMOTE_HEAD { "HEAD" } else { &candidate };
        // What a tag leads to is listed under its name with `^{}`.
        let peeled = named(&format!("{wanted}^{{}}")).or_else(|| named(wanted));
        if let Some((hash, _)) = peeled {
            return Ok((*hash).to_owned());
        }
        if !candidate.starts_with("refs/") {
            // A hash: only the repository itself knows whether it has it.
            let mirror = Mirror::new(url, terms);
            return refresh(&mirror, reference, cx)
                .map(|(hash, _lock)| hash)
                .map_err(|trouble| trouble.failure);
        }
    }
    if *reference == Reference::Default {
        return Err(no_default(url));
    }
    let names = listed.iter().filter_map(|(_, name)| {
        name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/"))
    });
    let names: Vec<_> = names.filter(|name| !name.ends_with("^{}")).collect();
    Err(unknown(reference, url, &names))
}
