//! The worker of a farm.

use std::process::ExitCode;

use clap::Parser;
use mf_daemons::{program, worker};

fn main() -> ExitCode {
    let flags = worker::Flags::parse();
    program::run(2, |program| worker::run(flags, program))
}
