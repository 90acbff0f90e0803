//! Secrets that are typed: never an argument, which everybody on the host
//! could read.

use std::io::{BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::exit::{Exit, Failure};

/// Asks for a secret on the terminal, unseen; else reads one line of standard
/// input.
///
/// # Errors
/// There is none.
pub fn ask(name: &str) -> Result<String, Failure> {
    let stdin = std::io::stdin();
    let hidden = if stdin.is_terminal() { Some(Hidden::new(name)?) } else { None };
    let mut text = String::new();
    let read = stdin.lock().read_line(&mut text);
    drop(hidden);
    read.map_err(|e| Failure::new(Exit::Internal, format!("{name} cannot be read: {e}")))?;
    let text = text.trim_end_matches(['\n', '\r']).to_owned();
    if text.is_empty() {
        return Err(Failure::usage(format!("{name} is empty"))
            .hint(format!("type it when asked, or give it on standard input: … --{name} < FILE")));
    }
    Ok(text)
}

/// What is typed is not shown while this lives.
struct Hidden {
    before: rustix::termios::Termios,
}

impl Hidden {
    fn new(name: &str) -> Result<Self, Failure> {
        let fail = |e| Failure::new(Exit::Internal, format!("the terminal cannot be hidden: {e}"));
        let before = tcgetattr(std::io::stdin()).map_err(fail)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &quiet).map_err(fail)?;
        // A prompt that cannot be shown is no reason not to read the answer.
        let _ = write!(std::io::stderr(), "{name}: ");
        Ok(Self { before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // Nothing else can be tried when the terminal is gone.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.before);
        let _ = writeln!(std::io::stderr());
    }
}
