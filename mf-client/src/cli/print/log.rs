//! Logs on a terminal: text and colours pass, other control sequences do not.

/// Lets the text of a log through and drops what would steer the terminal.
/// Of the escape sequences only colours (SGR) pass. Input may be cut
/// anywhere.
#[derive(Debug)]
pub struct Filter {
    /// Whether colours pass.
    colours: bool,
    state: State,
    /// The beginning of a character whose end has not come.
    torn: Vec<u8>,
    /// The escape sequence that is being read.
    sequence: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    /// A carriage return; whether it belongs to a line's end is not yet known.
    Return,
    Escape,
    /// `ESC [`: ends with a letter.
    Control,
    /// `ESC ]` and its kin: ends with BEL or `ESC \`.
    String,
    StringEscape,
}

/// A longer sequence of colours is none.
const LONGEST: usize = 64;

impl Filter {
    /// A filter for a log from its beginning; colours pass if they are shown.
    pub fn new(colours: bool) -> Self {
        Self { colours, state: State::Text, torn: Vec::new(), sequence: String::new() }
    }

    /// What of `bytes` may be shown.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.torn.extend_from_slice(bytes);
        let bytes = std::mem::take(&mut self.torn);
        let mut shown = String::with_capacity(bytes.len());
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.take_text(text, &mut shown);
                    rest = &[];
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    self.take_text(&String::from_utf8_lossy(good), &mut shown);
                    let Some(length) = error.error_len() else {
                        self.torn = bad.to_vec();
                        break;
                    };
                    self.take(char::REPLACEMENT_CHARACTER, &mut shown);
                    rest = &bad[length..];
                }
            }
        }
        shown
    }

    /// Most of every log is plain: whole runs of it pass at once.
    fn take_text(&mut self, text: &str, shown: &mut String) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let plain = match self.state {
                State::Text => rest.bytes().position(|b| !is_plain(b)).unwrap_or(rest.len()),
                _ => 0,
            };
            if plain > 0 {
                shown.push_str(&rest[..plain]);
                rest = &rest[plain..];
            } else {
                self.take(c, shown);
                rest = &rest[c.len_utf8()..];
            }
        }
    }

    fn take(&mut self, c: char, shown: &mut String) {
        match self.state {
            State::Text => self.text(c, shown),
            State::Return => {
                // Alone it would let a line overwrite what was said before.
                shown.push('\n');
                self.state = State::Text;
                if c != '\n' {
                    self.text(c, shown);
                }
            }
            State::Escape => {
                self.state = match c {
                    '[' => State::Control,
                    ']' | 'P' | 'X' | '^' | '_' => State::String,
                    '\x1b' => State::Escape,
                    // Designations such as `ESC ( B` have one character more.
                    ' '..='/' => State::Escape,
                    _ => State::Text,
                };
                self.sequence.clear();
            }
            State::Control => self.control(c, shown),
            State::String => match c {
                '\x07' | '\u{9c}' => self.state = State::Text,
                '\x1b' => self.state = State::StringEscape,
                // A line's end ends it too, or the rest of the log were gone.
                '\n' => {
                    self.state = State::Text;
                    shown.push('\n');
                }
                _ => {}
            },
            State::StringEscape => {
                self.state = if c == '\\' { State::Text } else { State::String };
            }
        }
    }

    fn text(&mut self, c: char, shown: &mut String) {
        match c {
            '\x1b' => self.state = State::Escape,
            '\r' => self.state = State::Return,
            '\u{9b}' => {
                self.sequence.clear();
                self.state = State::Control;
            }
            '\n' | '\t' => shown.push(c),
            c if c.is_control() || super::turns(c) => {}
            c => shown.push(c),
        }
    }

    fn control(&mut self, c: char, shown: &mut String) {
        match c {
            'm' if self.sequence.chars().all(|c| c.is_ascii_digit() || c == ';' || c == ':') => {
                if self.colours {
                    shown.push_str("\x1b[");
                    shown.push_str(&self.sequence);
                    shown.push('m');
                }
                self.state = State::Text;
            }
            '\x40'..='\x7e' => self.state = State::Text,
            '\n' => {
                self.state = State::Text;
                shown.push('\n');
            }
            '\x1b' => self.state = State::Escape,
            c if self.sequence.len() < LONGEST => self.sequence.push(c),
            _ => self.state = State::Text,
        }
    }
}

/// Whether this byte is a character that always passes.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is shown must not depend on how the log was cut.
    fn shown(log: &[u8]) -> String {
        let whole = Filter::new(true).push(log);
        for cut in 1..log.len() {
            let mut filter = Filter::new(true);
            let pieces: String = log.chunks(cut).map(|piece| filter.push(piece)).collect();
            assert_eq!(pieces, whole, "cut every {cut}");
        }
        whole
    }

    #[test]
    fn text_and_colours_pass() {
        assert_eq!(shown("plain ä €\n\ttab\n".as_bytes()), "plain ä €\n\ttab\n");
        assert_eq!(shown(b"\x1b[1;31mred\x1b[0m\n"), "\x1b[1;31mred\x1b[0m\n");
    }

    #[test]
    fn where_colours_are_not_shown_they_do_not_pass() {
        assert_eq!(Filter::new(false).push(b"\x1b[1;31mred\x1b[0m\n"), "red\n");
    }

    #[test]
    fn nothing_that_steers_the_terminal_passes() {
        for (log, expected) in [
            (&b"a\x1b[2Jb\n"[..], "ab\n"),
            (b"a\x1b]0;title\x07b\n", "ab\n"),
            (b"a\x1b]8;;javascript:x\x1b\\b\n", "ab\n"),
            (b"a\x1b]52;c;c2g=\nb\n", "a\nb\n"),
            (b"a\x1bPq#0\x1b\\b\n", "ab\n"),
            (b"a\x1b(Bb\x1bcd\n", "abd\n"),
            (b"50%\r100%\r\nend\n", "50%\n100%\nend\n"),
            (b"a\x08\x07\x7fb\n", "ab\n"),
            (b"a\xc2\x9b2Jb\n", "ab\n"),
            (b"a\x1b[?25lb\x1b[>4;1mc\n", "abc\n"),
            (b"bad \xff byte\n", "bad \u{fffd} byte\n"),
        ] {
            assert_eq!(shown(log), expected, "{:?}", String::from_utf8_lossy(log));
        }
    }
}
