//! A glob for files of the checkout.

use std::fmt;
use std::path::{Component, Path};

use globset::{GlobBuilder, GlobMatcher};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A glob, relative to the checkout: `*` stays within a directory, `**`
/// crosses directories.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// As it was written, for sentences.
    pub(crate) text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    /// Whether it names `path`, relative to the checkout.
    pub(crate) fn matches(&self, path: &Path) -> bool {
        self.matcher.is_match(path)
    }
}

/// By a visitor, because what it refuses is reported with its own place in
/// the file.
impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Written)
    }
}

/// What stands in the file.
struct Written;

impl Visitor<'_> for Written {
    type Value = Pattern;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a glob such as \"bin/*\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Pattern, E> {
        parse(text).map_err(E::custom)
    }
}

fn parse(text: &str) -> Result<Pattern, String> {
    let path = Path::new(text);
    if path.components().all(|part| part == Component::CurDir) {
        return Err(format!("the glob `{text}` names no file: leave it out"));
    }
    if path.is_absolute() {
        return Err(format!("the glob `{text}` is absolute: write it relative to the checkout"));
    }
    if path.components().any(|part| part == Component::ParentDir) {
        return Err(format!("the glob `{text}` leaves the checkout: `..` is not allowed"));
    }
    let glob = GlobBuilder::new(text.trim_start_matches("./"))
        .literal_separator(true)
        .build()
        .map_err(|error| format!("the glob `{text}` is broken: {}", error.kind()))?;
    Ok(Pattern { matcher: glob.compile_matcher(), text: text.to_owned() })
}
