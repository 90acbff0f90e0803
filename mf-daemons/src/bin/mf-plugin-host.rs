//! The only program of the farm that loads plugins.

use std::process::ExitCode;

fn main() -> ExitCode {
    mf_daemons::host::cli::main()
}
