//! What cannot be used, and why.

use std::fmt::{self, Write};
use std::path::PathBuf;

/// A file that cannot be used, or a directory that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its path.
    pub path: PathBuf,
    /// The plugin that it is, where that is known.
    pub plugin: Option<String>,
    /// Why not: a sentence that goes on from the path.
    pub reason: String,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A file may be named by anyone who can write there: its name is shown
        // on terminals, and must not steer them.
        for character in self.path.display().to_string().chars() {
            match character.is_control() {
                true => write!(f, "{}", character.escape_default())?,
                false => f.write_char(character)?,
            }
        }
        write!(f, ": {}", self.reason)
    }
}
