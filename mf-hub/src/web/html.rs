//! Writing HTML: everything that comes from the database is escaped here.

use std::fmt::Write;

/// A page that is being written.
#[derive(Debug)]
pub struct Page(String);

impl Page {
    /// The beginning of a page.
    pub fn new(title: &str) -> Self {
        let mut page = Self(String::with_capacity(4_096));
        page.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>");
        page.text(title);
        page.raw("</title><link rel=\"stylesheet\" href=\"/style.css\"></head><body>\n");
        page.raw("<header><a href=\"/\">MonkeyFarm</a></header><main><h1>");
        page.text(title);
        page.raw("</h1>\n");
        page
    }

    /// HTML of ours.
    pub fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    /// Text from anywhere.
    pub fn text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // Turns the text around it, or ends it.
                c if c.is_control() && c != '\n' && c != '\t' => self.0.push('\u{fffd}'),
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
    }

    /// A link to a path of ours.
    pub fn link(&mut self, path: &str, text: &str) {
        self.raw("<a href=\"");
        self.text(path);
        self.raw("\">");
        self.text(text);
        self.raw("</a>");
    }

    /// The whole page.
    pub fn end(mut self) -> String {
        self.raw("</main></body></html>\n");
        self.0
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
        let mut page = Page::new("<script>");
        page.text("a\u{202e}b\u{1b}[31m & \"'");
        page.link("/x?y=\"><i>", "<b>");
        let page = page.end();
        assert!(!page.contains("<script>") && !page.contains("<b>") && !page.contains("<i>"));
        assert!(page.contains("a\u{fffd}b\u{fffd}[31m &amp; &quot;&#39;"), "{page}");
        assert_eq!(encoded("g++ 1/ä"), "g%2B%2B%201%2F%C3%A4");
    }
}
