//! Texts in lines that fit a terminal.

use std::fmt::Write;
use std::os::fd::AsFd;

/// A text in lines of so many columns. No word is cut, and neither is what stands
/// between backticks: it is there to be copied.
pub fn wrapped(text: &str, room: usize) -> String {
    hanging(text, room, 0)
}

/// The same, with so many blanks before every line but the first.
pub fn hanging(text: &str, room: usize, blanks: usize) -> String {
    let mut shown = String::new();
    for (n, whole) in text.lines().enumerate() {
        if n > 0 {
            let _ = write!(shown, "\n{:blanks$}", "");
        }
        let mut wide = if n > 0 { blanks } else { 0 };
        let long = wide + whole.chars().count() > room;
        for (n, word) in words(whole).into_iter().enumerate() {
            let length = word.chars().count();
            if n > 0 && long && wide + 1 + length > room {
                let _ = write!(shown, "\n{:blanks$}", "");
                wide = blanks;
            } else if n > 0 {
                shown.push(' ');
                wide += 1;
            }
            shown += word;
            wide += length;
        }
    }
    shown
}

/// The words of a line; what stands between two backticks is one of them.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut begin, mut quoted) = (0, false);
    let closes = |at: usize| line[at + 1..].contains('`');
    for (at, c) in line.char_indices() {
        match c {
            '`' => quoted = !quoted && closes(at),
            ' ' if !quoted => {
                words.push(&line[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    words.push(&line[begin..]);
    words
}

/// Columns of the terminal that something is, if it is one.
pub fn room(of: impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(of).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_and_no_command_is_cut() {
        let text = "it waits: say `mf system resume vm` first";
        assert_eq!(wrapped(text, 16), "it waits: say\n`mf system resume vm`\nfirst");
        assert_eq!(hanging("a b c d", 5, 2), "a b c\n  d");
        assert_eq!(wrapped("one ` alone is it", 11), "one ` alone\nis it");
        assert_eq!(wrapped("fits  as it is\n\nso", 20), "fits  as it is\n\nso");
    }
}
