//! What is seen of a build while it runs: a board on a terminal, lines of
//! progress and of logs elsewhere, a line of JSON for each change.

use std::collections::BTreeMap;
use std::io::Write;

use anstream::adapter::strip_str;

use mf_core::resource::{Build, Task};
use serde_json::json;

use super::board::Board;
use crate::cli::cx::Cx;
use crate::cli::exit::Failure;
use crate::cli::print::{clean, colours, json, live, log::Filter, status};

/// A line that goes on for longer is shown in pieces.
const LONGEST_LINE: usize = 64 * 1024;

/// Prints what goes on; silent for programs.
pub struct Screen {
    silent: bool,
    /// Whether each change is a line of JSON.
    rows: bool,
    board: Option<Board>,
    /// With several tasks each line says which of them it is from.
    prefixed: bool,
    /// Whether colours are shown.
    colours: bool,
    logs: BTreeMap<String, Shown>,
    /// Whether the last thing printed ended its line.
    at_margin: bool,
}

struct Shown {
    filter: Filter,
    /// The line that has not ended, where lines are prefixed.
    line: String,
}

impl Screen {
    /// A screen for these tasks; a board if no logs are to be shown.
    pub fn new(cx: &Cx, tasks: &[Task], logs: bool) -> Self {
        let board = (!logs && live::possible(cx)).then(|| Board::new(tasks));
        Self {
            silent: cx.json || cx.quiet || board.is_some(),
            rows: cx.lines,
            board,
            prefixed: tasks.len() > 1,
            colours: colours(),
            logs: BTreeMap::new(),
            at_margin: true,
        }
    }

    /// Whether somebody sees why a task waits.
    pub fn says_why(&self) -> bool {
        self.board.is_some() || !self.silent
    }

    /// Brings the board up to date.
    pub fn board(
        &mut self,
        build: &Build,
        tasks: &BTreeMap<String, Task>,
        why: &BTreeMap<String, String>,
    ) {
        if let Some(board) = &mut self.board {
            board.show(build, tasks, why);
        }
    }

    /// Gives the terminal back.
    pub fn end(&mut self) {
        self.board = None;
    }

    /// Tells a program of a task that has changed.
    ///
    /// # Errors
    /// Nobody reads it any more.
    pub fn changed(&self, task: &Task) -> Result<(), Failure> {
        match self.rows {
            true => json::row(&json!({ "data": { "task": task }, "errors": {} })),
            false => Ok(()),
        }
    }

    /// Says what has become of a target's task.
    ///
    /// # Errors
    /// Nobody reads it any more.
    pub fn progress(&mut self, target: &str, what: &str, more: &str) -> Result<(), Failure> {
        self.flush_line(target)?;
        let more = if more.is_empty() { String::new() } else { format!(" {}", clean(more)) };
        let text = format!("\x1b[1m==> {}\x1b[0m {}{more}\n", clean(target), status(what));
        let text = if self.colours { text } else { strip_str(&text).to_string() };
        self.print(&text)
    }

    /// Shows bytes of a target's log.
    ///
    /// # Errors
    /// Nobody reads it any more.
    pub fn log(&mut self, target: &str, bytes: &[u8]) -> Result<(), Failure> {
        if self.silent {
            return Ok(());
        }
        let fresh = || Shown { filter: Filter::new(self.colours), line: String::new() };
        let shown = self.logs.entry(target.to_owned()).or_insert_with(fresh);
        let text = shown.filter.push(bytes);
        if !self.prefixed {
            return self.print(&text);
        }
        shown.line.push_str(&text);
        let mut whole = String::new();
        if let Some(end) = shown.line.rfind('\n') {
            let rest = shown.line.split_off(end + 1);
            let lines = std::mem::replace(&mut shown.line, rest);
            lines.lines().for_each(|line| whole += &prefixed(target, line, self.colours));
        }
        if shown.line.len() > LONGEST_LINE {
            whole += &prefixed(target, &std::mem::take(&mut shown.line), self.colours);
        }
        self.print(&whole)
    }

    /// Shows what of a target's log has no end of line, and will have none.
    ///
    /// # Errors
    /// Nobody reads it any more.
    pub fn flush_line(&mut self, target: &str) -> Result<(), Failure> {
        let rest = self.logs.get_mut(target).map(|shown| std::mem::take(&mut shown.line));
        if let Some(line) = rest.filter(|line| !line.is_empty()) {
            self.print(&prefixed(target, &line, self.colours))?;
        }
        match (self.at_margin, self.colours) {
            (true, _) => Ok(()),
            (false, true) => self.print("\x1b[0m\n"),
            (false, false) => self.print("\n"),
        }
    }

    fn print(&mut self, text: &str) -> Result<(), Failure> {
        if self.silent || text.is_empty() {
            return Ok(());
        }
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        self.at_margin = text.ends_with('\n');
        Ok(())
    }
}

/// Colours of one target's line must not run into another's.
fn prefixed(target: &str, line: &str, colours: bool) -> String {
    if !colours {
        return format!("[{}] {line}\n", clean(target));
    }
    let reset = if line.contains('\x1b') { "\x1b[0m" } else { "" };
    format!("\x1b[2m[{}]\x1b[0m {line}{reset}\n", clean(target))
}
