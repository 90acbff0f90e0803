//! Advice about a refusal that needs another question to the hub: which label
//! was meant, or which of the two programs is too old.

use mf_core::resource::{ALL, Resource, Scope};
use serde_json::Value;

use super::cx::{Cx, run};
use super::exit::Failure;
use super::noun;

/// Labels that are compared with the one that is not there.
const COMPARED: &str = "1000";
/// Names that are less alike are not meant.
const ALIKE: f64 = 0.8;
/// Names that are offered.
const OFFERED: usize = 2;

/// A failure, with a hint at what may have been meant.
pub fn explain(cx: &Cx, failure: Failure) -> Failure {
    let hint = match failure.code.as_str() {
        "NotFound" if failure.sentence.starts_with("there is nothing at") => age(cx),
        "NotFound" | "UnknownReference" => missing(cx, &failure.sentence),
        "UnknownField" | "MethodNotAllowed" | "Protocol" => age(cx),
        _ => None,
    };
    match hint {
        Some(hint) if failure.hint.is_none() => failure.hint(hint),
        _ => failure,
    }
}

/// The names most like `wanted`, best first.
pub fn similar<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let score = |name: &str| strsim::jaro_winkler(&wanted, &name.to_lowercase());
    let mut alike: Vec<(f64, &str)> =
        names.map(|name| (score(name), name)).filter(|(score, _)| *score > ALIKE).collect();
    alike.sort_by(|(a, x), (b, y)| b.total_cmp(a).then(x.cmp(y)));
    alike.dedup_by(|a, b| a.1 == b.1);
    alike.into_iter().take(OFFERED).map(|(_, name)| name).collect()
}

/// `did you mean "a" or "b"?`
pub fn did_you_mean(names: &[&str]) -> Option<String> {
    let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    (!quoted.is_empty()).then(|| format!("did you mean {}?", quoted.join(" or ")))
}

/// What there is that is called nearly so.
fn missing(cx: &Cx, sentence: &str) -> Option<String> {
    let (of, label, project) = named(sentence)?;
    let hub = cx.hub().ok()?;
    let mut filters = vec![("limit", COMPARED), ("order", "-id")];
    let project = project.or_else(|| cx.chosen_project());
    if of.scope == Scope::Project {
        filters.extend(project.as_deref().map(|label| ("project_label", label)));
    }
    let objects: Vec<Value> =
        run(async { Ok(hub.get_all::<Value>(of.name, &filters).await?) }).ok()?;
    let labels = objects.iter().filter_map(|object| object.get("label")?.as_str());
    did_you_mean(&similar(&label, labels))
        .or_else(|| Some(format!("mf {} list shows what there is", noun(of))))
}

/// What the hub says that there is none of: `there is no tag "x" in project "p"`.
fn named(sentence: &str) -> Option<(&'static Resource, String, Option<String>)> {
    let (_, rest) = sentence.split_once("there is no ")?;
    let (name, rest) = rest.split_once(' ')?;
    let of = ALL.iter().copied().find(|of| of.name == name)?;
    let (label, rest) = quoted(rest)?;
    let project = rest.strip_prefix(" in project ").and_then(quoted).map(|(label, _)| label);
    Some((of, label, project))
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let (label, rest) = text.strip_prefix('"')?.split_once('"')?;
    Some((label.to_owned(), rest))
}

/// Which of the two is older, where one does not know what the other says.
fn age(cx: &Cx) -> Option<String> {
    let hub = cx.hub().ok()?;
    let theirs = run(async { Ok(hub.version().await?) }).ok()?;
    older(&theirs, mf_core::VERSION)
}

/// What to do where one is older than the other.
pub fn older(theirs: &str, ours: &str) -> Option<String> {
    let numbers = |text: &str| -> Option<Vec<u64>> {
        text.split(['-', '+']).next()?.split('.').map(|n| n.parse().ok()).collect()
    };
    match numbers(theirs)?.cmp(&numbers(ours)?) {
        std::cmp::Ordering::Less => Some(format!(
            "the hub is of version {theirs}, older than this mf ({ours}), and does not know it \
             yet: upgrade the hub, or use its mf"
        )),
        std::cmp::Ordering::Greater => {
            Some(format!("this mf is of version {ours}, older than the hub ({theirs}): upgrade mf"))
        }
        std::cmp::Ordering::Equal => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_hub_misses_is_found_in_its_sentence() {
        let (of, label, project) =
            named("there is no package-branch \"helo.main\" in project \"p\"").unwrap();
        assert_eq!((of.name, label.as_str()), ("package-branch", "helo.main"));
        assert_eq!(project.as_deref(), Some("p"));
        let (of, label, project) = named("distro_label: there is no distro \"debain\"").unwrap();
        assert_eq!((of.name, label.as_str(), project), ("distro", "debain", None));
        assert!(named("there is no key \"x\"").is_none());
    }

    #[test]
    fn names_that_are_alike_are_offered() {
        let names = ["hello.main", "help", "php.rpm"];
        assert_eq!(similar("helo.main", names.into_iter()), ["hello.main"]);
        assert!(similar("zzz", names.into_iter()).is_empty());
        assert_eq!(did_you_mean(&["a", "b"]).unwrap(), "did you mean \"a\" or \"b\"?");
    }

    #[test]
    fn the_older_one_is_named() {
        assert!(older("0.9.9", "0.10.0").unwrap().contains("upgrade the hub"));
        assert!(older("1.0.0", "0.10.0-dev").unwrap().contains("upgrade mf"));
        assert_eq!(older("1.0.0", "1.0.0"), None);
        assert_eq!(older("what", "1.0.0"), None);
    }
}
