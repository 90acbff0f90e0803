//! What is to be checked out, as people name it.

use std::fmt;

use monkeyfarm_plugin_api::Failure;

/// The fewest digits of a hash that are taken for one.
const SHORTEST_HASH: usize = 7;

/// What is to be checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// Whatever the repository's `HEAD` names.
    Default,
    /// A whole hash, in lower case.
    Hash(String),
    /// A full name: `refs/heads/...` or `refs/tags/...`.
    Full(String),
    /// A branch; else a tag; else, when it may be one, a shortened hash.
    Name(String),
}

impl Reference {
    /// # Errors
    /// When no branch, tag or revision can have that name. It keeps options
    /// and git's own little language (`a..b`, `a^{/text}`) out.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        if text.is_empty() {
            return Ok(Self::Default);
        }
        let broken = text.starts_with(['-', '/'])
            || text.ends_with(['/', '.'])
            || text == "@"
            || ["..", "//", "@{"].iter().any(|bad| text.contains(bad))
            || text.contains(|c: char| c.is_control() || " ~^:?*[\\".contains(c))
            || text.split('/').any(|part| part.starts_with('.') || part.ends_with(".lock"));
        if broken {
            let text = text.escape_debug();
            return Err(Failure::new(format!(
                "`{text}` is not a name that a branch, tag or revision can have"
            )));
        }
        if let Some(rest) = text.strip_prefix("refs/") {
            if rest.starts_with("heads/") || rest.starts_with("tags/") {
                return Ok(Self::Full(text.to_owned()));
            }
            return Err(Failure::new(format!(
                "`{text}` is neither a branch (refs/heads/...) nor a tag (refs/tags/...)"
            )));
        }
        let hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        Ok(match text.len() {
            40 | 64 if hexadecimal => Self::Hash(text.to_ascii_lowercase()),
            _ => Self::Name(text.to_owned()),
        })
    }

    /// What it may name, the first that exists being meant: a kind for
    /// people, and a full name for git.
    pub(crate) fn candidates(&self) -> Vec<String> {
        match self {
            Self::Default => vec![REMOTE_HEAD.to_owned()],
            Self::Hash(text) | Self::Full(text) => vec![text.clone()],
            Self::Name(text) => {
                let mut names = vec![format!("refs/heads/{text}"), format!("refs/tags/{text}")];
                let hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
                if hexadecimal && (SHORTEST_HASH..40).contains(&text.len()) {
                    names.push(text.clone());
                }
                names
            }
        }
    }
}

/// Where a mirror keeps what the repository's `HEAD` named.
pub(crate) const REMOTE_HEAD: &str = "refs/monkeyfarm/HEAD";

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default branch"),
            Self::Hash(text) | Self::Full(text) | Self::Name(text) => write!(f, "`{text}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        let hash = "0123456789abcdef0123456789ABCDEF01234567";
        assert_eq!(Reference::parse("").unwrap(), Reference::Default);
        assert_eq!(Reference::parse(hash).unwrap(), Reference::Hash(hash.to_lowercase()));
        assert_eq!(Reference::parse("a/b").unwrap(), Reference::Name("a/b".into()));
        let candidates = |text: &str| Reference::parse(text).unwrap().candidates();
        assert_eq!(candidates("v1"), ["refs/heads/v1", "refs/tags/v1"]);
        assert_eq!(candidates("abcdef1"), ["refs/heads/abcdef1", "refs/tags/abcdef1", "abcdef1"]);
        assert_eq!(candidates("refs/tags/v1"), ["refs/tags/v1"]);
    }

    #[test]
    fn options_and_expressions_are_no_names() {
        for text in [
            "-x",
            "--output=x",
            "a..b",
            "a^",
            "a~1",
            "HEAD@{1}",
            "@",
            ":/fix",
            "a b",
            "a*",
            "a\nb",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a.",
            "a\\b",
            "a\0",
            "refs/pull/1/head",
        ] {
            let sentence = Reference::parse(text).unwrap_err().sentence;
            assert!(sentence.starts_with('`') && !sentence.contains(['\n', '\0']), "{sentence}");
        }
    }
}
