//! Regular expressions of foreign schemas: without any that could take long,
//! in time or in memory.

use regex_lite::{Regex, RegexBuilder};

/// Most bytes of a pattern.
const LENGTH: usize = 500;
/// Most memory of one that has been read, in bytes.
const SIZE: usize = 32 * 1024;
/// How deep it may be nested.
const NESTED: u32 = 32;
/// Most bytes of a text that is looked through.
const TEXT: usize = 4096;

/// A pattern that has been read: `\d`, `\w` and `\s` are of ASCII, as JSON
/// Schema has it.
pub struct Pattern(Regex);

impl Pattern {
    /// Reads one.
    ///
    /// # Errors
    /// Why it cannot be read, as a sentence's end.
    pub fn read(pattern: &str) -> Result<Self, String> {
        if pattern.len() > LENGTH {
            return Err(format!("is longer than {LENGTH} bytes"));
        }
        let read = RegexBuilder::new(pattern).size_limit(SIZE).nest_limit(NESTED).build();
        read.map(Self).map_err(|error| format!("cannot be read: {error}"))
    }

    /// Whether a text has it somewhere. One that is longer than a
    /// configuration's texts are is not looked through.
    pub fn is_in(&self, text: &str) -> bool {
        text.len() > TEXT || self.0.is_match(text)
    }

    /// What it costs to look through a text, beside comparing two words: the
    /// text's length times the pattern's, of which each has a limit.
    pub fn steps(text: &str) -> u32 {
        u32::try_from(text.len().min(TEXT) / 8).map_or(u32::MAX, |steps| steps + 1)
    }
}
