//! Tables: fitted to the terminal where there is one, else plain columns.

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, presets};

use super::{clean, line, on_terminal};
use crate::cli::exit::Failure;

/// Prints rows below their headings; on a terminal without the columns that
/// nothing stands in.
///
/// # Errors
/// It cannot be written.
pub fn print(headings: &[String], rows: &[Vec<String>]) -> Result<(), Failure> {
    let width = on_terminal().then(terminal_width);
    line(&text(headings, rows, width))
}

/// The table as text; without a width every row is one line, however long,
/// and every column is there.
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
    let heading = |c: &usize| Cell::new(&headings[*c]).add_attribute(Attribute::Bold);
    table.set_header(columns.iter().map(heading));
    for row in rows {
        let text = |c: &usize| row.get(*c).map_or("", String::as_str);
        table.add_row(columns.iter().map(|c| cell(text(c), width.is_none())));
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        // A label or status in pieces is none; other columns make room.
        let whole = place == 0 || headings[columns[place]] == "status";
        if whole && width.is_some() {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
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
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    size.map(|size| size.ws_col).ok().filter(|columns| *columns > 0).unwrap_or(80)
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
    fn a_terminal_gets_what_fits() {
        let (headings, rows) = rows();
        let shown = text(&headings, &rows, Some(60));
        insta::assert_snapshot!(anstream::adapter::strip_str(&shown).to_string());
    }
}
