//! What every command is given: how to print, and which hub to ask.

use std::cell::OnceCell;
use std::path::PathBuf;

use clap::ArgMatches;
use mf_core::resource::{Resource, Scope};

use super::choice;
use super::exit::Failure;
use crate::{Connection, Hub};

/// What the options before and after every command say.
#[derive(Clone, Debug, Default)]
pub struct Cx {
    /// Whether output is for programs.
    pub json: bool,
    /// Name of a section of `mf.conf`; else the default.
    connection: Option<String>,
    /// Certificate authorities, instead of those of the connection.
    ca_file: Option<PathBuf>,
    /// The project that `mf workon` gave to this command.
    worked_on: OnceCell<String>,
}

impl Cx {
    /// Reads the options that every command has.
    pub fn of(matches: &ArgMatches) -> Self {
        Self {
            json: matches.get_flag("json"),
            connection: matches.get_one::<String>("connection").cloned(),
            ca_file: matches.get_one::<PathBuf>("ca-file").filter(|file| **file != *"").cloned(),
            worked_on: OnceCell::new(),
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
        let mut connection = Connection::load(self.connection.as_deref())?;
        if let Some(file) = &self.ca_file {
            connection.trust.ca_file = Some(file.clone());
        }
        Ok(connection)
    }

    /// The hub to ask.
    ///
    /// # Errors
    /// `mf.conf` cannot be used.
    pub fn hub(&self) -> Result<Hub, Failure> {
        Ok(self.connection()?.hub()?)
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

    /// As [`Cx::project`], where none is needed.
    ///
    /// # Errors
    /// The file of `mf workon` cannot be read.
    pub fn project_if_any(&self, matches: &ArgMatches) -> Result<Option<String>, Failure> {
        let given = matches.try_get_one::<String>("project_label").ok().flatten().cloned();
        if given.is_some() {
            return Ok(given);
        }
        let project = choice::current(&self.connection()?)?;
        if let Some(project) = &project {
            // A command that asks twice is told the same.
            let _ = self.worked_on.set(project.clone());
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
            _ => failure,
        }
    }

    /// The project that an object of `of` is in; `None` where there are none.
    ///
    /// # Errors
    /// It belongs to a project, and none is given.
    pub fn scope(&self, of: &Resource, matches: &ArgMatches) -> Result<Option<String>, Failure> {
        match of.scope {
            Scope::Project => self.project(matches).map(Some),
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
        .map_err(|e| Failure::new(super::exit::Exit::Internal, format!("cannot start: {e}")))?
        .block_on(work)
}
