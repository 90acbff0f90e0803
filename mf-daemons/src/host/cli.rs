//! `mf-plugin-host` for people: which plugins there are, and what is wrong
//! with a file.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use mf_core::error::Code;
use serde_json::{Value, json};

use super::part;
use crate::plugin::meta::{HOOK, kind_name};
use crate::plugin::{Catalog, HostProgram, Plugin, Rejected, Sources};

/// Looks after MonkeyFarm's plugins, each in a process of its own.
#[derive(Debug, Parser)]
#[command(name = "mf-plugin-host", version, disable_help_subcommand = true)]
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
    /// Check files as the farm does: first without running them, then by
    /// loading each in a process of its own
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

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
        Verb::Check { files } => check(&host, files)?,
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
