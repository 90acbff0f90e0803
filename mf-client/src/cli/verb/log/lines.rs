//! Which lines of a log are shown: from a line on, the last ones, or those that
//! contain a word.

use std::collections::VecDeque;

/// A line that goes on for longer is taken for several.
const LONGEST: usize = 1024 * 1024;

/// What is asked for of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// Number of the first line, from 1.
    pub from: u64,
    /// How many lines stand before those that are given.
    pub skipped: u64,
    /// Only so many of the last lines.
    pub tail: Option<usize>,
    /// Only lines with this, with small letters in either case.
    pub search: Option<String>,
    /// So many lines around each of these.
    pub around: usize,
}

impl Wanted {
    /// Whether every byte is meant.
    pub fn all(&self) -> bool {
        self.from <= self.skipped + 1 && self.tail.is_none() && self.search.is_none()
    }

    /// The same of what comes later.
    pub fn rest(&self) -> Self {
        Self { from: 1, skipped: 0, tail: None, ..self.clone() }
    }

    fn found(&self, line: &[u8]) -> bool {
        let Some(word) = &self.search else { return true };
        let text = String::from_utf8_lossy(line);
        let text = anstream::adapter::strip_str(&text).to_string();
        match word.chars().any(char::is_uppercase) {
            true => text.contains(word.as_str()),
            false => text.to_lowercase().contains(word.as_str()),
        }
    }
}

/// One line that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes, with its end if it has one.
    pub bytes: Vec<u8>,
    /// Whether it has the word, and does not only stand around it.
    pub found: bool,
}

/// Takes a log in pieces and gives the lines that are meant.
#[derive(Debug)]
pub struct Lines {
    wanted: Wanted,
    torn: Vec<u8>,
    number: u64,
    /// The last lines, in case that one after them is found, or that none comes.
    before: VecDeque<Line>,
    /// Lines that are still to be shown after one that was found.
    after: usize,
}

impl Lines {
    /// The lines of a log, from where it is given.
    pub fn new(wanted: Wanted) -> Self {
        let number = wanted.skipped;
        Self { wanted, torn: Vec::new(), number, before: VecDeque::new(), after: 0 }
    }

    /// The lines that are known to be meant after these bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Line> {
        self.torn.extend_from_slice(bytes);
        let mut meant = Vec::new();
        let torn = std::mem::take(&mut self.torn);
        let mut rest = torn.as_slice();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, more) = rest.split_at(end + 1);
            self.take(line, &mut meant);
            rest = more;
        }
        if rest.len() > LONGEST {
            self.take(rest, &mut meant);
        } else {
            self.torn = rest.to_vec();
        }
        meant
    }

    /// The rest, when the log has ended.
    pub fn end(&mut self) -> Vec<Line> {
        let mut meant = Vec::new();
        let rest = std::mem::take(&mut self.torn);
        if !rest.is_empty() {
            self.take(&rest, &mut meant);
        }
        if self.wanted.tail.is_some() {
            meant.extend(self.before.drain(..));
        }
        meant
    }

    fn take(&mut self, bytes: &[u8], meant: &mut Vec<Line>) {
        self.number += 1;
        if self.number < self.wanted.from {
            return;
        }
        let found = self.wanted.found(bytes);
        let line = Line { number: self.number, bytes: bytes.to_vec(), found };
        if let Some(most) = self.wanted.tail {
            if found {
                self.keep(line, most);
            }
        } else if found {
            meant.extend(self.before.drain(..));
            meant.push(line);
            self.after = self.wanted.around;
        } else if self.after > 0 {
            self.after -= 1;
            meant.push(line);
        } else {
            self.keep(line, self.wanted.around);
        }
    }

    fn keep(&mut self, line: Line, most: usize) {
        self.before.push_back(line);
        while self.before.len() > most {
            self.before.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the lines that are meant, however the log is cut.
    fn numbers(wanted: &Wanted, log: &str) -> Vec<u64> {
        let of = |size: usize| {
            let mut lines = Lines::new(wanted.clone());
            let mut meant: Vec<Line> =
                log.as_bytes().chunks(size).flat_map(|piece| lines.push(piece)).collect();
            meant.extend(lines.end());
            meant.iter().map(|line| line.number).collect::<Vec<u64>>()
        };
        let whole = of(log.len());
        assert!((1..9).all(|size| of(size) == whole), "{wanted:?}");
        whole
    }

    #[test]
    fn lines_are_chosen_by_number_end_and_word() {
        let log = "one\n\x1b[31mERROR\x1b[0m two\nthree\nfour\nfive error\nsix";
        let search =
            |word: &str, around| Wanted { search: Some(word.into()), around, ..Wanted::default() };
        assert_eq!(numbers(&Wanted::default(), log), [1, 2, 3, 4, 5, 6]);
        assert_eq!(numbers(&Wanted { from: 5, ..Wanted::default() }, log), [5, 6]);
        let rest = "four\nfive error\nsix";
        assert_eq!(numbers(&Wanted { from: 5, skipped: 3, ..Wanted::default() }, rest), [5, 6]);
        assert_eq!(numbers(&Wanted { from: 4, skipped: 3, ..search("error", 0) }, rest), [5]);
        assert_eq!(numbers(&Wanted { tail: Some(2), ..Wanted::default() }, log), [5, 6]);
        assert_eq!(numbers(&search("error", 0), log), [2, 5]);
        assert_eq!(numbers(&search("ERROR", 0), log), [2]);
        assert_eq!(numbers(&search("error two", 1), log), [1, 2, 3]);
        assert_eq!(numbers(&Wanted { tail: Some(1), ..search("error", 0) }, log), [5]);
        assert!(numbers(&search("seven", 3), log).is_empty());
    }
}
