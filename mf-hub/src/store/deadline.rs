//! A time limit on the reads of a thread: SQLite interrupts what takes longer.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rusqlite::Connection;

thread_local! {
    /// When this thread must have done its present work.
    static END: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Instructions of SQLite between two looks at the clock: about a millisecond
/// of work, so that looking costs nothing.
const STEPS: i32 = 100_000;

/// Makes a connection interrupt what takes its thread longer than its limit.
///
/// # Errors
/// The connection is not its own owner.
pub fn keep(connection: &Connection) -> rusqlite::Result<()> {
    let is_over = || END.get().is_some_and(|end| Instant::now() > end);
    connection.progress_handler(STEPS, Some(is_over))
}

/// Does work whose reads fail when all of it takes longer than `limit`.
pub fn within<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    during(Some(Instant::now() + limit), work)
}

/// The same, but for work that is part of something with a limit already.
pub fn at_most<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    during(END.get().or(Some(Instant::now() + limit)), work)
}

/// Does work that must be done even when the time is over.
pub fn lifted<T>(work: impl FnOnce() -> T) -> T {
    during(None, work)
}

fn during<T>(end: Option<Instant>, work: impl FnOnce() -> T) -> T {
    /// Puts back what was, also when the work panics: threads are used again.
    struct Before(Option<Instant>);
    impl Drop for Before {
        fn drop(&mut self) {
            END.set(self.0);
        }
    }
    let _before = Before(END.replace(end));
    work()
}
