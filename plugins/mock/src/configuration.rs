//! The mock configuration of a build: found before, kept afterwards.

use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::Failure;

use crate::local::Local;
use crate::recipe::Recipe;
use crate::stage::Stage;
use crate::word;

/// Name of a configuration whose text the target gives.
const OWN: &str = "target.cfg";

/// What mock's `--root` is given: the name of an installed configuration, or
/// the path of one that the target gives.
pub(crate) fn choose(recipe: &Recipe, local: &Local, stage: &Stage) -> Result<String, Failure> {
    if let Some(text) = &recipe.text {
        return stage.write(OWN, text).map(|path| path.display().to_string());
    }
    // One of the two is there: the recipe has been checked.
    let name = recipe.config.as_deref().unwrap_or_default();
    check(name, local)?;
    Ok(name.to_owned())
}

/// Whether an installed configuration has this name. A path is none: it could
/// be any program.
pub(crate) fn check(name: &str, local: &Local) -> Result<(), Failure> {
    word::name("the mock configuration", name)?;
    if name.ends_with(".cfg") {
        return Err(Failure::new(format!(
            "the mock configuration {name:?} ends in .cfg, by which mock would take it for a \
             path: write its name without that"
        )));
    }
    let dir = &local.config_dir;
    let file = format!("{name}.cfg");
    if dir.join(&file).is_file() || dir.join("eol").join(&file).is_file() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "this worker has no mock configuration {name:?} in {}: install the one that the target \
         means (mock-core-configs has most), or mend the target's config",
        dir.display()
    )))
}

/// What mock prints of a configuration, as people may read it: values that
/// are secret by their name, and passwords in URLs, are left out.
pub(crate) fn readable(printed: &str) -> String {
    let mut text = String::new();
    for line in printed.lines() {
        let lower = line.to_ascii_lowercase();
        let secret = ["password", "passwd", "secret", "token"].iter().any(|w| lower.contains(w));
        match line.split_once(['=', ':']) {
            Some((key, _)) if secret => text.push_str(&format!("{key} (not shown)")),
            _ => text.push_str(&without_user(line)),
        }
        text.push('\n');
    }
    text
}

/// A line without the users and passwords of its URLs.
fn without_user(line: &str) -> String {
    let mut parts = line.split("://");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['/', '\'', '"', ' ', ',']).unwrap_or(part.len());
        let (authority, rest) = part.split_at(end);
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        text.extend(["://", host, rest]);
    }
    text
}

/// Where mock has a root, by what it prints of the configuration.
pub(crate) fn directory(printed: &str, root: &str) -> Option<PathBuf> {
    let start = printed.find("'basedir': '")? + "'basedir': '".len();
    let dir = Path::new(printed[start..].split('\'').next()?);
    let own = dir.file_name()?.to_str()?.ends_with(&format!("-{root}"));
    (own && dir.is_absolute()).then(|| dir.to_owned())
}

/// The root that mock makes a root with, if the configuration has it so: the
/// one thing that `--clean` leaves.
pub(crate) fn bootstrap(dir: &Path, root: &str) -> Option<PathBuf> {
    let name = dir.file_name()?.to_str()?;
    let shared = name.strip_suffix(root)?;
    Some(dir.with_file_name(format!("{shared}bootstrap-{root}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_an_installed_name_is_a_configuration() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("el9.cfg"), "").unwrap();
        let local = Local { config_dir: dir.path().into(), ..Local::default() };
        check("el9", &local).unwrap();
        for bad in ["el9.cfg", "../el9", "/etc/x", "-r", "--clean", "", "..", "a b"] {
            check(bad, &local).unwrap_err();
        }
        let told = check("el8", &local).unwrap_err().sentence;
        assert!(told.starts_with("this worker has no mock configuration \"el8\" in "), "{told}");
    }

    #[test]
    fn what_is_kept_of_a_configuration_has_no_secret() {
        let printed = "config_opts['a'] = 'http://u:p@h/x, https://h2/y'\n'rhsm_password': 'sw0rd'";
        assert_eq!(
            readable(printed),
            "config_opts['a'] = 'http://h/x, https://h2/y'\n'rhsm_password' (not shown)\n"
        );
    }

    #[test]
    fn the_bootstrap_root_is_told_from_the_others() {
        let printed = " '__init___opts': {'basedir': '/var/lib/mock/el9-x86_64-mf-1.1-ab',\n";
        let dir = directory(printed, "mf-1.1-ab").unwrap();
        assert_eq!(dir, Path::new("/var/lib/mock/el9-x86_64-mf-1.1-ab"));
        assert_eq!(directory(printed, "mf-2.1-ab"), None);
        let made_with = bootstrap(&dir, "mf-1.1-ab").unwrap();
        assert_eq!(made_with, Path::new("/var/lib/mock/el9-x86_64-bootstrap-mf-1.1-ab"));
        assert_eq!(bootstrap(&dir, "mf-2.1-ab"), None);
    }
}
