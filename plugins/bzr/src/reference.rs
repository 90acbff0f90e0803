//! What is to be checked out, as people name it.

use std::fmt;

use monkeyfarm_plugin_api::Failure;

/// What is to be checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// The newest revision of the branch.
    Tip,
    /// A revision by its id.
    Revid(String),
    /// A revision by its number in the branch.
    Revno(String),
    /// A tag.
    Tag(String),
    /// A branch below the URL; else a tag.
    Name(String),
}

impl Reference {
    /// # Errors
    /// When no branch, tag or revision can have that name.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let refuse = || {
            let text = text.escape_debug();
            Failure::new(format!("`{text}` is not a name that a branch, tag or revision can have"))
        };
        let broken = text.starts_with(['-', '/'])
            || text.ends_with('/')
            || text.contains(|c: char| c.is_control() || c.is_whitespace())
            || text.split('/').any(|part| [".", ".."].contains(&part));
        if broken {
            return Err(refuse());
        }
        let (kind, name) = text.split_once(':').unwrap_or(("", text));
        let number = |name: &str| {
            !name.is_empty()
                && name.split('.').all(|part| {
                    (1..10).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
                })
        };
        Ok(match kind {
            "" if name.is_empty() => Self::Tip,
            "" if number(name) => Self::Revno(name.into()),
            "" if is_revid(name) => Self::Revid(name.into()),
            "" => Self::Name(name.into()),
            _ if name.is_empty() => return Err(refuse()),
            "revid" => Self::Revid(name.into()),
            "revno" if number(name) => Self::Revno(name.into()),
            "tag" => Self::Tag(name.into()),
            // What brz also knows (`before:`, `submit:`) may lead elsewhere.
            _ if is_revid(text) => Self::Revid(text.into()),
            _ => return Err(refuse()),
        })
    }

    /// As the question to brz has it.
    pub(crate) fn words(&self) -> (&'static str, &str) {
        match self {
            Self::Tip => ("tip", ""),
            Self::Revid(name) => ("revid", name),
            Self::Revno(name) => ("revno", name),
            Self::Tag(name) => ("tag", name),
            Self::Name(name) => ("name", name),
        }
    }
}

/// Whether it ends as the ids do that bzr makes: `-20260102030405-` and
/// sixteen letters.
fn is_revid(text: &str) -> bool {
    let mut parts = text.rsplitn(3, '-');
    let (letters, time) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    (letters.len() == 16 && letters.bytes().all(plain))
        && (time.len() == 14 && time.bytes().all(|byte| byte.is_ascii_digit()))
        && parts.next().is_some_and(|who| !who.is_empty())
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tip => f.write_str("the newest revision"),
            Self::Revid(name) | Self::Name(name) => write!(f, "`{name}`"),
            Self::Revno(name) => write!(f, "revision {name}"),
            Self::Tag(name) => write!(f, "tag `{name}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        let id = "ada@example.org-20261122174255-ao9m1ran646cpkbd";
        for (text, reference) in [
            ("", Reference::Tip),
            ("3", Reference::Revno("3".into())),
            ("revno:1.2.3", Reference::Revno("1.2.3".into())),
            (id, Reference::Revid(id.into())),
            ("revid:x", Reference::Revid("x".into())),
            ("svn-v4:uuid:trunk:7", Reference::Name(String::new())),
            ("v1.0", Reference::Name("v1.0".into())),
            ("team/trunk", Reference::Name("team/trunk".into())),
            ("tag:1", Reference::Tag("1".into())),
        ] {
            match Reference::parse(text) {
                Ok(parsed) => assert_eq!(parsed, reference, "{text}"),
                Err(_) => assert!(text.starts_with("svn"), "{text}"),
            }
        }
    }

    #[test]
    fn options_and_expressions_are_no_names() {
        for text in [
            "-x",
            "--output=x",
            "before:3",
            "submit:",
            "branch:/etc",
            "ancestor:x",
            "revno:3:/etc",
            "revno:",
            "tag:",
            "a b",
            "a\nb",
            "a\0",
            "/a",
            "a/",
            "../a",
            "a/../b",
            "date:today",
        ] {
            let sentence = Reference::parse(text).unwrap_err().sentence;
            assert!(sentence.starts_with('`') && !sentence.contains(['\n', '\0']), "{sentence}");
        }
    }
}
