//! The regulator of a farm.

use std::process::ExitCode;

use clap::Parser;
use mf_daemons::{program, regulator};

fn main() -> ExitCode {
    let flags = regulator::Flags::parse();
    match &flags.hook {
        Some(name) => program::run_blocking(|| regulator::run_hook(name)),
        None => program::run(1, |program| regulator::run(flags, program)),
    }
}
