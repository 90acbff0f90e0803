//! Some lines of a log, by their numbers, and searching all of them.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use memchr::memmem::Finder;

use super::lines::Piece;

/// Longest line that is shown whole, in bytes; the rest is in the raw log.
pub const LINE: usize = 8 << 10;
/// How much is read at a time.
const BLOCK: usize = 256 << 10;

/// A log whose lines are known.
#[derive(Debug)]
pub struct Lines {
    /// The log.
    pub file: File,
    /// Its length in bytes.
    pub length: u64,
    /// Its pieces.
    pub pieces: Vec<Piece>,
}

/// Some lines.
#[derive(Debug, Default)]
pub struct Window {
    /// Number of the first, from 1.
    pub first: u64,
    /// Where the first begins, in bytes; where the log ends, if it is not there.
    pub begin: u64,
    /// Their texts, without what ends them.
    pub lines: Vec<String>,
    /// When each came, in seconds since 1970; 0 where that is not known.
    pub times: Vec<i64>,
}

/// Where in a log a word was found.
#[derive(Debug, Default)]
pub struct Hits {
    /// Numbers of the lines.
    pub lines: Vec<u64>,
    /// Whether there are more.
    pub more: bool,
}

impl Lines {
    /// Lines that have ended.
    pub fn complete(&self) -> u64 {
        self.pieces.last().map_or(0, |piece| piece.lines)
    }

    /// All lines; the last may still grow.
    ///
    /// # Errors
    /// The disk fails.
    pub fn total(&self) -> io::Result<u64> {
        Ok(self.complete() + u64::from(self.ended()? < self.length))
    }

    /// Where the last line that has ended ends, in bytes.
    ///
    /// # Errors
    /// The disk fails.
    pub fn ended(&self) -> io::Result<u64> {
        let mut block = vec![0; BLOCK];
        let mut end = self.length;
        while end > 0 {
            let most = usize::try_from(end).unwrap_or(BLOCK).min(BLOCK);
            let from = end - most as u64;
            self.file.read_exact_at(&mut block[..most], from)?;
            if let Some(at) = memchr::memrchr(b'\n', &block[..most]) {
                return Ok(from + at as u64 + 1);
            }
            end = from;
        }
        Ok(0)
    }

    /// At most `count` lines from number `first` on.
    ///
    /// # Errors
    /// The disk fails.
    pub fn window(&self, first: u64, count: usize) -> io::Result<Window> {
        let first = first.max(1);
        // The first piece in which a line ends that is not before the first.
        let piece = self.pieces.partition_point(|piece| piece.lines < first - 1);
        let before = if piece == 0 { Piece::default() } else { self.pieces[piece - 1] };
        let mut window = Window { first, begin: self.length, ..Window::default() };
        self.walk(before, |number, begin, line| {
            if number >= first && window.lines.len() < count {
                window.begin = window.begin.min(begin);
                window.lines.push(shown(line));
                window.times.push(self.time(number));
            }
            window.lines.len() < count
        })?;
        Ok(window)
    }

    /// Number of the first line that came at this time, in seconds since 1970,
    /// or later; one more than there are where none did.
    ///
    /// # Errors
    /// The disk fails.
    pub fn since(&self, time: i64) -> io::Result<u64> {
        match self.pieces.iter().position(|piece| piece.time >= time) {
            Some(0) => Ok(1),
            Some(at) => Ok(self.pieces[at - 1].lines + 1),
            None => Ok(self.total()? + 1),
        }
    }

    /// When a line came: when the piece came in which it ended.
    fn time(&self, number: u64) -> i64 {
        let at = self.pieces.partition_point(|piece| piece.lines < number);
        self.pieces.get(at).or(self.pieces.last()).map_or(0, |piece| piece.time)
    }

    /// The lines after number `after` that have one of `words` in them,
    /// whatever the case of their letters; at most `most`.
    ///
    /// # Errors
    /// The disk fails.
    pub fn search(&self, words: &[&str], after: u64, most: usize) -> io::Result<Hits> {
        let lower: Vec<Vec<u8>> =
            words.iter().map(|word| word.to_ascii_lowercase().into()).collect();
        let finders: Vec<Finder<'_>> = lower.iter().map(Finder::new).collect();
        let mut hits = Hits::default();
        let piece = self.pieces.partition_point(|piece| piece.lines < after);
        let before = if piece == 0 { Piece::default() } else { self.pieces[piece - 1] };
        let mut small = Vec::new();
        self.walk(before, |number, _, line| {
            if number > after {
                small.clear();
                small.extend(line.iter().map(u8::to_ascii_lowercase));
                if finders.iter().any(|finder| finder.find(&small).is_some()) {
                    hits.more = hits.lines.len() == most;
                    if !hits.more {
                        hits.lines.push(number);
                    }
                }
            }
            !hits.more
        })?;
        Ok(hits)
    }

    /// Gives each line with its number and where it begins to `see`, from a
    /// piece's end on, until it wants no more. A line that is longer than a
    /// block is given in part.
    fn walk(&self, from: Piece, mut see: impl FnMut(u64, u64, &[u8]) -> bool) -> io::Result<()> {
        let mut block = vec![0; BLOCK];
        let (mut at, mut number) = (from.end, from.lines + 1);
        // What a line had in the blocks before.
        let mut begun: Vec<u8> = Vec::new();
        // The piece before may have ended within a line.
        at = self.begin(at)?.unwrap_or(at);
        let mut start = at;
        while at < self.length {
            let most = usize::try_from(self.length - at).unwrap_or(BLOCK).min(BLOCK);
            let read = self.file.read_at(&mut block[..most], at)?;
            if read == 0 {
                break;
            }
            let mut rest = &block[..read];
            while let Some(end) = memchr::memchr(b'\n', rest) {
                let go_on = if begun.is_empty() {
                    see(number, start, &rest[..end])
                } else {
                    keep(&mut begun, &rest[..end]);
                    let go_on = see(number, start, &begun);
                    begun.clear();
                    go_on
                };
                if !go_on {
                    return Ok(());
                }
                number += 1;
                rest = &rest[end + 1..];
                start = at + (read - rest.len()) as u64;
            }
            keep(&mut begun, rest);
            at += read as u64;
        }
        if !begun.is_empty() {
            see(number, start, &begun);
        }
        Ok(())
    }

    /// Where the line begins that a piece's end is within.
    fn begin(&self, end: u64) -> io::Result<Option<u64>> {
        let mut block = vec![0; BLOCK];
        let mut from = end;
        while from > 0 {
            let most = usize::try_from(from).unwrap_or(BLOCK).min(BLOCK);
            from -= most as u64;
            self.file.read_exact_at(&mut block[..most], from)?;
            if let Some(at) = memchr::memrchr(b'\n', &block[..most]) {
                return Ok(Some(from + at as u64 + 1));
            }
        }
        Ok((end > 0).then_some(0))
    }
}

/// Adds to a line as much as is ever looked at.
fn keep(line: &mut Vec<u8>, more: &[u8]) {
    let room = BLOCK.saturating_sub(line.len());
    line.extend_from_slice(&more[..more.len().min(room)]);
}

/// A line as people read it: what a carriage return has written over is gone.
fn shown(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = memchr::memrchr(b'\r', line).map_or(line, |at| &line[at + 1..]);
    let cut = &line[..line.len().min(LINE)];
    let mut text = String::from_utf8_lossy(cut).into_owned();
    if cut.len() < line.len() {
        text += &format!(" … and {} bytes more", line.len() - cut.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::lines;

    fn lines_of(text: &[u8]) -> (tempfile::TempDir, Lines) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log-1");
        std::fs::write(&path, text).unwrap();
        let length = text.len() as u64;
        let pieces = lines::pieces(&path, length).unwrap();
        (dir, Lines { file: File::open(&path).unwrap(), length, pieces })
    }

    #[test]
    fn any_line_is_found_by_its_number() {
        let text: String = (1..=100_000).map(|n| format!("line {n}\n")).collect();
        let whole = text + "open";
        let (_dir, lines) = lines_of(whole.as_bytes());
        assert_eq!((lines.complete(), lines.total().unwrap()), (100_000, 100_001));
        for first in [1, 2, 30_000, 65_536, 99_999, 100_001] {
            let window = lines.window(first, 2).unwrap();
            let expected = if first > 100_000 { "open".into() } else { format!("line {first}") };
            assert_eq!(window.lines[0], expected);
            let from = usize::try_from(window.begin).unwrap();
            assert!(whole[from..].starts_with(&format!("{expected}\n")) || first > 100_000);
        }
        let none = lines.window(100_002, 5).unwrap();
        assert_eq!((none.lines.len(), none.begin), (0, lines.length));
        let hits = lines.search(&["LINE 9999"], 0, 5).unwrap();
        assert_eq!((hits.lines, hits.more), (vec![9999, 99990, 99991, 99992, 99993], true));
        let hits = lines.search(&["line 9999"], 99_998, 5).unwrap();
        assert_eq!((hits.lines, hits.more), (vec![99999], false));
    }

    #[test]
    fn a_line_is_found_by_when_it_came() {
        let (_dir, mut lines) = lines_of(b"a\nb\nc\nd\nopen");
        let piece = |end, lines, time| Piece { end, lines, time };
        // Of the first it is not known; the clock was set back once.
        lines.pieces = vec![
            piece(2, 1, 0),
            piece(5, 2, 50),
            piece(6, 3, 40),
            piece(8, 4, 60),
            piece(12, 4, 70),
        ];
        for (time, line) in [(1, 2), (50, 2), (51, 4), (60, 4), (61, 5), (70, 5), (71, 6)] {
            assert_eq!(lines.since(time).unwrap(), line, "since {time}");
        }
    }

    #[test]
    fn long_lines_and_no_text_are_bounded_and_shown() {
        let mut text = vec![b'x'; BLOCK + 10];
        text.extend_from_slice(b"\n10%\r50%\r100%\r\n\xff\n\n");
        let (_dir, lines) = lines_of(&text);
        let window = lines.window(1, 10).unwrap();
        assert!(window.lines[0].ends_with("bytes more") && window.lines[0].len() < LINE + 50);
        assert_eq!(window.lines[1..], ["100%", "\u{fffd}", ""]);
        let (_dir, none) = lines_of(b"");
        assert_eq!((none.total().unwrap(), none.window(1, 5).unwrap().lines.len()), (0, 0));
    }
}
