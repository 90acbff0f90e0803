//! `mf-plugin-host` for people: which plugins there are, and what is wrong
//! with a file.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::part;
use crate::plugin::meta::kind_name;
use crate::plugin::{Catalog, HostProgram, Plugin, Sources};

/// Looks after MonkeyFarm's plugins, each in a process of its own.
#[derive(Debug, Parser)]
#[command(name = "mf-plugin-host", version, disable_help_subcommand = true)]
#[command(after_help = "Example: mf-plugin-host check target/release/libmf_plugin_git.so")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
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

/// The whole program. Exit code 1: something cannot be used.
pub fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let first = arguments.nth(1);
    if let Some(done) = first.as_deref().and_then(|a| a.to_str()).and_then(part) {
        return ended(done.map(|()| true));
    }
    let result = match Arguments::parse().verb {
        Verb::List { plugins_dir } => list(&plugins_dir),
        Verb::Check { files } => check(&files),
    };
    ended(result)
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

fn own_program() -> anyhow::Result<HostProgram> {
    Ok(HostProgram::at(std::env::current_exe()?))
}

fn list(dirs: &[PathBuf]) -> anyhow::Result<bool> {
    let mut catalog = Catalog::new(own_program()?, Sources::new(dirs)?);
    catalog.scan(&[]);
    let mut out = std::io::stdout().lock();
    for plugin in catalog.plugins() {
        describe(&mut out, plugin)?;
    }
    for rejected in catalog.rejected() {
        eprintln!("mf-plugin-host: {rejected}");
    }
    Ok(catalog.rejected().is_empty())
}

fn check(files: &[PathBuf]) -> anyhow::Result<bool> {
    let host = own_program()?;
    let mut out = std::io::stdout().lock();
    let mut good = true;
    for path in files {
        // What the plugin prints while it is loaded is for its author.
        let log = File::from(std::io::stderr().as_fd().try_clone_to_owned()?);
        match Plugin::open(&host, path, log)? {
            Ok(plugin) => describe(&mut out, &plugin)?,
            Err(reason) => {
                eprintln!("mf-plugin-host: {}: {reason}", path.display());
                good = false;
            }
        }
    }
    Ok(good)
}

fn describe(out: &mut impl Write, plugin: &Plugin) -> std::io::Result<()> {
    let meta = &plugin.meta;
    writeln!(out, "{} {}  {}", meta.id, meta.version, plugin.path.display())?;
    writeln!(out, "  sha256 {}  plugin API {}", plugin.digest, meta.api)?;
    if !meta.unwinds {
        writeln!(out, "  built with panic = \"abort\": a panic ends its process")?;
    }
    for handler in &meta.handlers {
        let (kind, about) = (kind_name(handler.kind), &handler.about);
        writeln!(
            out,
            "  {kind} {}{}{about}",
            handler.label,
            if about.is_empty() { "" } else { "  " }
        )?;
    }
    Ok(())
}
