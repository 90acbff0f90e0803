//! The version of a checkout, as its packaging says: the label that is offered
//! for a build of it.

use std::collections::BTreeMap;
use std::path::Path;

use super::checkout::Checkout;

/// Larger files are no descriptions of a package.
const LARGEST: u64 = 1024 * 1024;
/// Macros may name each other so deep.
const DEPTH: usize = 8;

/// A label for a build of `package`, and where it is from.
pub fn offered(checkout: &Checkout, package: &str) -> Option<(String, String)> {
    let of_spec = || {
        let (name, text) = spec_file(&checkout.dir)?;
        Some((of_spec(&text)?, name))
    };
    let of_debian = || {
        let text = read(&checkout.dir.join("debian/changelog"))?;
        Some((of_changelog(&text)?, "debian/changelog".to_owned()))
    };
    let of_tag = || {
        let tag = checkout.tag.as_deref()?;
        Some((of_tag(tag, package), format!("the tag {tag}")))
    };
    let found = of_spec().or_else(of_debian).or_else(of_tag)?;
    // What no build can be called is not offered.
    mf_core::label::check(&found.0).ok().map(|()| found)
}

fn read(file: &Path) -> Option<String> {
    let small = file.metadata().ok()?.len() <= LARGEST;
    if small { std::fs::read_to_string(file).ok() } else { None }
}

/// The one spec file of a directory; with several none is meant.
fn spec_file(dir: &Path) -> Option<(String, String)> {
    let entries = dir.read_dir().ok()?.flatten().map(|entry| entry.path());
    let mut specs = entries.filter(|path| path.extension().is_some_and(|end| end == "spec"));
    let (spec, None) = (specs.next()?, specs.next()) else { return None };
    Some((spec.file_name()?.to_str()?.to_owned(), read(&spec)?))
}

/// `name-version-release` of a spec file; nothing where it takes rpm itself
/// to know.
fn of_spec(text: &str) -> Option<String> {
    let mut macros: BTreeMap<String, String> = BTreeMap::new();
    let mut tags: BTreeMap<&str, String> = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        let defined = line.strip_prefix("%global ").or_else(|| line.strip_prefix("%define "));
        if let Some((name, value)) = defined.and_then(|text| text.trim().split_once(' ')) {
            macros.insert(name.to_owned(), value.trim().to_owned());
        }
        // Those of a subpackage come later.
        let Some((tag, value)) = line.split_once(':') else { continue };
        if ["Name", "Version", "Release"].contains(&tag) && !tags.contains_key(tag) {
            tags.insert(tag, value.trim().to_owned());
            macros.insert(tag.to_lowercase(), value.trim().to_owned());
        }
    }
    // Each target adds its own.
    macros.insert("dist".into(), String::new());
    let parts = ["Name", "Version", "Release"].map(|tag| expanded(tags.get(tag)?, &macros, 0));
    let [Some(name), Some(version), Some(release)] = parts else { return None };
    Some(format!("{name}-{version}-{release}"))
}

/// A text with its macros replaced; nothing where one is not known.
fn expanded(text: &str, macros: &BTreeMap<String, String>, depth: usize) -> Option<String> {
    let Some((before, rest)) = text.split_once('%') else { return Some(text.to_owned()) };
    if depth > DEPTH {
        return None;
    }
    let (name, after) = match rest.strip_prefix('{') {
        Some(rest) => rest.split_once('}')?,
        None => {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            rest.split_at(end.unwrap_or(rest.len()))
        }
    };
    let optional = name.strip_prefix('?');
    let value = match (macros.get(optional.unwrap_or(name)), optional) {
        (Some(value), _) => expanded(value, macros, depth + 1)?,
        (None, Some(_)) => String::new(),
        (None, None) => return None,
    };
    Some(format!("{before}{value}{}", expanded(after, macros, depth)?))
}

/// `name-version` of the newest entry of a Debian changelog, without an epoch.
fn of_changelog(text: &str) -> Option<String> {
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    let (name, rest) = line.split_once(" (")?;
    let (version, _) = rest.split_once(')')?;
    let version = version.split_once(':').map_or(version, |(_, version)| version);
    Some(format!("{}-{version}", name.trim()))
}

/// `hello-1.2` for the tags `v1.2`, `1.2` and `hello-1.2`.
fn of_tag(tag: &str, package: &str) -> String {
    let tag = tag.rsplit('/').next().unwrap_or(tag);
    if tag.starts_with(package) {
        return tag.to_owned();
    }
    let digits = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let version = tag.strip_prefix('v').filter(|rest| digits(rest)).unwrap_or(tag);
    format!("{package}-{version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_says_what_its_macros_mean() {
        let spec = "%global base 5.2\n%define full %{base}.14\nName: php\nVersion: %{full}\n\
                    Release: 1%{?dist}\n%package devel\nVersion: 9\n";
        assert_eq!(of_spec(spec).as_deref(), Some("php-5.2.14-1"));
        assert_eq!(of_spec("Name: %{name}\nVersion: 1\nRelease: 1\n"), None, "it names itself");
        let hard = "Name: php\nVersion: %(date +%Y)\nRelease: 1\n";
        assert_eq!(of_spec(hard), None, "no program of a checkout is run");
    }

    #[test]
    fn a_changelog_and_a_tag_say_it_too() {
        let text = "hello (1:2.10-3) unstable; urgency=low\n\n  * New.\n";
        assert_eq!(of_changelog(text).as_deref(), Some("hello-2.10-3"));
        for tag in ["v1.2", "1.2", "hello-1.2", "release/1.2"] {
            assert_eq!(of_tag(tag, "hello"), "hello-1.2", "{tag}");
        }
        assert_eq!(of_tag("vanilla", "hello"), "hello-vanilla");
    }
}
