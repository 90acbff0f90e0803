//! `mf completion`: the shell code by which Tab completes `mf`.

use std::io::Write;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};
use clap_complete::env::{EnvCompleter, Shells};

use crate::cli::cx::Cx;
use crate::cli::example;
use crate::cli::exit::{Exit, Failure, Outcome};

/// The variable by which a shell asks `mf` for candidates.
pub const VARIABLE: &str = "MF_COMPLETE";

/// The shells that are known.
const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// zsh reads the file when Tab is first pressed; it is to complete then, too.
const AT_ONCE: &str = "
if [[ \"${funcstack[1]}\" == \"_mf\" ]]; then
    _clap_dynamic_completer_mf \"$@\"
fi
";

/// The command.
pub fn command() -> Command {
    Command::new("completion")
        .about("Print the shell code for completing commands, flags and live names with Tab")
        .arg(
            Arg::new("SHELL")
                .required(true)
                .value_parser(PossibleValuesParser::new(SHELLS))
                .help("The shell; `make install` puts all of them where they are found"),
        )
        .after_help(example::text("source <(mf completion bash)\nmf completion fish"))
}

/// Prints it.
///
/// # Errors
/// It cannot be written.
pub fn call(_: &Cx, matches: &ArgMatches) -> Outcome {
    let name = matches.get_one::<String>("SHELL").map_or("bash", String::as_str);
    let shells = Shells::builtins();
    let shell: &dyn EnvCompleter = shells
        .completer(name)
        .ok_or_else(|| Failure::usage(format!("there is no completion for {name}")))?;
    // By its name: what is on PATH completes itself, whichever was built.
    shell.write_registration(VARIABLE, "mf", "mf", "mf", &mut std::io::stdout())?;
    if name == "zsh" {
        std::io::stdout().write_all(AT_ONCE.as_bytes())?;
    }
    Ok(Exit::Success)
}
