//! Where a log goes: the terminal, a pager, a file, a program.

use std::io::Write;

use serde_json::{Value, json};

use super::lines::{Line, Lines, Wanted};
use crate::cli::cx::Cx;
use crate::cli::exit::{Exit, Failure};
use crate::cli::print::{colours, json as print_json, log::Filter, pager::Pager};

/// Where a log goes.
pub struct Sink {
    form: Form,
    /// Which lines are meant; none: every byte.
    lines: Option<Lines>,
    numbered: bool,
    found: bool,
    pager: Option<Pager>,
}

enum Form {
    Raw,
    Shown(Filter),
    /// Programs get it whole, at its end.
    Json(Vec<u8>),
    /// Or line by line.
    Rows,
}

impl Sink {
    /// For these lines of a log; through a pager if it is not followed.
    pub fn new(cx: &Cx, raw: bool, wanted: &Wanted, follow: bool) -> Self {
        let form = match (cx.json, raw) {
            (true, _) if cx.lines => Form::Rows,
            (true, _) => Form::Json(Vec::new()),
            (false, true) => Form::Raw,
            (false, false) => Form::Shown(Filter::new(colours())),
        };
        let by_line = cx.lines || !wanted.all();
        let pager = if follow || cx.json || raw { None } else { Pager::start() };
        Self {
            form,
            lines: by_line.then(|| Lines::new(wanted.clone())),
            numbered: wanted.search.is_some(),
            found: wanted.search.is_none(),
            pager,
        }
    }

    /// More of the log.
    ///
    /// # Errors
    /// Nobody reads it any more.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.lines {
            Some(lines) => lines.push(bytes).iter().try_for_each(|line| self.line(line)),
            None => self.show(bytes),
        }
    }

    /// The log has ended.
    ///
    /// # Errors
    /// Nobody reads it any more; or the word was not found.
    pub fn end(mut self, word: Option<&str>) -> Result<(), Failure> {
        if let Some(lines) = &mut self.lines {
            lines.end().iter().try_for_each(|line| self.line(line))?;
        }
        // A log that ends in red must not leave the terminal red.
        if matches!(self.form, Form::Shown(_)) && colours() {
            self.write(b"\x1b[0m")?;
        }
        if let Form::Json(whole) = &self.form {
            print_json::data("log", &Value::from(String::from_utf8_lossy(whole)))?;
        }
        if let Some(pager) = self.pager {
            pager.end()?;
        }
        match word.filter(|_| !self.found) {
            Some(word) => Err(Failure::new(Exit::NotFound, format!("{word:?} is not in the log"))),
            None => Ok(()),
        }
    }

    fn line(&mut self, line: &Line) -> Result<(), Failure> {
        self.found |= line.found;
        if let Form::Rows = self.form {
            let text = String::from_utf8_lossy(&line.bytes);
            let text = text.trim_end_matches(['\n', '\r']);
            return print_json::row(&json!({ "line": line.number, "text": text }));
        }
        if self.numbered && !matches!(self.form, Form::Raw) {
            let mark = if line.found { ':' } else { '-' };
            let number = format!("{:>6}{mark} ", line.number);
            let number = if colours() { format!("\x1b[2m{number}\x1b[0m") } else { number };
            self.show(number.as_bytes())?;
        }
        self.show(&line.bytes)
    }

    fn show(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.form {
            Form::Raw | Form::Rows => self.write(bytes),
            Form::Shown(filter) => {
                let text = filter.push(bytes);
                self.write(text.as_bytes())
            }
            Form::Json(whole) => {
                whole.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if let Some(pager) = &mut self.pager {
            return pager.write(bytes);
        }
        let mut out = std::io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()?;
        Ok(())
    }
}
