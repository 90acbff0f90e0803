//! The programs' own messages, on standard error.

use std::io::{IsTerminal, Write};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging to standard error. `MF_LOG` says what is shown, such as
/// `debug` or `mf_hub=trace`; else `info` is.
pub fn start() {
    start_to(|bytes| std::io::stderr().write_all(bytes));
}

/// As [`start`], for a program that has more on its standard error than
/// messages: each goes there by `write`.
pub fn start_to(write: fn(&[u8]) -> std::io::Result<()>) {
    let wanted = std::env::var("MF_LOG").ok().and_then(|wanted| wanted.parse::<Targets>().ok());
    let filter = wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let messages = tracing_subscriber::fmt::layer()
        .with_writer(move || To(write))
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .without_time();
    // A second call finds the subscriber set; the first one's choice stands.
    let _ = tracing_subscriber::registry().with(messages).with(filter).try_init();
}

/// Where messages are written.
struct To(fn(&[u8]) -> std::io::Result<()>);

impl Write for To {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        (self.0)(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
