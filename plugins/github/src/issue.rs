//! Which issue of which repository a bug is.

use monkeyfarm_plugin_api::Failure;

use crate::config::Config;

/// An issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    owner: String,
    repository: String,
    number: u64,
}

impl Issue {
    /// The issue that a bug's name means: `17`, `owner/name#17`.
    ///
    /// # Errors
    /// It is none, or one of a repository that the farm does not speak of.
    pub(crate) fn read(bug: &str, config: &Config) -> Result<Self, Failure> {
        let shown: String = bug.chars().take(80).collect();
        let (place, number) = bug.rsplit_once('#').unwrap_or(("", bug));
        let none = || {
            let told = format!("{shown:?} is no issue: give its number, or owner/name#number");
            Failure::new(told)
        };
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|n| digits && *n > 0).ok_or_else(none)?;
        if place.is_empty() && config.repository.is_empty() {
            // Somebody may still say which repository is meant.
            let told = format!(
                "nobody says which repository issue {number} is of; write repository = \
                 \"owner/name\" into the bug handler's config on the hub"
            );
            return Err(Failure::later(told));
        }
        let place = if place.is_empty() { config.repository.as_str() } else { place };
        let (owner, repository) = place.split_once('/').ok_or_else(none)?;
        if !is_name(owner) || !is_name(repository) {
            return Err(none());
        }
        if !config.allows(owner, repository) {
            return Err(Failure::new(format!(
                "{owner}/{repository} is not among the repositories of the bug handler's config \
                 on the hub"
            )));
        }
        Ok(Self { owner: owner.to_owned(), repository: repository.to_owned(), number })
    }

    /// Its path below the API's address.
    pub(crate) fn path(&self) -> String {
        format!("/repos/{}/{}/issues/{}", self.owner, self.repository, self.number)
    }
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=100).contains(&name.len()) && name.chars().all(plain) && !name.chars().all(|c| c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_one_of_a_repository_that_is_allowed() {
        let config = Config {
            repository: "monkey/farm".into(),
            repositories: vec!["tree/*".into(), "other/one".into()],
        };
        let path = |bug: &str| Issue::read(bug, &config).map(|issue| issue.path());
        assert_eq!(path("17").unwrap(), "/repos/monkey/farm/issues/17");
        assert_eq!(path("tree/top#3").unwrap(), "/repos/tree/top/issues/3");
        assert_eq!(path("Other/One#3").unwrap(), "/repos/Other/One/issues/3");
        for (bug, told) in [
            ("other/two#3", "other/two is not among"),
            ("x", "\"x\" is no issue"),
            ("0", "\"0\" is no issue"),
            ("+1", "\"+1\" is no issue"),
            ("tree/../x#3", "\"tree/../x#3\" is no issue"),
            ("tree/..#3", "\"tree/..#3\" is no issue"),
            ("tree/a?b#3", "\"tree/a?b#3\" is no issue"),
        ] {
            let failure = path(bug).unwrap_err();
            assert!(failure.sentence.starts_with(told), "{failure}");
        }
        let none = Issue::read("17", &Config::default()).unwrap_err();
        assert!(none.sentence.starts_with("nobody says which repository"), "{none}");
    }
}
