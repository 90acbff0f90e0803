//! What every command is given: how to print, and which hub to use.

use std::cell::OnceCell;
use std::path::PathBuf;

use clap::ArgMatches;
use mf_core::error::Code;
use mf_core::resource::{Resource, Scope};
use serde_json::Value;

use super::exit::{Exit, Failure};
use super::patience::Patience;
use super::print::live;
use super::{choice, flags};
use crate::{Connection, DryRun, Flags, Hub, RequestHandler, Trust};

/// What the options before and after every command say.
#[derive(Clone, Debug, Default)]
pub struct Cx {
    /// Whether output is for programs.
    pub json: bool,
    /// Whether lists are a line for each of their objects; then [`Cx::json`] too.
    pub lines: bool,
    /// Whether nothing is said but what was asked for.
    pub quiet: bool,
    /// URL of the hub, instead of the connection's.
    url: Option<String>,
    /// Name of a section of `mf.conf`; else the default.
    connection: Option<String>,
    /// Certificate authorities, instead of those of the connection.
    ca_file: Option<PathBuf>,
    /// The project that `mf workon` gave to this command.
    worked_on: OnceCell<String>,
    /// The project that this command was given, in whichever way.
    chosen: OnceCell<String>,
}

impl Cx {
    /// Reads the options that every command has.
    pub fn of(matches: &ArgMatches) -> Self {
        let lines = matches.get_flag("jsonl");
        Self {
            json: lines || matches.get_flag("json"),
            lines,
            quiet: matches.get_flag("quiet"),
            url: matches.get_one::<String>("hub-url").cloned(),
            connection: matches.get_one::<String>("connection").cloned(),
            ca_file: matches.get_one::<PathBuf>("ca-file").filter(|file| **file != *"").cloned(),
            worked_on: OnceCell::new(),
            chosen: OnceCell::new(),
        }
    }

    /// The certificate authorities of `--ca-file` or `MF_CA_FILE`, wherever
    /// they are named from.
    ///
    /// # Errors
    /// There is no directory that we are in.
    pub fn ca_file(&self) -> Result<Option<PathBuf>, Failure> {
        let variable = || std::env::var_os("MF_CA_FILE").filter(|file| !file.is_empty());
        let given = self.ca_file.clone().or_else(|| variable().map(PathBuf::from));
        let whole = given.map(std::path::absolute).transpose();
        whole.map_err(|e| Failure::usage(format!("the file of authorities: {e}")))
    }

    /// The connection that was chosen.
    ///
    /// # Errors
    /// `mf.conf` cannot be used.
    pub fn connection(&self) -> Result<Connection, Failure> {
        let flags = Flags { url: self.url.clone(), ca_file: self.ca_file.clone() };
        Ok(Connection::with(self.connection.as_deref(), &flags)?)
    }

    /// The name that was chosen, of a connection that may not be there yet.
    pub fn connection_name(&self) -> String {
        let variable = || std::env::var("MF_CONNECTION").ok().filter(|name| !name.is_empty());
        self.connection.clone().or_else(variable).unwrap_or_else(|| "default".into())
    }

    /// Who chose the connection.
    pub fn connection_origin(&self) -> String {
        let variable = std::env::var("MF_CONNECTION").is_ok_and(|name| !name.is_empty());
        match (&self.connection, variable) {
            (Some(_), _) => "--connection".into(),
            (None, true) => "MF_CONNECTION".into(),
            (None, false) => "default".into(),
        }
    }

    /// How far the way to a new hub is trusted.
    pub fn flag_trust(&self) -> Trust {
        Trust { ca_file: self.ca_file().ok().flatten(), plain_http: false }
    }

    /// The URL that was given to this very command.
    pub fn given_url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The hub to ask.
    ///
    /// # Errors
    /// `mf.conf` cannot be used.
    pub fn hub(&self) -> Result<Hub, Failure> {
        let handler = self.connection()?.handler()?;
        Ok(self.shown(handler))
    }

    /// A hub whose answers are waited for in sight.
    fn shown(&self, handler: impl RequestHandler + 'static) -> Hub {
        if live::possible(self) { Hub::over(Patience(handler)) } else { Hub::over(handler) }
    }

    /// The hub to change something at: with `--dry-run` it only answers.
    ///
    /// # Errors
    /// As [`Cx::hub`].
    pub fn hub_to_change(&self, matches: &ArgMatches) -> Result<Hub, Failure> {
        if !flags::is_dry(matches) {
            return self.hub();
        }
        Ok(self.shown(DryRun(self.connection()?.handler()?)))
    }

    /// The project that this command was given, once it has been looked for.
    pub fn chosen_project(&self) -> Option<String> {
        self.chosen.get().cloned()
    }

    /// The project that is meant: `--project`, or what `mf workon` set.
    ///
    /// # Errors
    /// There is neither.
    pub fn project(&self, matches: &ArgMatches) -> Result<String, Failure> {
        self.project_if_any(matches)?.ok_or_else(|| {
            Failure::usage("it belongs to a project, and none is given")
                .hint("give --project PROJECT, or choose one for all commands: mf workon PROJECT")
        })
    }

    /// The project of an object that is named: as [`Cx::project`], or the only
    /// one with an object of this name.
    ///
    /// # Errors
    /// None is given, and no project has such an object, or several have.
    pub fn project_of(
        &self,
        of: &Resource,
        label: &str,
        matches: &ArgMatches,
    ) -> Result<String, Failure> {
        if let Some(project) = self.project_if_any(matches)? {
            return Ok(project);
        }
        let (hub, filters) = (self.hub()?, [("label", label), ("limit", "10")]);
        let found: Vec<Value> = run(async { Ok(hub.get_all(of.name, &filters).await?) })?;
        let project = |object: &Value| Some(object.get("project_label")?.as_str()?.to_owned());
        let mut projects: Vec<String> = found.iter().filter_map(project).collect();
        projects.sort();
        let noun = super::noun(of);
        match projects.as_slice() {
            [] => {
                let told = format!("there is no {noun} {label:?} in any project");
                let mut failure = Failure::new(Exit::NotFound, told);
                failure.code = Code::NotFound.name();
                Err(failure)
            }
            [one] => {
                let _ = self.chosen.set(one.clone());
                Ok(one.clone())
            }
            several => {
                let told = format!("there is a {noun} {label:?} in {}", several.join(", "));
                Err(Failure::usage(told).hint(format!("say which: --project {}", several[0])))
            }
        }
    }

    /// As [`Cx::project`], where none is needed.
    ///
    /// # Errors
    /// The file of `mf workon` cannot be read.
    pub fn project_if_any(&self, matches: &ArgMatches) -> Result<Option<String>, Failure> {
        let given = matches.try_get_one::<String>("project_label").ok().flatten().cloned();
        if let Some(project) = given {
            let _ = self.chosen.set(project.clone());
            return Ok(Some(project));
        }
        let project = choice::current(&self.connection()?)?;
        if let Some(project) = &project {
            // A command that asks twice is told the same.
            let _ = self.worked_on.set(project.clone());
            let _ = self.chosen.set(project.clone());
        }
        Ok(project)
    }

    /// A failure, with where its project came from if the hub does not know it.
    pub fn explain(&self, failure: Failure) -> Failure {
        match self.worked_on.get() {
            Some(project) if failure.sentence.contains(&format!("no project {project:?}")) => {
                failure.hint(format!(
                    "{project} was chosen by mf workon; choose another: mf workon PROJECT, or none: \
                     mf workon --none"
                ))
            }
            _ => super::explain::explain(self, failure),
        }
    }

    /// The project that an object of `of` is in; `None` where there are none.
    ///
    /// # Errors
    /// As [`Cx::project_of`].
    pub fn scope(
        &self,
        of: &Resource,
        label: &str,
        matches: &ArgMatches,
    ) -> Result<Option<String>, Failure> {
        match of.scope {
            Scope::Project => self.project_of(of, label, matches).map(Some),
            Scope::Site | Scope::NoRows => Ok(None),
        }
    }
}

/// Runs async work to its end, on this thread.
///
/// # Errors
/// What the work says; or the process can have no more descriptors.
pub fn run<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(Exit::Internal, format!("cannot start: {e}")))?
        .block_on(work)
}
