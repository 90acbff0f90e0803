//! `mf-plugin-host` for people: which plugins there are, and what is wrong
//! with a file.

mod conformance;
mod here;
mod plan;
mod run;
mod trial;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use clap::{Parser, Subcommand};
use mf_core::error::Code;
use monkeyfarm_plugin_api::export::API_VERSION;
use serde_json::{Value, json};

use conformance::Case;
use run::Run;
use trial::Bench;

use super::new::{self, Kind};
use super::part;
use crate::plugin::meta::{HOOK, kind_name};
use crate::plugin::{Catalog, HostProgram, Plugin, Rejected, Sources};

/// Looks after MonkeyFarm's plugins, each in a process of its own.
#[derive(Debug, Parser)]
#[command(name = "mf-plugin-host", version = VERSION.as_str(), disable_help_subcommand = true)]
#[command(after_help = "Example: mf-plugin-host check target/release/libmf_plugin_git.so")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    /// Write JSON instead of text
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the plugins that there are, their handlers, and what cannot be used
    List {
        /// Directory with plugins, instead of the usual ones; may be repeated
        #[arg(long, value_name = "DIR")]
        plugins_dir: Vec<PathBuf>,
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
        /// its mf-plugin-host --version says, such as 2.0
        #[arg(long, value_name = "VERSION", conflicts_with = "load")]
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

/// What can be used, and what not.
type Found = (Vec<Arc<Plugin>>, Vec<Rejected>);

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
    let line = format!("mf-plugin-host: {text}\n");
    // With standard error gone there is nobody left to tell.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// What `mf` prints for programs, for every command.
fn envelope(out: &mut impl Write, data: &Value, errors: &Value) -> io::Result<()> {
    writeln!(out, "{:#}", json!({ "data": data, "errors": errors }))
}

fn answer(arguments: &Arguments) -> anyhow::Result<bool> {
    let host = HostProgram::at(std::env::current_exe()?);
    let found = match &arguments.verb {
        Verb::List { plugins_dir } => list(host, plugins_dir)?,
        Verb::Check { files, load: true, .. } => check(&host, files)?,
        Verb::Check { files, against, .. } => examine(files, against.as_deref())?,
        Verb::New { name, kind, r#in } => {
            let dir = new::make(name, *kind, r#in)?;
            return tell(arguments.json, json!({ "path": dir }), &made(&dir));
        }
        Verb::Test { path, examples, in_process } => {
            return test(&host, path, examples.as_deref(), *in_process, arguments.json);
        }
        Verb::Run(run) => {
            let (good, sentence) = run.run(&host)?;
            say(&sentence);
            return Ok(good);
        }
    };
    let good = found.1.is_empty();
    let written = show(&mut io::stdout().lock(), found, arguments.json);
    match written {
        // Who reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(good),
        written => Ok(written.map(|()| good)?),
    }
}

fn list(host: HostProgram, dirs: &[PathBuf]) -> io::Result<Found> {
    let mut catalog = Catalog::new(host, Sources::new(dirs)?);
    catalog.scan(&[]);
    Ok((catalog.plugins().to_vec(), catalog.rejected().to_vec()))
}

fn check(host: &HostProgram, files: &[PathBuf]) -> io::Result<Found> {
    let (mut plugins, mut rejected) = (Vec::new(), Vec::new());
    for path in files {
        // What the plugin prints while it is loaded is for its author.
        let log = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        match Plugin::open(host, path, log)? {
            Ok(plugin) => plugins.push(plugin),
            Err(reason) => rejected.push(Rejected { path: path.clone(), reason }),
        }
    }
    Ok((plugins, rejected))
}

/// What can be said of files without running anything of them.
fn examine(files: &[PathBuf], against: Option<&str>) -> io::Result<Found> {
    let (files, mut rejected) = match files {
        [] => Sources::new(&[])?.candidates(),
        files => (files.to_vec(), Vec::new()),
    };
    let mut plugins = Vec::new();
    for path in files {
        let read = Plugin::read(&path)?;
        let fits = |plugin: Arc<Plugin>| match against {
            Some(version) => plugin.meta.fits(version).map(|()| plugin),
            None => Ok(plugin),
        };
        match read.and_then(fits) {
            Ok(plugin) => plugins.push(plugin),
            Err(reason) => rejected.push(Rejected { path, reason }),
        }
    }
    Ok((plugins, rejected))
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

fn test(
    host: &HostProgram,
    path: &Path,
    examples: Option<&Path>,
    in_process: bool,
    json: bool,
) -> anyhow::Result<bool> {
    let (file, own) = match path.is_dir() {
        true => (conformance::built(path)?, Some(path.join("examples"))),
        false => (path.to_path_buf(), None),
    };
    let plugin = run::opened(host, &file)?;
    let bench = Bench { host, in_process, show: false, limit: Some(CASE_LIMIT) };
    // In this process a handler goes to a directory of its own.
    let examples = examples.or(own.as_deref()).map(std::path::absolute).transpose()?;
    let cases = conformance::cases(&bench, &plugin, examples.as_deref())?;
    let wrong = cases.iter().filter(|case| case.wrong.is_some()).count();
    let mut out = io::stdout().lock();
    if json {
        let errors = match wrong {
            0 => json!({}),
            _ => {
                json!({ Code::Refused.name(): format!("{wrong} of {} cases failed", cases.len()) })
            }
        };
        let all: Vec<_> = cases.iter().map(Case::as_json).collect();
        envelope(&mut out, &json!({ "plugin": as_json(&plugin), "cases": all }), &errors)?;
        return Ok(wrong == 0);
    }
    for case in &cases {
        match &case.wrong {
            None => writeln!(out, "ok      {}", case.name)?,
            Some(why) => writeln!(out, "FAILED  {}\n        {why}", case.name)?,
        }
    }
    writeln!(out, "{} of {} cases passed", cases.len() - wrong, cases.len())?;
    Ok(wrong == 0)
}

/// How long one case may take: what has nothing to do takes milliseconds, and
/// examples are small.
const CASE_LIMIT: Duration = Duration::from_secs(120);

fn show(out: &mut impl Write, (plugins, rejected): Found, json: bool) -> io::Result<()> {
    if json {
        let plugins: Vec<_> = plugins.iter().map(|plugin| as_json(plugin)).collect();
        let errors = match rejected.len() {
            0 => json!({}),
            number => {
                let told = format!("{number} cannot be used as plugins; `rejected` says which");
                json!({ Code::Refused.name(): told })
            }
        };
        let rejected = rejected
            .iter()
            .map(|r| json!({ "path": r.path.display().to_string(), "reason": r.reason }));
        let data = json!({ "plugins": plugins, "rejected": rejected.collect::<Vec<_>>() });
        return envelope(out, &data, &errors);
    }
    for plugin in plugins {
        describe(out, &plugin)?;
    }
    for rejected in rejected {
        say(&rejected.to_string());
    }
    Ok(())
}

fn describe(out: &mut impl Write, plugin: &Plugin) -> io::Result<()> {
    let meta = &plugin.meta;
    writeln!(out, "{} {}  {}", meta.id, meta.version, plugin.path.display())?;
    writeln!(out, "  sha256 {}  plugin API {}", plugin.digest, meta.api)?;
    if !meta.unwinds {
        writeln!(out, "  built with panic = \"abort\": a panic ends its process")?;
    }
    for handler in &meta.handlers {
        let line = format!("  {} {}  {}", kind_name(handler.kind), handler.label, handler.about);
        writeln!(out, "{}", line.trim_end())?;
    }
    for hook in &meta.hooks {
        let line = format!("  {HOOK} {}  {}", hook.label, hook.about);
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn as_json(plugin: &Plugin) -> Value {
    let meta = &plugin.meta;
    let handlers = meta.handlers.iter().map(|h| (kind_name(h.kind), &h.label, &h.about));
    let hooks = meta.hooks.iter().map(|hook| (HOOK, &hook.label, &hook.about));
    let handlers = handlers.chain(hooks).enumerate().map(|(number, (kind, label, about))| {
        let schemas = plugin.schemas.get().and_then(|schemas| schemas.get(number));
        json!({ "kind": kind, "label": label, "about": about, "schemas": schemas })
    });
    json!({
        "id": meta.id,
        "version": meta.version,
        "path": plugin.path.display().to_string(),
        "digest": plugin.digest,
        "api": meta.api,
        "panic": if meta.unwinds { "unwind" } else { "abort" },
        "handlers": handlers.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_the_envelope_of_every_command() {
        let rejected = Rejected { path: "/p/notes.txt".into(), reason: "is empty".into() };
        for (rejected, errors) in [(vec![], 0), (vec![rejected], 1)] {
            let mut out = Vec::new();
            show(&mut out, (Vec::new(), rejected), true).unwrap();
            let told: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(told["errors"].as_object().unwrap().len(), errors);
            assert_eq!(told["data"]["rejected"].as_array().unwrap().len(), errors);
            assert_eq!(told["data"]["plugins"], json!([]));
        }
    }
}
