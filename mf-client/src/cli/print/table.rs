//! Tables: fitted to the terminal if there is one, otherwise plain columns.

use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets,
};

use super::{clean, detail, on_terminal, pager};
use crate::cli::exit::Failure;

/// Blanks between columns.
const GAP: u16 = 2;
/// On a terminal that is narrower, rows that do not fit are no columns.
const NARROW: u16 = 60;

/// Prints rows below their headings; on a terminal without the columns that
/// nothing stands in.
///
/// # Errors
/// It cannot be written.
pub fn print(headings: &[String], rows: &[Vec<String>]) -> Result<(), Failure> {
    pager::text(&text(headings, rows, columns()))
}

/// Columns of the terminal, where there is one.
pub fn columns() -> Option<u16> {
    on_terminal().then(terminal_width)
}

/// The table as text; without a width every row is one line, however long,
/// and every column is there. No word is ever cut: rows too long for a
/// terminal are longer than it, or on a narrow one a line for each field.
pub fn text(headings: &[String], rows: &[Vec<String>], width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
        table.enforce_styling();
    } else {
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.force_no_tty();
    }
    let says =
        |column: &usize| rows.iter().any(|row| row.get(*column).is_some_and(|t| !t.is_empty()));
    let columns: Vec<usize> =
        (0..headings.len()).filter(|c| width.is_none() || rows.is_empty() || says(c)).collect();
    // A label or status in pieces is none; other columns make room.
    let least = |c: usize| -> u16 {
        let texts = rows.iter().filter_map(|row| row.get(c)).chain([&headings[c]]);
        let whole = c == columns[0] || headings[c] == "status";
        let words = texts.map(|text| if whole { wide(text) } else { longest_word(text) });
        // What is last needs no gap after it.
        words.max().unwrap_or(0) + if Some(&c) == columns.last() { 0 } else { GAP }
    };
    if let Some(width) = width.filter(|width| *width < NARROW)
        // With no room to spare a text would stand there in a tower of single words.
        && columns.iter().map(|c| u32::from(least(*c))).sum::<u32>() + u32::from(GAP)
            > u32::from(width)
    {
        return one_below_the_other(headings, rows, width);
    }
    let heading = |c: &usize| Cell::new(&headings[*c]).add_attribute(Attribute::Bold);
    table.set_header(columns.iter().map(heading));
    for row in rows {
        let text = |c: &usize| row.get(*c).map_or("", String::as_str);
        table.add_row(columns.iter().map(|c| cell(text(c), width.is_none())));
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if place + 1 == columns.len() { 0 } else { GAP }));
        if width.is_some() {
            let least = Width::Fixed(least(columns[place]));
            column.set_constraint(ColumnConstraint::LowerBoundary(least));
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Each row as lines of a heading and a value, with a blank line between.
fn one_below_the_other(headings: &[String], rows: &[Vec<String>], width: u16) -> String {
    let row = |row: &Vec<String>| {
        let pairs: Vec<_> = headings.iter().cloned().zip(row.iter().cloned()).collect();
        detail::fitted(&pairs, Some(width)).join("\n")
    };
    rows.iter().map(row).collect::<Vec<_>>().join("\n\n")
}

/// Columns of the widest line of a text.
fn wide(text: &str) -> u16 {
    let lines = text.lines().map(|line| clean(line).chars().count());
    lines.max().unwrap_or(0).try_into().unwrap_or(u16::MAX - GAP)
}

/// Columns of the longest word of a text.
fn longest_word(text: &str) -> u16 {
    text.split_whitespace().map(wide).max().unwrap_or(0)
}

fn cell(text: &str, one_line: bool) -> Cell {
    let mut text = clean(text);
    if one_line {
        text = text.replace('\n', "\\n");
    }
    let colour = match text.as_str() {
        "BuildSuccess" => Some(Color::Green),
        "BuildFail" | "Lost" => Some(Color::Red),
        "Cancelled" => Some(Color::Yellow),
        "Building" => Some(Color::Cyan),
        _ => None,
    };
    let cell = Cell::new(text);
    colour.map_or(cell.clone(), |colour| cell.fg(colour))
}

/// Columns of the terminal, or 80.
pub fn terminal_width() -> u16 {
    terminal_size().0
}

/// Columns and rows of the terminal, or 80 and 24.
pub fn terminal_size() -> (u16, u16) {
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    let (columns, rows) = size.map_or((0, 0), |size| (size.ws_col, size.ws_row));
    let or = |given: u16, usual| if given > 0 { given } else { usual };
    (or(columns, 80), or(rows, 24))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> (Vec<String>, Vec<Vec<String>>) {
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let long = "a summary that is much longer than any column of forty could be";
        (
            words(&["label", "status", "summary"]),
            vec![
                words(&["php-build1", "BuildSuccess", long]),
                words(&["b", "Queued", "two\nlines"]),
            ],
        )
    }

    #[test]
    fn a_pipe_gets_one_plain_line_for_every_row() {
        let (headings, rows) = rows();
        insta::assert_snapshot!(text(&headings, &rows, None));
    }

    #[test]
    fn a_narrow_terminal_gets_whole_words() {
        let (mut headings, mut rows) = rows();
        headings.push("target".into());
        rows.iter_mut().for_each(|row| row.push("bookworm-x86_64".into()));
        for width in 10..100 {
            let shown = text(&headings, &rows, Some(width));
            for word in ["php-build1", "BuildSuccess", "summary", "bookworm-x86_64"] {
                assert!(shown.contains(word), "{word:?} is cut at {width}:\n{shown}");
            }
        }
        for width in [60, 40] {
            let shown = text(&headings, &rows, Some(width));
            insta::assert_snapshot!(anstream::adapter::strip_str(&shown).to_string());
        }
    }

    #[test]
    fn a_terminal_gets_what_fits() {
        let (headings, rows) = rows();
        let shown = text(&headings, &rows, Some(60));
        insta::assert_snapshot!(anstream::adapter::strip_str(&shown).to_string());
    }
}
