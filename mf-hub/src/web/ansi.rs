//! A line of a log as HTML: its colours as classes, everything else as text.
//! What a terminal would obey besides (links, titles, moves) is dropped.

use super::escape::Writing;

/// Colours and weight that the rest of a line has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Look {
    colour: u8,
    bold: bool,
}

/// The HTML of a line.
pub fn html(line: &str) -> String {
    let mut out = Writing::default();
    let (mut look, mut rest) = (Look::default(), line);
    while let Some(at) = rest.find('\u{1b}') {
        span(&mut out, look, &rest[..at]);
        let (after, sgr) = sequence(&rest[at + 1..]);
        if let Some(sgr) = sgr {
            look = changed(look, sgr);
        }
        rest = after;
    }
    span(&mut out, look, rest);
    out.0
}

/// What follows an escape sequence; and its parameters, if it is of colours.
fn sequence(text: &str) -> (&str, Option<&str>) {
    if let Some(body) = text.strip_prefix('[') {
        let end = body.find(|c: char| !matches!(c, '\u{20}'..='\u{3f}')).unwrap_or(body.len());
        let mut after = body[end..].chars();
        let last = after.next();
        return (after.as_str(), (last == Some('m')).then_some(&body[..end]));
    }
    if let Some(body) = text.strip_prefix(']') {
        // Up to BEL, or to ESC \; without an end, all of it.
        let end = body.find(['\u{7}', '\u{1b}']).unwrap_or(body.len());
        let rest = &body[end..];
        let rest =
            rest.strip_prefix('\u{7}').or_else(|| rest.strip_prefix("\u{1b}\\")).unwrap_or(rest);
        return (rest, None);
    }
    let mut letters = text.chars();
    letters.next();
    (letters.as_str(), None)
}

fn changed(mut look: Look, sgr: &str) -> Look {
    let mut codes = sgr.split([';', ':']).map(|code| code.parse::<u16>().unwrap_or(0));
    while let Some(code) = codes.next() {
        match code {
            0 => look = Look::default(),
            1 => look.bold = true,
            22 => look.bold = false,
            30..=37 => look.colour = code as u8 - 29,
            90..=97 => look.colour = code as u8 - 89,
            39 => look.colour = 0,
            // 256 colours and true colour: passed over with what they say.
            38 | 48 => match codes.next() {
                Some(5) => drop(codes.next()),
                Some(2) => drop((codes.next(), codes.next(), codes.next())),
                _ => {}
            },
            _ => {}
        }
    }
    look
}

fn span(out: &mut Writing, look: Look, text: &str) {
    if text.is_empty() {
        return;
    }
    if look == Look::default() {
        return out.text(text);
    }
    out.raw("<span class=\"");
    if look.colour > 0 {
        out.raw(&format!("c{}", look.colour - 1));
    }
    out.raw(if look.bold { " b\">" } else { "\">" });
    out.text(text);
    out.raw("</span>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_classes_and_nothing_else_passes() {
        assert_eq!(html("a \u{1b}[1;31mred\u{1b}[0m b"), "a <span class=\"c1 b\">red</span> b");
        assert_eq!(html("\u{1b}[38;5;9m<b>\u{1b}[K"), "&lt;b&gt;");
        let link = "\u{1b}]8;;javascript:alert(1)\u{1b}\\click\u{1b}]8;;\u{1b}\\!";
        assert_eq!(html(link), "click!");
        assert_eq!(html("\u{1b}]0;title\u{7}x\u{1b}"), "x");
        assert_eq!(html("\u{1b}[31"), "");
        assert_eq!(html("\u{9b}31m"), "\u{fffd}31m");
    }
}
