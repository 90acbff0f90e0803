//! What a plugin wrote last: evidence of how it ended.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// Most bytes of it that are kept.
pub const LIMIT: u64 = 16 * 1024;

/// The end of a file; nothing, if it cannot be read.
pub fn of(said: &File) -> String {
    let length = said.metadata().map_or(0, |data| data.len());
    let mut bytes = vec![0; length.min(LIMIT) as usize];
    match said.read_exact_at(&mut bytes, length.saturating_sub(LIMIT)) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}
