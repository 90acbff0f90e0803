//! Read-only connections: a pool, so that readers never wait for the writer.

use std::path::Path;
use std::time::Duration;

use mf_core::error::{Code, Error};
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::{Connection, OpenFlags};

use super::{Done, open};

/// Most connections: more readers than cores only wait for each other.
const LIMIT: u32 = 16;
/// How long a reader waits for a connection.
const WAIT: Duration = Duration::from_secs(5);

/// The pool.
pub struct Readers {
    pool: r2d2::Pool<SqliteConnectionManager>,
}

impl Readers {
    /// Opens the pool on a database that the writer has opened already.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn open(dir: &Path) -> Result<Self, r2d2::Error> {
        let manager = SqliteConnectionManager::file(dir.join(open::DATABASE))
            .with_flags(OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .with_init(|connection| open::common(connection));
        let pool = r2d2::Pool::builder()
            .max_size(LIMIT)
            .min_idle(Some(1))
            .connection_timeout(WAIT)
            .test_on_check_out(false)
            .build(manager)?;
        Ok(Self { pool })
    }

    /// Reads in one snapshot. Bounded reads run right here; what may take
    /// long belongs on a blocking thread.
    ///
    /// # Errors
    /// What `read` said, or [`Code::Busy`].
    pub fn read<T>(&self, read: impl FnOnce(&Connection) -> Done<T>) -> Result<T, Error> {
        let connection = self.pool.get().map_err(|_| {
            Error::new(Code::Busy, "the hub has too much to read; try again in a second")
        })?;
        let snapshot = Snapshot::begin(&connection).map_err(super::Fault::from)?;
        Ok(read(snapshot.0)?)
    }
}

/// A transaction that only reads. Its two statements are kept prepared: for
/// a small read they would cost as much as the read itself.
struct Snapshot<'a>(&'a Connection);

impl<'a> Snapshot<'a> {
    fn begin(connection: &'a Connection) -> rusqlite::Result<Self> {
        connection.prepare_cached("BEGIN")?.execute([])?;
        Ok(Self(connection))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        let end = self.0.prepare_cached("COMMIT").and_then(|mut end| end.execute([]));
        if let Err(error) = end {
            // SQLite has ended it by itself if it is not there any more.
            tracing::debug!("database: a read did not end as it began: {error}");
        }
    }
}
