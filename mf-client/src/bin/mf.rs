//! `mf`: MonkeyFarm on the command line.

fn main() -> std::process::ExitCode {
    mf_client::cli::main()
}
