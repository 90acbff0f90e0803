//! `mf workon`: the project that commands mean when none is given.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};
use ini::Ini;
use serde_json::{Value, json};

use crate::Connection;
use crate::cli::cx::{Cx, run};
use crate::cli::example;
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::print;

/// The command.
pub fn command() -> Command {
    Command::new("workon")
        .about("Choose the project that commands mean, so that --project is not needed")
        .arg(
            Arg::new("PROJECT")
                .allow_hyphen_values(true)
                .help("Its label; `-` for the one before; without it the current one is shown"),
        )
        .arg(
            Arg::new("none")
                .long("none")
                .action(ArgAction::SetTrue)
                .conflicts_with("PROJECT")
                .help("Work on no project any more"),
        )
        .after_help(example::text("mf workon my-project\nmf workon -"))
}

/// Chooses or shows it.
///
/// # Errors
/// There is no such project, or the choice cannot be kept.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let connection = cx.connection()?;
    let mut choice = Choice::read(&file()?, &connection.hub_is)?;
    match matches.get_one::<String>("PROJECT").map(String::as_str) {
        None if matches.get_flag("none") => choice.change(None),
        None => return show(cx, choice.project.as_deref()),
        Some("-") => {
            let before = choice.before.clone().ok_or_else(|| {
                Failure::usage("there is no project before").hint("mf workon PROJECT")
            })?;
            choice.change(Some(before));
        }
        Some(label) => {
            let hub = cx.hub()?;
            // What does not exist would make every later command fail.
            let project: Value = run(async { Ok(hub.get_one("project", label, None).await?) })?;
            let label = project.get("label").and_then(Value::as_str).unwrap_or(label);
            choice.change(Some(label.to_owned()));
        }
    }
    choice.write(&file()?, &connection.hub_is)?;
    show(cx, choice.project.as_deref())
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

fn show(cx: &Cx, project: Option<&str>) -> Outcome {
    if cx.json {
        print::json::data("project_label", &json!(project.unwrap_or_default()))?;
    } else {
        print::line(&project.map_or("no project".into(), print::clean))?;
    }
    Ok(Exit::Success)
}

fn file() -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("XDG_CONFIG_HOME")
        .or_else(|| Some(set("HOME")?.join(".config")))
        .map(|dir| dir.join("monkeyfarm/workon"))
        .ok_or_else(|| Failure::new(Exit::Configuration, "HOME is not set"))
}

/// What the file says of one hub: the projects of another are none of its own.
#[derive(Debug, Default, PartialEq)]
struct Choice {
    project: Option<String>,
    before: Option<String>,
}

impl Choice {
    fn change(&mut self, project: Option<String>) {
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
