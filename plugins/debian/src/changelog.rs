//! The first entry of a changelog: which package it is, and which version.

use monkeyfarm_plugin_api::Failure;

/// A source package's name and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    version: String,
}

impl Entry {
    /// Reads `name (version) suites; urgency=…`, the first line that is none
    /// of nothing.
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let entry = line.split_once(" (").and_then(|(name, rest)| {
            let (version, _) = rest.split_once(')')?;
            let letter =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
            let digit = |c: char| c.is_ascii_alphanumeric() || ".+-~:".contains(c);
            let fits = name.starts_with(|c: char| c.is_ascii_alphanumeric())
                && name.chars().all(letter)
                && version.starts_with(|c: char| c.is_ascii_digit())
                && version.chars().all(digit);
            fits.then(|| Self { name: name.to_owned(), version: version.to_owned() })
        });
        entry.ok_or_else(|| {
            let shown: String = line.chars().take(80).collect();
            Failure::new(format!(
                "debian/changelog does not begin with `name (version) suite; urgency=…`, but with \
                 {shown:?}"
            ))
        })
    }

    /// The version of what upstream released: without epoch and revision.
    pub(crate) fn upstream(&self) -> &str {
        let version = self.version.split_once(':').map_or(&*self.version, |(_, version)| version);
        version.rsplit_once('-').map_or(version, |(upstream, _)| upstream)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_the_package() {
        let entry = Entry::read("\nhello (1:2.10-1~x-3) unstable; urgency=low\n").unwrap();
        assert_eq!((&*entry.name, entry.upstream()), ("hello", "2.10-1~x"));
        assert_eq!(Entry::read("a1 (2) x; urgency=low").unwrap().upstream(), "2");
        for bad in ["", "hello 1.0", "-x (1) a;", "../x (1) a;", "a (../1) b;", "a (v1) b;"] {
            let told = Entry::read(bad).unwrap_err().sentence;
            assert!(told.starts_with("debian/changelog does not begin with"), "{told}");
        }
    }
}
