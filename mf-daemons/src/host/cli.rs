//! `mf-plugin-host` for people: which plugins there are, and what is wrong
//! with a file.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use serde_json::{Value, json};

use super::part;
use crate::plugin::meta::kind_name;
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
        return ended(done.map(|()| true));
    }
    ended(answer(&Arguments::parse()))
}

fn ended(result: anyhow::Result<bool>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mf-plugin-host: {error:#}");
            ExitCode::FAILURE
        }
    }
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
        let rejected = rejected
            .iter()
            .map(|r| json!({ "path": r.path.display().to_string(), "reason": r.reason }));
        let all = json!({ "plugins": plugins, "rejected": rejected.collect::<Vec<_>>() });
        return writeln!(out, "{all:#}");
    }
    for plugin in plugins {
        describe(out, &plugin)?;
    }
    for rejected in rejected {
        eprintln!("mf-plugin-host: {rejected}");
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
    Ok(())
}

fn as_json(plugin: &Plugin) -> Value {
    let meta = &plugin.meta;
    let handlers = meta.handlers.iter().map(|handler| {
        json!({
            "kind": kind_name(handler.kind),
            "label": handler.label,
            "about": handler.about,
        })
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
