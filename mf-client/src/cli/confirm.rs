//! Asking before something is gone.

use std::io::{BufRead, IsTerminal, Write};

use super::exit::{Exit, Failure};

/// Asks on the terminal; without one nothing is done unasked.
///
/// # Errors
/// The answer is not yes, or there is nobody to ask.
pub fn ask(question: &str) -> Result<(), Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::usage("nobody is there to confirm it").hint("give --yes"));
    }
    // A question that cannot be shown is answered by nothing, which is no.
    let _ = write!(std::io::stderr(), "{} [y/N] ", super::print::clean(question));
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure::new(Exit::Interrupted, "nothing was done")),
    }
}
