//! What `mf` prints: JSON for programs, tables for people, logs as they are.

pub mod answer;
pub mod detail;
pub mod excerpt;
pub mod json;
pub mod live;
pub mod log;
pub mod pager;
pub mod table;
pub mod wrap;

use std::io::{IsTerminal, Write};

use super::exit::Failure;

/// Prints a line on standard output; colours only where they are shown.
///
/// # Errors
/// Nobody reads it any more, or it cannot be written.
pub fn line(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// Prints a sentence on standard output; on a terminal in lines that fit it.
///
/// # Errors
/// As [`line`].
pub fn sentence(text: &str) -> Result<(), Failure> {
    match wrap::room(std::io::stdout()) {
        Some(room) => line(&wrap::wrapped(text, room)),
        None => line(text),
    }
}

/// Says something on standard error, where it does not mix with the output.
pub fn say(text: &str) {
    // In one piece: the farm's programs write there too, and their lines and
    // ours stay apart. With standard error gone there is nobody left to tell.
    let _ = message(for_stderr(&format!("{text}\n")).as_bytes());
}

/// Writes to standard error, above lines that change; nothing while the whole
/// terminal is taken.
///
/// # Errors
/// It cannot be written.
pub fn message(bytes: &[u8]) -> std::io::Result<()> {
    if live::Silence::is_kept() {
        return Ok(());
    }
    live::above(|| std::io::stderr().lock().write_all(bytes))
}

/// A text with its colours, where standard error shows them.
pub fn for_stderr(text: &str) -> String {
    match anstream::AutoStream::choice(&std::io::stderr()) {
        anstream::ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        _ => text.to_owned(),
    }
}

/// A span of time for people: `8 s`, `1m 05s`, `2h 03m`.
pub fn span(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes}m {:02}s", seconds % 60),
        _ => format!("{hours}h {:02}m", minutes % 60),
    }
}

/// Says what went wrong, for people or for programs.
pub fn failure(failure: &Failure, as_json: bool) {
    if failure.sentence.is_empty() {
        return;
    }
    if as_json {
        let _ = json::error(&failure.code, &failure.sentence);
        return;
    }
    told("1;31", "error:", &failure.sentence);
    if let Some(hint) = &failure.hint {
        told("1;36", "hint:", hint);
    }
}

/// Says a word in a colour, and a sentence after it in lines that fit.
fn told(colour: &str, word: &str, sentence: &str) {
    let mut text = clean(&format!("{word} {sentence}"));
    let room = wrap::room(std::io::stderr()).unwrap_or(usize::MAX);
    text = wrap::hanging(&text, room, word.len() + 1);
    let rest = text.strip_prefix(word).unwrap_or_default();
    say(&format!("\x1b[{colour}m{word}\x1b[0m{rest}"));
}

/// Whether colours are shown on standard output: on a terminal, unless
/// `NO_COLOR` says otherwise.
pub fn colours() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

/// Whether standard output is a terminal.
pub fn on_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Text of others as it may stand on a terminal: what would steer the
/// terminal, or turn the text around it, is shown as its number.
pub fn clean(text: &str) -> String {
    let harmless = |c: char| c == '\n' || !(c.is_control() || turns(c));
    text.chars()
        .map(|c| match c {
            '\t' => "    ".to_owned(),
            c if harmless(c) => c.to_string(),
            c => format!("\\u{{{:x}}}", c as u32),
        })
        .collect()
}

/// Characters that change the direction of the text around them.
fn turns(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A status in its colour.
pub fn status(text: &str) -> String {
    let colour = match text {
        "BuildSuccess" => "32",
        "BuildFail" | "Lost" => "31",
        "Cancelled" => "33",
        "Building" => "36",
        _ => return clean(text),
    };
    format!("\x1b[{colour}m{}\x1b[0m", clean(text))
}

/// A size for people: `812 bytes`, `14.2 KiB (14541 bytes)`.
pub fn size(bytes: i64) -> String {
    let mut size = bytes as f64;
    let mut unit = "";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = next;
    }
    match (bytes, unit) {
        (1, _) => "1 byte".to_owned(),
        (_, "") => format!("{bytes} bytes"),
        _ => format!("{size:.1} {unit} ({bytes} bytes)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_steer_the_terminal() {
        assert_eq!(clean("a\x1b]0;title\x07b\u{9b}1mä\n"), "a\\u{1b}]0;title\\u{7}b\\u{9b}1mä\n");
        assert_eq!(clean("x\u{202e}y"), "x\\u{202e}y");
    }

    #[test]
    fn spans_are_short() {
        assert_eq!([8, 65, 7_500].map(span), ["8 s", "1m 05s", "2h 05m"]);
    }

    #[test]
    fn sizes_are_short_and_exact() {
        assert_eq!([0, 1, 1023].map(size), ["0 bytes", "1 byte", "1023 bytes"]);
        assert_eq!(size(15_360), "15.0 KiB (15360 bytes)");
        assert_eq!(size(80_000_000), "76.3 MiB (80000000 bytes)");
    }
}
