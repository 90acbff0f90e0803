//! Read-only connections: a pool, so that readers never wait for the writer.
//!
//! A quick read runs on the thread that asks for it. A read that may look at
//! much of the database waits for its turn on a thread of its own; there are so
//! few of these turns that a quick read always finds a connection. No read goes
//! on for longer than [`LONGEST`].

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mf_core::error::{Code, Error};
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use super::{Done, deadline, open};
use crate::http::request;

/// Most connections: more readers than cores only wait for each other.
const LIMIT: u32 = 16;
/// How long a reader waits for a connection.
const WAIT: Duration = Duration::from_secs(5);
/// Most that read at length at the same time.
const AT_LENGTH: usize = 4;
/// How long one of them waits for its turn.
const TURN: Duration = Duration::from_secs(20);
/// How long a read may turn out to take that was thought to be quick, before it
/// has to wait for its turn: many rows may lie between two that a caller may see.
const SOON: Duration = Duration::from_millis(10);
/// How long any reader reads, then it is given up: nobody waits for it any
/// more, and others need its connection.
const LONGEST: Duration = Duration::from_secs(30);

/// The pool.
pub struct Readers {
    pool: r2d2::Pool<SqliteConnectionManager>,
    turns: Arc<Semaphore>,
    /// [`LONGEST`], unless a test has less time.
    longest: Duration,
}

impl Readers {
    /// Opens the pool on a database that the writer has opened already.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn open(dir: &Path) -> Result<Self, r2d2::Error> {
        let manager = SqliteConnectionManager::file(dir.join(open::DATABASE))
            .with_flags(OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .with_init(|connection| {
                open::common(connection)?;
                deadline::keep(connection)
            });
        let pool = r2d2::Pool::builder()
            .max_size(LIMIT)
            .min_idle(Some(1))
            .connection_timeout(WAIT)
            .test_on_check_out(false)
            .build(manager)?;
        Ok(Self { pool, turns: Arc::new(Semaphore::new(AT_LENGTH)), longest: LONGEST })
    }

    /// Reads in one snapshot, on this thread. What may take long belongs in
    /// [`Readers::at_length`].
    ///
    /// # Errors
    /// What `read` said, or [`Code::Busy`].
    pub fn read<T>(&self, read: impl FnOnce(&Connection) -> Done<T>) -> Result<T, Error> {
        let connection = self.pool.get().map_err(|_| busy())?;
        let snapshot = Snapshot::begin(&connection).map_err(super::Fault::from)?;
        Ok(deadline::at_most(self.longest, || read(snapshot.0))?)
    }

    /// Does work on this thread if its reads are done soon; `None` if they are
    /// not, and it belongs in [`Readers::at_length`].
    ///
    /// # Errors
    /// What the work says.
    pub fn soon<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<Option<T>, Error> {
        match deadline::within(SOON, work) {
            Err(error) if error.code == Code::Busy => Ok(None),
            done => done.map(Some),
        }
    }

    /// Does work that may read much of the database, when it is its turn, on
    /// a thread that serves nobody else.
    ///
    /// # Errors
    /// [`Code::Busy`] when its turn does not come. What it reads for longer
    /// than [`LONGEST`] fails with that too.
    pub async fn at_length<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or_else(busy)?;
        let (work, longest) = (request::carried(work), self.longest);
        let done = tokio::task::spawn_blocking(move || {
            // Until the work is done, even when nobody waits for it any more.
            let _turn = turn;
            deadline::within(longest, work)
        });
        done.await.map_err(|_| Error::new(Code::Internal, "reading it failed"))
    }
}

fn busy() -> Error {
    Error::new(Code::Busy, "the hub has too much to read; try again in a second")
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
        // The connection is another's next, however this read has ended.
        let commit = || self.0.prepare_cached("COMMIT").and_then(|mut end| end.execute([]));
        let end = deadline::lifted(commit);
        if let Err(error) = end {
            // SQLite has ended it by itself if it is not there any more.
            tracing::debug!("database: a read did not end as it began: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};

    use super::*;

    #[test]
    fn what_takes_too_long_is_given_up_and_its_connection_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let _open = open::open(dir.path()).unwrap();
        let readers = Readers::open(dir.path()).unwrap();
        let count =
            |db: &Connection, sql: &str| Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))?);
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                       SELECT count(*) FROM n";
        for _ in 0..2 * LIMIT {
            let read = || readers.read(|db| count(db, endless));
            let error = deadline::within(Duration::ZERO, read).unwrap_err();
            assert_eq!(error.code, Code::Busy, "{error}");
            assert!(error.sentence.contains("limit="), "{error}");
        }
        assert_eq!(readers.read(|db| count(db, "SELECT 1")).unwrap(), 1);
        assert_eq!(readers.soon(|| readers.read(|db| count(db, endless))), Ok(None));
        assert_eq!(readers.soon(|| readers.read(|db| count(db, "SELECT 1"))), Ok(Some(1)));
        // A read that did not wait for a turn has a limit as well.
        let readers = Readers { longest: Duration::ZERO, ..readers };
        assert_eq!(readers.read(|db| count(db, endless)).unwrap_err().code, Code::Busy);
    }

    #[tokio::test]
    async fn who_reads_little_finds_a_connection_whatever_others_read() {
        let dir = tempfile::tempdir().unwrap();
        let _open = open::open(dir.path()).unwrap();
        let readers = Arc::new(Readers::open(dir.path()).unwrap());
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let read_long = || {
            let (own, readers, gate) =
                (Arc::clone(&readers), Arc::clone(&readers), Arc::clone(&gate));
            let wait = move || {
                let open = gate.0.lock().unwrap();
                *gate.1.wait_while(open, |open| !*open).unwrap()
            };
            tokio::spawn(async move {
                own.at_length(move || readers.read(|_| Ok(wait())).unwrap()).await
            })
        };
        let long: Vec<_> = (0..2 * LIMIT).map(|_| read_long()).collect();
        while readers.turns.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let one = |db: &Connection| Ok(db.query_row("SELECT 1", [], |row| row.get::<_, i64>(0))?);
        assert_eq!(readers.read(one).unwrap(), 1);
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
        for done in long {
            done.await.unwrap().unwrap();
        }
    }
}
