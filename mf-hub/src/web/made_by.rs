//! The plugins that tasks were made with, as their rows have them: a line
//! each, `build generic: plugin generic 0.1.0, sha256 <hash>`.

use super::cell::Link;
use super::escape::encoded;
use crate::store::offer::Offer;

/// A handler, and the file that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeBy {
    /// `vcs handler` or `build handler`.
    pub kind: String,
    /// The handler.
    pub handler: Link,
    /// The plugin.
    pub plugin: Link,
    /// Its version.
    pub version: String,
    /// SHA-256 of its file.
    pub digest: String,
}

/// What these texts say, each plugin once.
pub fn read<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<MadeBy> {
    let mut all: Vec<MadeBy> = Vec::new();
    for made_by in texts.flat_map(str::lines).filter_map(line) {
        if !all.contains(&made_by) {
            all.push(made_by);
        }
    }
    all
}

/// The handlers of a system, and the files on its host.
pub fn offered(offers: Vec<Offer>) -> Vec<MadeBy> {
    let made_by = |Offer { kind, label, digest, plugin, version }| MadeBy {
        handler: Link::new(format!("/{kind}/{}", encoded(&label)), label),
        kind: kind.replace('_', " "),
        plugin: Link::new(format!("/plugin/{}", encoded(&plugin)), plugin),
        version: if version.is_empty() { "(another file than the farm's)".into() } else { version },
        digest,
    };
    offers.into_iter().map(made_by).collect()
}

fn line(line: &str) -> Option<MadeBy> {
    let (handler, plugin) = line.split_once(": plugin ")?;
    let (kind, label) = handler.split_once(' ')?;
    let (plugin, digest) = plugin.split_once(", sha256 ")?;
    let (plugin, version) = plugin.split_once(' ')?;
    Some(MadeBy {
        kind: format!("{kind} handler"),
        handler: Link::new(format!("/{kind}_handler/{}", encoded(label)), label),
        plugin: Link::new(format!("/plugin/{}", encoded(plugin)), plugin),
        version: version.to_owned(),
        digest: digest.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_plugin_of_a_build_is_said_once() {
        let task =
            "vcs git: plugin git 0.1.0, sha256 ab\nbuild generic: plugin generic 1, sha256 cd";
        let all = read([task, "", "no such line", task].into_iter());
        assert_eq!(all.len(), 2, "{all:?}");
        let MadeBy { kind, handler, plugin, version, digest } = &all[0];
        assert_eq!((kind.as_str(), handler.path.as_str()), ("vcs handler", "/vcs_handler/git"));
        assert_eq!((plugin.path.as_str(), version.as_str()), ("/plugin/git", "0.1.0"));
        assert_eq!(digest, "ab");
    }
}
