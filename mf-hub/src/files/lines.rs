//! Lines of a log: an index beside it says where they are and when they came.
//!
//! The index has a record for each piece that was appended, at most one a
//! second or one for each 64 KiB: where the piece ends, how many lines have
//! ended by then, when it came. It is made from the log and can be lost: what
//! it lacks is read from the log again, without times.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Length of a record: three numbers of 8 bytes, the least significant first.
const RECORD: usize = 24;
/// How much of a log one record spans at most, unless it came at once.
const SPAN: u64 = 64 << 10;
/// How much is read at a time.
const BLOCK: usize = 256 << 10;

/// A piece of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Where it ends, in bytes from the beginning of the log.
    pub end: u64,
    /// Lines that have ended by then.
    pub lines: u64,
    /// When it came, in seconds since 1970; 0 where that is not known.
    pub time: i64,
}

impl Piece {
    fn read(bytes: &[u8]) -> Self {
        let number = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            eight
        };
        Self {
            end: u64::from_le_bytes(number(0)),
            lines: u64::from_le_bytes(number(8)),
            time: i64::from_le_bytes(number(16)),
        }
    }

    fn bytes(self) -> [u8; RECORD] {
        let mut bytes = [0; RECORD];
        bytes[..8].copy_from_slice(&self.end.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.lines.to_le_bytes());
        bytes[16..].copy_from_slice(&self.time.to_le_bytes());
        bytes
    }
}

/// Where the index of a log is.
pub fn beside(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".lines");
    name.into()
}

/// Notes that `new` came at the end of a log that was `length` bytes long.
///
/// # Errors
/// The disk fails; the index then lacks it, which is no harm.
pub fn note(log: &Path, length: u64, new: &[u8], time: i64) -> io::Result<()> {
    let index = open(&beside(log))?;
    let size = index.metadata()?.len();
    let (mut at, mut last, before) = last_two(&index, size)?;
    if last.end != length {
        // A piece went unnoted, or the log is not the one that was indexed.
        let pieces = caught_up(log, &index, length)?;
        at = (pieces.len() * RECORD) as u64;
        last = pieces.last().copied().unwrap_or_default();
    }
    let lines = last.lines + memchr::memchr_iter(b'\n', new).count() as u64;
    let piece = Piece { end: length + new.len() as u64, lines, time };
    let joins = last.time == time && at >= RECORD as u64 && piece.end - before < SPAN;
    let at = if joins { at - RECORD as u64 } else { at };
    index.write_all_at(&piece.bytes(), at)
}

/// The end of the index, its last piece, and where the piece before it ends.
fn last_two(index: &File, size: u64) -> io::Result<(u64, Piece, u64)> {
    let size = size - size % RECORD as u64;
    let mut bytes = [0; 2 * RECORD];
    let there = (bytes.len() as u64).min(size) as usize;
    index.read_exact_at(&mut bytes[..there], size - there as u64)?;
    let last =
        if there >= RECORD { Piece::read(&bytes[there - RECORD..there]) } else { Piece::default() };
    let before = if there == 2 * RECORD { Piece::read(&bytes[..RECORD]).end } else { 0 };
    Ok((size, last, before))
}

/// All pieces of a log of `length` bytes; what the index lacks is added to it.
///
/// # Errors
/// The disk fails.
pub fn pieces(log: &Path, length: u64) -> io::Result<Vec<Piece>> {
    caught_up(log, &open(&beside(log))?, length)
}

fn caught_up(log: &Path, index: &File, length: u64) -> io::Result<Vec<Piece>> {
    let mut bytes = vec![0; index.metadata()?.len() as usize];
    index.read_exact_at(&mut bytes, 0)?;
    let mut pieces: Vec<Piece> = bytes.chunks_exact(RECORD).map(Piece::read).collect();
    let sorted = pieces.windows(2).all(|pair| pair[0].end < pair[1].end);
    if !sorted || pieces.last().is_some_and(|last| last.end > length) {
        // Another log's, or torn: it is made anew.
        pieces.clear();
    }
    let known = pieces.len();
    let mut last = pieces.last().copied().unwrap_or_default();
    if last.end < length {
        let file = File::open(log)?;
        let mut block = vec![0; BLOCK];
        while last.end < length {
            let most = usize::try_from(length - last.end).unwrap_or(BLOCK).min(BLOCK);
            let read = file.read_at(&mut block[..most], last.end)?;
            if read == 0 {
                break;
            }
            let lines = last.lines + memchr::memchr_iter(b'\n', &block[..read]).count() as u64;
            last = Piece { end: last.end + read as u64, lines, time: 0 };
            pieces.push(last);
        }
    }
    if pieces.len() > known || known == 0 {
        let new: Vec<u8> = pieces[known..].iter().flat_map(|piece| piece.bytes()).collect();
        index.write_all_at(&new, (known * RECORD) as u64)?;
        index.set_len((pieces.len() * RECORD) as u64)?;
    }
    Ok(pieces)
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[Piece]) -> Vec<(u64, u64, i64)> {
        pieces.iter().map(|piece| (piece.end, piece.lines, piece.time)).collect()
    }

    #[test]
    fn pieces_of_one_second_are_one_and_what_went_unnoted_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log-1");
        let mut all = Vec::new();
        let mut append = |text: &str, time: Option<i64>| {
            let length = all.len() as u64;
            all.extend_from_slice(text.as_bytes());
            std::fs::write(&log, &all).unwrap();
            if let Some(time) = time {
                note(&log, length, text.as_bytes(), time).unwrap();
            }
        };
        append("a\nb\n", Some(10));
        append("c", Some(10));
        append("\n", Some(11));
        append("lost\n", None);
        append("d\n", Some(12));
        let expected = vec![(5, 2, 10), (6, 3, 11), (11, 4, 0), (13, 5, 12)];
        assert_eq!(shown(&pieces(&log, 13).unwrap()), expected);
        // Another log took its place: nothing of the index is believed.
        std::fs::write(&log, "x\ny").unwrap();
        assert_eq!(shown(&pieces(&log, 3).unwrap()), [(3, 1, 0)]);
        assert_eq!(shown(&pieces(&log, 3).unwrap()), [(3, 1, 0)]);
    }

    #[test]
    fn a_log_without_an_index_gets_one() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log-1");
        let text = "0123456789abcde\n".repeat(50_000);
        std::fs::write(&log, &text).unwrap();
        let found = pieces(&log, text.len() as u64).unwrap();
        assert_eq!(found.last().unwrap().lines, 50_000);
        assert_eq!(found.len(), text.len().div_ceil(BLOCK));
    }
}
