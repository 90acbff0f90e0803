//! `mf-plugin-host` for people: which plugins there are, and what is wrong
//! with a file.

mod built;
mod conformance;
mod find;
mod here;
mod plan;
mod run;
mod show;
mod suite;
mod trial;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Parser, Subcommand};
use mf_core::error::Code;
use monkeyfarm_plugin_api::export::API_VERSION;
use serde_json::{Value, json};

use run::Run;

use super::new::{self, Kind};
use super::{farm, part};
use crate::plugin::HostProgram;

/// Looks after MonkeyFarm's plugins, each in a process of its own.
#[derive(Debug, Parser)]
#[command(name = "mf-plugin-host", version = VERSION.as_str(), disable_help_subcommand = true)]
#[command(after_help = "Example: mf plugin check target/release/libmf_plugin_git.so")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    /// Write JSON instead of text
    #[arg(long, global = true)]
    json: bool,
    /// Which section of mf.conf says where the hub is
    #[arg(long, global = true, value_name = "NAME")]
    connection: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the plugins that there are, their handlers, and what cannot be used
    List {
        /// Directory with plugins, instead of the usual ones; may be repeated
        #[arg(long, value_name = "DIR")]
        plugins_dir: Vec<PathBuf>,
    },
    /// Show what the farm knows of a plugin: its handlers, their configuration,
    /// and the evidence of its crashes
    Show {
        /// Its id, or the beginning of its SHA-256
        #[arg(value_name = "PLUGIN")]
        plugin: String,
    },
    /// End the quarantine of a plugin that crashed, and forget its crashes
    Clear {
        /// Its id, or the beginning of its SHA-256
        #[arg(value_name = "PLUGIN")]
        plugin: String,
    },
    /// Write the hashes of the plugins that there are to plugins.lock, which
    /// `plugin_policy` of the daemons keeps to
    Lock {
        /// Directory with plugins, instead of the usual ones; may be repeated
        #[arg(long, value_name = "DIR")]
        plugins_dir: Vec<PathBuf>,
        /// The file to write
        #[arg(long, value_name = "FILE", default_value = "/etc/monkeyfarm/plugins.lock")]
        file: PathBuf,
    },
    /// Check files without running anything of them, safe whatever they hold
    Check {
        /// The files; none: all plugins that there are
        #[arg(value_name = "FILE", required_unless_present = "against")]
        files: Vec<PathBuf>,
        /// Load each as the farm does, too, in a process of its own
        #[arg(long)]
        load: bool,
        /// Whether they go with another MonkeyFarm: by its plugin API, which
        /// its mf plugin --version says, such as 2.0
        #[arg(long, value_name = "VERSION", conflicts_with = "load", value_parser = api_version)]
        against: Option<String>,
    },
    /// Make a crate for a new plugin, which builds anywhere
    New {
        /// Its id, such as make: the crate is mf-plugin-make
        #[arg(value_name = "NAME")]
        name: String,
        /// What it gives
        #[arg(long)]
        kind: Kind,
        /// Directory to make it in
        #[arg(long, value_name = "DIR", default_value = ".")]
        r#in: PathBuf,
    },
    /// Try all that the farm expects of a plugin, and its own examples
    Test {
        /// The plugin, or the directory of its crate, which is built then
        #[arg(value_name = "FILE|DIR")]
        path: PathBuf,
        /// Directory with examples [default: examples of the crate]
        #[arg(long, value_name = "DIR")]
        examples: Option<PathBuf>,
        /// Call it in this very process, for a debugger; nothing contains it
        /// then
        #[arg(long)]
        in_process: bool,
    },
    /// Make one checkout or build without a hub, as a worker would: its log on
    /// the terminal, its files in a directory
    Run(Run),
}

/// Of this program, and of the plugin API that it speaks.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} (plugin API {API_VERSION})", env!("CARGO_PKG_VERSION")));

/// A version of the plugin API, such as 2.0.
fn api_version(text: &str) -> Result<String, String> {
    let mut parts = text.split('.');
    match parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())) {
        true => Ok(text.to_owned()),
        false => Err("a version of the plugin API is a number, such as 2.0".into()),
    }
}

/// The whole program. Exit code 1: something cannot be used.
pub fn main() -> ExitCode {
    let first = std::env::args_os().nth(1);
    if let Some(done) = first.as_deref().and_then(|a| a.to_str()).and_then(part) {
        return ended(done.map(|()| true), false);
    }
    let arguments = Arguments::parse();
    ended(answer(&arguments), arguments.json)
}

fn ended(result: anyhow::Result<bool>, json: bool) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) if json => {
            let errors = json!({ Code::Internal.name(): format!("{error:#}") });
            // With standard output gone the exit code alone says it.
            let _ = envelope(&mut io::stdout().lock(), &json!({}), &errors);
            ExitCode::FAILURE
        }
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// A line on standard error, whole: other programs write there too.
fn say(text: &str) {
    // As people have called it.
    let called = std::env::args().next().filter(|called| called.starts_with("mf "));
    let line = format!("{}: {text}\n", called.as_deref().unwrap_or("mf-plugin-host"));
    // With standard error gone there is nobody left to tell.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// What `mf` prints for programs, for every command.
fn envelope(out: &mut impl Write, data: &Value, errors: &Value) -> io::Result<()> {
    writeln!(out, "{:#}", json!({ "data": data, "errors": errors }))
}

fn answer(arguments: &Arguments) -> anyhow::Result<bool> {
    let host = HostProgram::at(std::env::current_exe()?);
    if let Some(answer) = of_farm(arguments) {
        return answer;
    }
    let found = match &arguments.verb {
        Verb::List { plugins_dir } => find::list(host, plugins_dir)?,
        Verb::Check { files, load: true, .. } => find::check(&host, files)?,
        Verb::Check { files, against, .. } => find::examine(files, against.as_deref())?,
        Verb::New { name, kind, r#in } => {
            let dir = new::make(name, *kind, r#in)?;
            return tell(arguments.json, json!({ "path": dir }), &made(&dir));
        }
        Verb::Test { path, examples, in_process } => {
            return suite::run_all(&host, path, examples.as_deref(), *in_process, arguments.json);
        }
        Verb::Run(run) => {
            let (good, sentence) = run.run(&host)?;
            say(&sentence);
            return Ok(good);
        }
        Verb::Lock { plugins_dir, file } => find::lock(host, plugins_dir, file)?,
        // Answered above.
        Verb::Show { .. } | Verb::Clear { .. } => return Ok(true),
    };
    let good = found.1.is_empty();
    let written = show::show(&mut io::stdout().lock(), found, arguments.json);
    match written {
        // Who reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(good),
        written => Ok(written.map(|()| good)?),
    }
}

/// Answers what only the hub knows; `None` for other verbs.
fn of_farm(arguments: &Arguments) -> Option<anyhow::Result<bool>> {
    let connection = arguments.connection.as_deref();
    let answer = match &arguments.verb {
        Verb::Show { plugin } => farm::show(connection, plugin),
        Verb::Clear { plugin } => farm::clear(connection, plugin),
        _ => return None,
    };
    Some(answer.and_then(|data| {
        let out = &mut io::stdout().lock();
        match &arguments.verb {
            _ if arguments.json => envelope(out, &data, &json!({}))?,
            Verb::Clear { plugin } => writeln!(out, "{plugin} is cleared")?,
            _ => match farm::write(out, &data) {
                // Who reads has seen enough.
                Err(error) if is_broken_pipe(&error) => {}
                written => written?,
            },
        }
        Ok(true)
    }))
}

/// Whether nobody reads what is written.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// What to do with a new crate.
fn made(dir: &Path) -> String {
    let shown = dir.display();
    format!(
        "made {shown}\n\nnext:\n  cd {shown}\n  cargo test\n  mf plugin test .\n  \
         cargo build --release\n\nthe library is then below target/release; its handler is in \
         src/lib.rs"
    )
}

/// Prints what was done; true.
fn tell(json: bool, data: Value, text: &str) -> anyhow::Result<bool> {
    let mut out = io::stdout().lock();
    match json {
        true => envelope(&mut out, &data, &json!({}))?,
        false => writeln!(out, "{text}")?,
    }
    Ok(true)
}
