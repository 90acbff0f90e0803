//! `mf man`: the manual pages of every command.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_mangen::Man;

use crate::cli::cx::Cx;
use crate::cli::example;
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::print::line;

/// The command.
pub fn command() -> Command {
    Command::new("man")
        .about("Write the manual pages of every command, which `make install` installs")
        .arg(
            Arg::new("DIR")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The directory to write them into"),
        )
        .after_help(example::text("mf man ~/.local/share/man/man1"))
}

/// Writes them.
///
/// # Errors
/// The directory cannot be written.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let dir = matches.get_one::<PathBuf>("DIR").map_or(Path::new("."), PathBuf::as_path);
    let mut tree = crate::cli::tree().disable_help_subcommand(true);
    tree.build();
    let fail = |error: std::io::Error| {
        Failure::new(Exit::Internal, format!("{} cannot be written: {error}", dir.display()))
    };
    std::fs::create_dir_all(dir).map_err(fail)?;
    let count = write(&tree, "mf", dir).map_err(fail)?;
    if !cx.json && !cx.quiet {
        line(&format!("{count} manual pages are in {}", dir.display()))?;
    }
    Ok(Exit::Success)
}

/// Writes the page of a command and of those below it; how many these are.
fn write(command: &Command, name: &str, dir: &Path) -> std::io::Result<usize> {
    let mut page = Vec::new();
    // A page is found by its whole name: mf-build-create.
    let named = command.clone().name(name.to_owned()).display_name(name.to_owned());
    Man::new(named).source(format!("MonkeyFarm {}", mf_core::VERSION)).render(&mut page)?;
    std::fs::write(dir.join(format!("{name}.1")), page)?;
    let mut count = 1;
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        count += write(inner, &format!("{name}-{}", inner.get_name()), dir)?;
    }
    Ok(count)
}
