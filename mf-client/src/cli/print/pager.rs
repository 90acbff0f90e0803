//! Long output, page by page: on a terminal it goes through a pager.

use std::io::{ErrorKind, Write};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::{line, on_terminal, table};
use crate::cli::cx::run;
use crate::cli::exit::Failure;

/// The pager that is used where none is chosen: it ends by itself when all
/// fits, lets colours through, and leaves what was read on the screen.
const USUAL: [&str; 2] = ["less", "-FRX"];

static OFF: OnceLock<()> = OnceLock::new();

/// Uses no pager from now on: `--no-pager`.
pub fn off() {
    // Said twice it is off as well.
    let _ = OFF.set(());
}

/// Prints a text whole; through the pager if it is longer than the screen.
///
/// # Errors
/// It cannot be written.
pub fn text(text: &str) -> Result<(), Failure> {
    let rows = usize::from(table::terminal_size().1);
    if text.lines().count() < rows {
        return line(text);
    }
    match Pager::start() {
        Some(mut pager) => {
            pager.write(format!("{}\n", shown(text)).as_bytes())?;
            pager.end()
        }
        None => line(text),
    }
}

/// Colours go to the pager as they would go to the terminal.
fn shown(text: &str) -> String {
    if super::colours() { text.to_owned() } else { anstream::adapter::strip_str(text).to_string() }
}

/// A pager that runs, and reads what is written to it.
pub struct Pager {
    child: Child,
}

impl Pager {
    /// Starts the pager of `MF_PAGER`, else of `PAGER`, else `less`; none
    /// where nobody looks, the terminal cannot, it is empty, `cat`, or there
    /// is none.
    pub fn start() -> Option<Self> {
        if OFF.get().is_some() || !on_terminal() {
            return None;
        }
        if std::env::var_os("TERM").is_none_or(|term| term == "dumb") {
            return None;
        }
        let chosen = ["MF_PAGER", "PAGER"].iter().find_map(|name| std::env::var(name).ok());
        let words: Vec<&str> = match &chosen {
            // The user's own words; no shell has to read them.
            Some(text) => text.split_whitespace().collect(),
            None => USUAL.to_vec(),
        };
        let (program, words) = words.split_first()?;
        if *program == "cat" {
            return None;
        }
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::piped());
        if std::env::var_os("LESS").is_none() {
            command.env("LESS", "FRX");
        }
        Some(Self { child: command.spawn().ok()? })
    }

    /// Hands it more.
    ///
    /// # Errors
    /// Whoever reads has seen enough, which ends the program quietly.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Some(stdin) = &mut self.child.stdin else { return Ok(()) };
        let written = stdin.write_all(bytes).and_then(|()| stdin.flush());
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.wait()?;
                Err(error.into())
            }
            other => Ok(other?),
        }
    }

    /// Waits until whoever reads has seen enough.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn end(mut self) -> Result<(), Failure> {
        self.wait()
    }

    /// Ctrl-C is the pager's while it has the terminal.
    fn wait(&mut self) -> Result<(), Failure> {
        drop(self.child.stdin.take());
        run(async {
            // Listening is what keeps it from ending us; what it says is no matter.
            let _ = tokio::time::timeout(std::time::Duration::ZERO, tokio::signal::ctrl_c()).await;
            self.child.wait()?;
            Ok(())
        })
    }
}
