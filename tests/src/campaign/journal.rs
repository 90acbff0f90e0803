//! The journal of a database whose hub does not run, for a disk that says it
//! has what it has not. The layout is that of SQLite's file format, section
//! "The Write-Ahead Log".

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Length of the journal's own header.
const HEADER: u64 = 32;
/// Where the header has the size of a page, as four bytes.
const PAGE_SIZE: u64 = 8;
/// Where the header has the salts, as eight bytes.
const SALTS: u64 = 16;
/// Length of a frame's header, which a page follows.
const FRAME: u64 = 24;
/// Where a frame's header repeats the salts of the journal that it is part of.
const FRAME_SALTS: u64 = 8;

/// Drops the last pages that were written. Behind them the file may have those
/// of an earlier round, which count for nothing: their salts are others.
pub fn drop_pages(journal: &Path, pages: u64) -> io::Result<()> {
    let journal = fs::File::options().read(true).write(true).open(journal)?;
    let mut size = [0; 4];
    journal.read_exact_at(&mut size, PAGE_SIZE)?;
    let frame = FRAME + u64::from(u32::from_be_bytes(size));
    let salts = salts(&journal, SALTS)?;
    let mut end = HEADER;
    while self::salts(&journal, end + FRAME_SALTS).is_ok_and(|found| found == salts) {
        end += frame;
    }
    journal.set_len(end.saturating_sub(pages * frame).max(HEADER))
}

fn salts(journal: &File, at: u64) -> io::Result<[u8; 8]> {
    let mut salts = [0; 8];
    journal.read_exact_at(&mut salts, at)?;
    Ok(salts)
}
