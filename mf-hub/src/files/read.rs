//! Reading a file in blocks, so that memory does not grow with the file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use mf_core::error::{Code, Error};
use mf_core::wire::Held;

use super::{Files, blocking};

/// Most bytes that are read at a time.
pub const BLOCK: usize = 256 << 10;

/// A stored file that is being read.
#[derive(Clone, Debug)]
pub struct Reading(Arc<File>);

impl Files {
    /// Opens a stored file; `None` for a log that nothing was written to yet.
    ///
    /// # Errors
    /// The disk fails.
    pub fn read(&self, of: Held, stored: &str) -> Result<Option<Reading>, Error> {
        Reading::open(&self.path(of, stored))
    }
}

impl Reading {
    /// Opens a stored file; `None` when there is none.
    ///
    /// # Errors
    /// The disk fails.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, Error> {
        match File::open(path) {
            Ok(file) => Ok(Some(Self(Arc::new(file)))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unread(&error)),
        }
    }

    /// Length of the file now.
    ///
    /// # Errors
    /// The disk fails.
    pub fn length(&self) -> Result<u64, Error> {
        self.0.metadata().map(|data| data.len()).map_err(|error| unread(&error))
    }

    /// At most `most` bytes from `offset` on, and no more than a block; none
    /// at the end of the file.
    ///
    /// # Errors
    /// The disk fails.
    pub async fn block(&self, offset: u64, most: u64) -> Result<Bytes, Error> {
        let file = Arc::clone(&self.0);
        let size = usize::try_from(most).unwrap_or(BLOCK).min(BLOCK);
        blocking(move || {
            // No larger than what is there, or every line of a log that is
            // followed would cost a block.
            let there = file.metadata().map_err(|error| unread(&error))?.len();
            let left = usize::try_from(there.saturating_sub(offset)).unwrap_or(size);
            let mut block = vec![0; size.min(left)];
            let mut filled = 0;
            while filled < block.len() {
                match file.read_at(&mut block[filled..], offset + filled as u64) {
                    Ok(0) => break,
                    Ok(more) => filled += more,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(unread(&error)),
                }
            }
            block.truncate(filled);
            Ok(Bytes::from(block))
        })
        .await
    }
}

fn unread(error: &io::Error) -> Error {
    tracing::error!("files: {error}");
    Error::new(Code::Internal, "the hub could not read the file; its messages say why")
}
