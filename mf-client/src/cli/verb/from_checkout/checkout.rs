//! The checkout of the current directory: where it came from, and what in it is
//! not committed or pushed.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A checkout on this host.
#[derive(Debug, Default)]
pub struct Checkout {
    /// Its topmost directory.
    pub dir: PathBuf,
    /// Where it was had from, or is sent to; the likeliest first.
    pub urls: Vec<String>,
    /// Its branch; empty when there is none.
    pub branch: String,
    /// The tag that is exactly what is checked out.
    pub tag: Option<String>,
    /// What the farm will not see, in words.
    pub unseen: Vec<&'static str>,
}

impl Checkout {
    /// The checkout that `dir` is in.
    pub fn around(dir: &Path) -> Option<Self> {
        git(dir).or_else(|| bazaar(dir))
    }
}

fn git(dir: &Path) -> Option<Checkout> {
    let say = |words: &[&str]| said("git", dir, words);
    let top = PathBuf::from(say(&["rev-parse", "--show-toplevel"])?);
    let branch = say(&["symbolic-ref", "--quiet", "--short", "HEAD"]).unwrap_or_default();
    let remote = say(&["config", &format!("branch.{branch}.remote")]);
    let first = remote.and_then(|remote| say(&["config", &format!("remote.{remote}.url")]));
    let all = say(&["config", "--get-regexp", r"^remote\..*\.url$"]).unwrap_or_default();
    let others = all.lines().filter_map(|line| line.split_once(' ')).map(|(_, url)| url.to_owned());
    let mut urls: Vec<String> = first.into_iter().chain(others).collect();
    urls.push(top.display().to_string());
    let mut unseen = Vec::new();
    if say(&["status", "--porcelain", "--untracked-files=no"]).is_some() {
        unseen.push("changes that are not committed");
    }
    if say(&["rev-list", "--count", "@{upstream}..HEAD"]).is_some_and(|count| count != "0") {
        unseen.push("commits that are not pushed");
    }
    let tag = say(&["describe", "--tags", "--exact-match"]);
    Some(Checkout { dir: top, urls, branch, tag, unseen })
}

fn bazaar(dir: &Path) -> Option<Checkout> {
    let top = dir.ancestors().find(|dir| dir.join(".bzr").is_dir())?.to_path_buf();
    let say = |words: &[&str]| said("brz", &top, words).or_else(|| said("bzr", &top, words));
    let named = ["public_branch", "push_location", "parent_location", "bound_location"];
    let mut urls: Vec<String> = named.iter().filter_map(|name| say(&["config", name])).collect();
    urls.push(top.display().to_string());
    let mut unseen = Vec::new();
    if say(&["status", "--versioned", "--short"]).is_some() {
        unseen.push("changes that are not committed");
    }
    Some(Checkout { dir: top, urls, unseen, ..Checkout::default() })
}

/// What a program prints about a checkout; nothing where it fails, is not
/// there, or has nothing to say.
fn said(program: &str, dir: &Path, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).current_dir(dir).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// Whether two URLs are of the same repository: `git@host:a/b.git` is
/// `https://host/a/b`.
pub fn same(one: &str, other: &str) -> bool {
    let (one, other) = (place(one), place(other));
    one != "/" && one == other
}

/// Host and path of a URL, without what says only how one comes there.
fn place(url: &str) -> String {
    let url = url.trim();
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (scheme, rest.to_owned()),
        // As ssh writes it: host, colon, path.
        None => match url.split_once(':') {
            Some((host, path)) if !host.contains('/') => ("ssh", format!("{host}/{path}")),
            _ => ("file", url.to_owned()),
        },
    };
    let (host, path) = rest.split_once('/').unwrap_or((&rest, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host).to_lowercase();
    let usual = match scheme {
        "https" => ":443",
        "http" => ":80",
        "ssh" => ":22",
        "git" => ":9418",
        _ => "",
    };
    let host = host.strip_suffix(usual).filter(|_| !usual.is_empty()).unwrap_or(&host);
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
    format!("{host}/{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_repository_has_many_urls() {
        let all = [
            "https://git.example.org/ius/php.git",
            "git@git.example.org:ius/php.git",
            "ssh://git@GIT.example.org:22/ius/php/",
            "git://git.example.org:9418/ius/php",
            "https://derks@git.example.org:443/ius/php",
        ];
        for one in all {
            assert!(same(all[0], one), "{one}: {}", place(one));
        }
        for other in ["https://git.example.org/ius/php2", "https://example.org/ius/php", ""] {
            assert!(!same(all[0], other), "{other}");
        }
        assert!(same("file:///srv/git/php", "/srv/git/php"));
        assert!(!same("", ""));
    }
}
