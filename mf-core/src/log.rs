//! Messages of the programs themselves, to standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging to standard error. `MF_LOG` says what is shown, such as
/// `debug` or `mf_hub=trace`; else `info` is.
pub fn start() {
    let filter = EnvFilter::try_from_env("MF_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // A second call finds the subscriber set; the first one's choice stands.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .without_time()
        .try_init();
}
