//! What the farm says on bugs.

use mf_core::errand::{BugAction, BugWork};

/// What is to be said on a bug; nothing where it is only looked at. What
/// somebody has to say comes first, then what the farm knows.
pub fn comment(work: &BugWork) -> String {
    let BugWork { project, package, build, tag, .. } = work;
    let build = format!("Build {build} of package {package}");
    let farm = match work.action {
        BugAction::Show => return String::new(),
        BugAction::Close if !tag.is_empty() => {
            format!("{build} was tagged {tag} in project {project}.")
        }
        BugAction::Close => format!("Closed for {} in project {project}.", lower(&build)),
        BugAction::Reopen => format!("Opened again for {} in project {project}.", lower(&build)),
        BugAction::Link => format!("{build} in project {project} is about this bug."),
        BugAction::Comment => format!("({build} in project {project})"),
    };
    let parts = [work.comment.trim(), &farm, &work.build_url];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

fn lower(text: &str) -> String {
    text.replacen("Build", "build", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_names_build_tag_and_project() {
        let mut work = BugWork {
            action: BugAction::Close,
            project: "ius".into(),
            package: "php".into(),
            build: "php-5.2.14-1".into(),
            tag: "stable".into(),
            ..BugWork::default()
        };
        let told = "Build php-5.2.14-1 of package php was tagged stable in project ius.";
        assert_eq!(comment(&work), told);
        work.build_url = "https://farm/build/php-5.2.14-1".into();
        assert_eq!(comment(&work), format!("{told}\n\nhttps://farm/build/php-5.2.14-1"));
        work.tag.clear();
        work.comment = "thank you\n".into();
        let expected = "thank you\n\nClosed for build php-5.2.14-1 of package php in project ius.";
        assert!(comment(&work).starts_with(expected), "{}", comment(&work));
        work.action = BugAction::Show;
        assert_eq!(comment(&work), "");
    }
}
