//! Text as HTML: everything that comes from the database passes here.

use std::fmt::{self, Write};

/// The escaper of all templates (see `askama.toml`).
#[derive(Clone, Copy, Debug)]
pub struct Html;

impl askama::filters::Escaper for Html {
    fn write_escaped_str<W: Write>(&self, mut to: W, text: &str) -> fmt::Result {
        let mut plain = 0;
        for (at, letter) in text.char_indices() {
            if let Some(instead) = instead(letter) {
                to.write_str(&text[plain..at])?;
                to.write_str(instead)?;
                plain = at + letter.len_utf8();
            }
        }
        to.write_str(&text[plain..])
    }
}

/// What stands for a letter; `None` for itself.
fn instead(letter: char) -> Option<&'static str> {
    Some(match letter {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        '\n' | '\t' => return None,
        // Turns the text around it, or ends it.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => "\u{fffd}",
        c if c.is_control() => "\u{fffd}",
        _ => return None,
    })
}

/// HTML that is written piece by piece.
#[derive(Debug, Default)]
pub struct Writing(pub String);

impl Writing {
    /// HTML of ours.
    pub fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    /// Text from anywhere.
    pub fn text(&mut self, text: &str) {
        // Writing to a String cannot fail.
        let _ = askama::filters::Escaper::write_escaped_str(&Html, &mut self.0, text);
    }

    /// A link to a path of ours.
    pub fn link(&mut self, path: &str, text: &str) {
        self.raw("<a href=\"");
        self.text(path);
        self.raw("\">");
        self.text(text);
        self.raw("</a>");
    }
}

/// A name as a part of a path or a value in a query.
pub fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        let mut page = Writing::default();
        page.text("a\u{202e}b\u{1b}[31m & \"'<script>");
        page.link("/x?y=\"><i>", "<b>");
        let page = page.0;
        assert!(!page.contains("<script>") && !page.contains("<b>") && !page.contains("<i>"));
        assert!(page.contains("a\u{fffd}b\u{fffd}[31m &amp; &quot;&#39;"), "{page}");
        assert_eq!(encoded("g++ 1/ä"), "g%2B%2B%201%2F%C3%A4");
    }
}
