//! Submodules, for repositories that were asked for with them.
//!
//! `git submodule` believes what the repository says of names, paths and
//! URLs. Here a submodule is a checkout like any other: its URL is parsed and
//! must be allowed, its commit is the one in the tree, and its place is a
//! directory that git itself has made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use monkeyfarm_plugin_api::schemars::JsonSchema;
use monkeyfarm_plugin_api::{Context, Failure};
use monkeyfarm_vcs_kit::{Terms, Url};
use serde::Deserialize;

use crate::checkout::{Options, fetch_into};
use crate::program::git;
use crate::reference::Reference;

/// A repository in a repository in a repository: deeper is a circle.
const DEEPEST: usize = 8;
/// The tree of a repository.
const MOST_TREE: usize = 256 << 20;

/// For which repositories something is wanted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
#[serde(untagged, expecting = "expected true, false or a list of urls")]
pub(crate) enum Asked {
    /// For all, or none.
    All(bool),
    /// For those at these URLs, and below them.
    At(Vec<String>),
}

impl Default for Asked {
    fn default() -> Self {
        Self::All(false)
    }
}

impl Asked {
    /// Whether it is wanted for `url`.
    pub(crate) fn is_for(&self, url: &Url) -> Result<bool, Failure> {
        let urls = match self {
            Self::All(all) => return Ok(*all),
            Self::At(urls) => urls,
        };
        for text in urls {
            if url.is_within(&Url::parse(text, crate::checkout::HANDLER.schemes)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Fills the submodules of the checkout of `url` at `dir`, if they are wanted.
pub(crate) fn fill(
    dir: &Path,
    url: &Url,
    terms: &Terms<Options>,
    cx: &Context,
) -> Result<(), Failure> {
    let links = links(dir, cx)?;
    if links.is_empty() {
        return Ok(());
    }
    if !terms.options.submodules.is_for(url)? {
        cx.log("this repository has submodules, which are not checked out");
        return Ok(());
    }
    fill_all(dir, url, links, terms, DEEPEST, cx)
}

fn fill_all(
    dir: &Path,
    url: &Url,
    links: Vec<(String, String)>,
    terms: &Terms<Options>,
    depth: usize,
    cx: &Context,
) -> Result<(), Failure> {
    if depth == 0 {
        let told = format!("the submodules of {url} are more than {DEEPEST} deep");
        return Err(Failure::new(told));
    }
    let urls = if links.is_empty() { BTreeMap::new() } else { urls(dir, cx)? };
    for (path, hash) in links {
        let refuse = |why: String| {
            Failure::new(format!("submodule `{}` of {url}: {why}", path.escape_debug()))
        };
        let text =
            urls.get(&path).ok_or_else(|| refuse("`.gitmodules` has no url for it".into()))?;
        let theirs = resolve(url, text, terms).map_err(|failure| refuse(failure.sentence))?;
        let place = place(dir, &path).map_err(|why| refuse(why.into()))?;
        cx.log(format!("submodule {path} from {theirs}"));
        fetch_into(&place, &theirs, &Reference::Hash(hash), terms, cx)?;
        let inner = self::links(&place, cx)?;
        fill_all(&place, &theirs, inner, terms, depth - 1, cx)?;
    }
    Ok(())
}

/// The URL of a submodule; one that begins with dots begins at its parent's.
fn resolve(parent: &Url, text: &str, terms: &Terms<Options>) -> Result<Url, Failure> {
    if !text.starts_with("./") && !text.starts_with("../") {
        return terms.other(text);
    }
    let mut url = parent.clone();
    let mut rest = text;
    loop {
        if let Some(more) = rest.strip_prefix("./") {
            rest = more;
        } else if let Some(more) = rest.strip_prefix("../") {
            url = url.above()?;
            rest = more;
        } else {
            let url = url.below(rest)?;
            terms.check(&url)?;
            return Ok(url);
        }
    }
}

/// Path and commit of each submodule in the tree.
fn links(dir: &Path, cx: &Context) -> Result<Vec<(String, String)>, Failure> {
    let list = in_checkout(dir).args(["ls-tree", "-r", "-z", "--full-tree", "HEAD"]);
    let said = list.output(cx, MOST_TREE)?;
    said.ended.ok("`git ls-tree`")?;
    let text = said.text();
    let links = text.split('\0').filter_map(|line| {
        let (what, path) = line.split_once('\t')?;
        let hash = what.strip_prefix("160000 commit ")?;
        Some((path.to_owned(), hash.to_owned()))
    });
    Ok(links.collect())
}

/// The URL of each submodule, by its path.
fn urls(dir: &Path, cx: &Context) -> Result<BTreeMap<String, String>, Failure> {
    let config = in_checkout(dir).args(["config", "--blob", "HEAD:.gitmodules", "-z", "--list"]);
    let said = config.output(cx, 1 << 20)?;
    let text = said.text();
    let (mut paths, mut urls) = (BTreeMap::new(), BTreeMap::new());
    for (key, value) in text.split('\0').filter_map(|entry| entry.split_once('\n')) {
        let Some(key) = key.strip_prefix("submodule.") else { continue };
        match key.rsplit_once('.') {
            Some((name, "path")) => _ = paths.insert(name, value),
            Some((name, "url")) => _ = urls.insert(name, value),
            _ => {}
        }
    }
    let of = |(name, path): (&str, &str)| Some((path.to_owned(), (*urls.get(name)?).to_owned()));
    Ok(paths.into_iter().filter_map(of).collect())
}

/// The directory that git has made for a submodule: empty, and no symbolic
/// link on the way there.
fn place(dir: &Path, path: &str) -> Result<PathBuf, &'static str> {
    let mut place = dir.to_owned();
    for part in Path::new(path).components() {
        let Component::Normal(part) = part else { return Err("its path leads out of the source") };
        place.push(part);
        if !fs::symlink_metadata(&place).is_ok_and(|data| data.is_dir()) {
            return Err("there is something else in its place");
        }
    }
    match fs::read_dir(&place).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(place),
        _ => Err("its place is not empty"),
    }
}

fn in_checkout(dir: &Path) -> monkeyfarm_plugin_api::command::Command {
    git(Path::new("/nonexistent")).arg("-C").arg(dir)
}
