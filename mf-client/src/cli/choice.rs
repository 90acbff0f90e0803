//! The project that `mf workon` chose, kept in a file for each hub.

use std::io::Write;
use std::path::{Path, PathBuf};

use ini::Ini;

use super::exit::{Exit, Failure};
use crate::Connection;

/// What was chosen on one hub: the projects of another are none of its own.
#[derive(Debug, Default, PartialEq)]
pub struct Choice {
    /// The current project.
    pub project: Option<String>,
    /// The one before it.
    pub before: Option<String>,
}

impl Choice {
    /// What was chosen on a hub, by [`crate::Connection::hub_is`].
    ///
    /// # Errors
    /// The file that keeps it cannot be read.
    pub fn of(hub: &str) -> Result<Self, Failure> {
        Self::read(&file()?, hub)
    }

    /// Keeps it for later commands.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(&self, hub: &str) -> Result<(), Failure> {
        self.write(&file()?, hub)
    }

    /// Chooses another project, or none.
    pub fn change(&mut self, project: Option<String>) {
        if self.project != project {
            self.before = self.project.take();
        }
        self.project = project;
    }

    fn read(file: &Path, hub: &str) -> Result<Self, Failure> {
        let (ini, section) = (load(file)?, section(hub));
        let said = |name: &str| {
            let text = ini.get_from(Some(&section), name)?;
            (!text.is_empty()).then(|| text.to_owned())
        };
        Ok(Self { project: said("project"), before: said("before") })
    }

    fn write(&self, file: &Path, hub: &str) -> Result<(), Failure> {
        let (mut ini, section) = (load(file)?, section(hub));
        for (name, value) in [("project", &self.project), ("before", &self.before)] {
            match value {
                Some(text) => ini.set_to(Some(&section), name.into(), text.clone()),
                None => {
                    ini.delete_from(Some(&section), name);
                }
            }
        }
        let write = || {
            let dir = file.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(dir)?;
            let mut fresh = tempfile::NamedTempFile::new_in(dir)?;
            ini.write_to(&mut fresh)?;
            fresh.flush()?;
            fresh.persist(file)?;
            std::io::Result::Ok(())
        };
        write().map_err(|e| {
            Failure::new(Exit::Internal, format!("{} cannot be written: {e}", file.display()))
        })
    }
}

/// The current project of the hub that a connection is to.
///
/// # Errors
/// The file that keeps it cannot be read.
pub fn current(connection: &Connection) -> Result<Option<String>, Failure> {
    match file() {
        Ok(file) => Ok(Choice::read(&file, &connection.hub_is)?.project),
        // Without a home there is nothing that could have been chosen.
        Err(_) => Ok(None),
    }
}

fn file() -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("XDG_CONFIG_HOME")
        .or_else(|| Some(set("HOME")?.join(".config")))
        .map(|dir| dir.join("monkeyfarm/workon"))
        .ok_or_else(|| Failure::new(Exit::Configuration, "HOME is not set"))
}

/// The section of a hub. A bracket, as around an IPv6 address, would end it.
fn section(hub: &str) -> String {
    hub.replace('[', "%5B").replace(']', "%5D")
}

fn load(file: &Path) -> Result<Ini, Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ini::load_from_str(&text).map_err(|e| broken(file, &e.to_string())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Ini::new()),
        Err(e) => Err(broken(file, &e.to_string())),
    }
}

fn broken(file: &Path, why: &str) -> Failure {
    Failure::new(Exit::Configuration, format!("{}: {why}", file.display()))
        .hint("delete it; it only says which project `mf workon` chose")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hub_has_a_choice_and_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("deep/workon");
        let (one, other) = ("default in /a b;[\\x]#/mf.conf", "http://[::1]:8765");
        for (hub, project) in [(one, "ius"), (other, "php"), (one, "web")] {
            let mut choice = Choice::read(&file, hub).unwrap();
            choice.change(Some(project.into()));
            choice.write(&file, hub).unwrap();
        }
        let choice = Choice::read(&file, one).unwrap();
        let expected = Choice { project: Some("web".into()), before: Some("ius".into()) };
        assert_eq!(choice, expected);
        assert_eq!(Choice::read(&file, other).unwrap().project.as_deref(), Some("php"));
        assert_eq!(Choice::read(&file, "http://127.0.0.1:1").unwrap(), Choice::default());
        let left: Vec<_> = std::fs::read_dir(dir.path().join("deep")).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}
