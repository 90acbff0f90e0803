//! The one writer: a thread with a bounded queue and group commit.
//!
//! It takes the first job at once, and with it all that wait by then, each in a
//! savepoint of one transaction; COMMIT; then effects; then answers. There is
//! no timer: jobs gather by themselves while the batch before is synced.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mf_core::error::{Code, Error};
use rusqlite::{Connection, ffi};
use tokio::sync::oneshot;

use super::actor::Actor;
use super::terms::{self, Terms};
use super::tx::{Effect, Tx};
use super::{Done, Fault};
use crate::dispatch::Dispatch;
use crate::events::Events;

/// Most jobs that wait; whoever comes then is told to try again.
const QUEUE: usize = 1024;
/// Most jobs in one transaction.
const BATCH: usize = 256;
/// Longest that a transaction takes in further jobs.
const GATHER: Duration = Duration::from_millis(5);
/// Exit code of a hub whose disk did not take what was committed: what the
/// kernel still holds cannot be known, so that only starting anew is safe.
const EXIT_FSYNC: i32 = 70;

/// Whether one attempt at a job left the transaction usable.
enum Tried {
    /// Its savepoint is released or undone.
    Stands,
    /// SQLite rolled the whole transaction back.
    RolledBack,
}

/// A job whose types are hidden.
trait Job: Send {
    /// Runs it in a savepoint; may be called again after a roll-back.
    fn attempt(&mut self, connection: &Connection) -> Tried;
    /// What it wants to happen after COMMIT.
    fn effects(&mut self) -> Vec<Effect>;
    /// COMMIT failed: it was not done, whatever it thinks.
    fn refuse(&mut self, why: Fault);
    /// Sends the answer.
    fn answer(self: Box<Self>);
}

struct Pending<F, T> {
    work: F,
    actor: Actor,
    terms: Option<Arc<Terms>>,
    outcome: Option<Done<T>>,
    effects: Vec<Effect>,
    reply: oneshot::Sender<Done<T>>,
}

impl<F, T> Job for Pending<F, T>
where
    F: Fn(&Tx<'_>) -> Done<T> + Send,
    T: Send,
{
    fn attempt(&mut self, connection: &Connection) -> Tried {
        let tx = Tx::new(connection, &self.actor, self.terms.as_ref());
        let result = say(connection, "SAVEPOINT job").map_err(Fault::from).and_then(|()| {
            // Whatever a panicking job left half done is undone with its
            // savepoint, and it has touched nothing else.
            catch_unwind(AssertUnwindSafe(|| tx.meet_terms().and_then(|()| (self.work)(&tx))))
                .unwrap_or_else(|_| Err(Fault::Broken("a job panicked".into())))
        });
        // Of a dry run nothing but its answer is left: it is undone as a job
        // that was refused is, and nobody in memory hears of it.
        let undo = result.is_err() || self.terms.as_ref().is_some_and(|terms| terms.is_dry());
        self.effects = if undo { Vec::new() } else { tx.into_effects() };
        self.outcome = Some(result);
        if connection.is_autocommit() {
            if !undo {
                // It took no notice of the error that SQLite rolled back for.
                self.refuse(Fault::Broken("SQLite rolled a job back".into()));
            }
            return Tried::RolledBack;
        }
        let undone = if undo { say(connection, "ROLLBACK TO job") } else { Ok(()) };
        if let Err(error) = undone.and_then(|()| say(connection, "RELEASE job")) {
            self.refuse(error.into());
            return Tried::RolledBack;
        }
        Tried::Stands
    }

    fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    fn refuse(&mut self, why: Fault) {
        self.effects.clear();
        self.outcome = Some(Err(why));
    }

    fn answer(self: Box<Self>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(Fault::Broken("a job never ran".into())));
        // A caller that went away does not undo what it asked for.
        let _ = self.reply.send(outcome);
    }
}

/// What comes of a job.
type Answer<T> = oneshot::Receiver<Done<T>>;

/// Hands jobs to the writer's thread.
pub struct Writer {
    queue: Mutex<Option<SyncSender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread, which owns the connection from now on.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        connection: Connection,
        events: Arc<Events>,
        dispatch: Arc<Dispatch>,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || Loop { connection, events, dispatch }.run(&receiver))?;
        Ok(Self { queue: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    /// Runs a job and waits until it is committed, or is not done at all.
    /// The job may run more than once, and so must touch nothing but its
    /// [`Tx`].
    ///
    /// # Errors
    /// What the job said; [`Code::Busy`] when too many wait or the hub stops;
    /// [`Code::DiskFull`].
    pub async fn run<T, F>(&self, actor: impl Into<Actor>, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Done<T> + Send + 'static,
    {
        let answer = self.queue(actor.into(), terms::current(), work)?;
        // Told here, where the request is known.
        Ok(answer.await.map_err(|_| stopping())??)
    }

    /// Runs a job and undoes it: what would come of it.
    ///
    /// # Errors
    /// As [`Writer::run`].
    pub async fn try_out<T, F>(&self, actor: impl Into<Actor>, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Done<T> + Send + 'static,
    {
        let terms = Arc::new(Terms::new(None, None, true));
        let answer = self.queue(actor.into(), Some(terms), work)?;
        Ok(answer.await.map_err(|_| stopping())??)
    }

    /// Queues a job that nobody waits for: what it says is not heard. It is
    /// done before any job that is queued later.
    ///
    /// # Errors
    /// [`Code::Busy`] when too many wait or the hub stops.
    pub fn post<F>(&self, actor: &str, work: F) -> Result<(), Error>
    where
        F: Fn(&Tx<'_>) -> Done<()> + Send + 'static,
    {
        // Nobody's request: it has no terms.
        self.queue(actor.into(), None, work).map(|_| ())
    }

    fn queue<T, F>(
        &self,
        actor: Actor,
        terms: Option<Arc<Terms>>,
        work: F,
    ) -> Result<Answer<T>, Error>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Done<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let (outcome, effects) = (None, Vec::new());
        self.send(Box::new(Pending { work, actor, terms, outcome, effects, reply }))?;
        Ok(answer)
    }

    fn send(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        match queue.as_ref().ok_or_else(stopping)?.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                Err(Error::new(Code::Busy, "the hub has too much to write; try again in a second"))
            }
            Err(TrySendError::Disconnected(_)) => Err(stopping()),
        }
    }

    /// Takes no more jobs, and waits until those in the queue are answered.
    pub fn stop(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the writer's thread panicked");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs one of the few statements that surround every job; they are kept
/// prepared.
fn say(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute([]).map(drop)
}

fn stopping() -> Error {
    Error::new(Code::Busy, "the hub is stopping; try again when it is back")
}

/// The thread's side.
struct Loop {
    connection: Connection,
    events: Arc<Events>,
    dispatch: Arc<Dispatch>,
}

impl Loop {
    fn run(&self, queue: &Receiver<Box<dyn Job>>) {
        while let Ok(first) = queue.recv() {
            let mut batch = vec![first];
            if self.together(&mut batch, queue).is_err() {
                for job in &mut batch {
                    self.alone(job);
                }
            }
            for job in &mut batch {
                for effect in job.effects() {
                    self.apply(effect);
                }
            }
            for job in batch {
                job.answer();
            }
        }
        // Everything in one file, for whoever copies it while the hub is down.
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        if let Err(error) = self.connection.query_row(checkpoint, [], |_| Ok(())) {
            tracing::warn!("the journal stays beside the database: {error}");
        }
    }

    /// Runs the batch, and what else comes meanwhile, in one transaction.
    fn together(
        &self,
        batch: &mut Vec<Box<dyn Job>>,
        queue: &Receiver<Box<dyn Job>>,
    ) -> Result<(), Fault> {
        let began = Instant::now();
        say(&self.connection, "BEGIN IMMEDIATE")?;
        let mut next = 0;
        loop {
            if matches!(batch[next].attempt(&self.connection), Tried::RolledBack) {
                self.undo();
                return Err(Fault::Broken("rolled back".into()));
            }
            next += 1;
            if next == BATCH || began.elapsed() > GATHER {
                break;
            }
            match queue.try_recv() {
                Ok(job) => batch.push(job),
                Err(_) => break,
            }
        }
        self.commit()
    }

    /// Runs one job in a transaction of its own, so that only the guilty one
    /// of a batch that SQLite rolled back is refused.
    fn alone(&self, job: &mut Box<dyn Job>) {
        if let Err(error) = say(&self.connection, "BEGIN IMMEDIATE") {
            return job.refuse(error.into());
        }
        match job.attempt(&self.connection) {
            Tried::RolledBack => self.undo(),
            Tried::Stands => {
                if let Err(fault) = self.commit() {
                    job.refuse(fault);
                }
            }
        }
    }

    fn commit(&self) -> Result<(), Fault> {
        let Err(error) = say(&self.connection, "COMMIT") else { return Ok(()) };
        let failed_sync = matches!(
            error.sqlite_error().map(|e| e.extended_code),
            Some(ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC)
        );
        if failed_sync {
            tracing::error!("the disk did not keep what was written: {error}; the hub ends");
            std::process::exit(EXIT_FSYNC);
        }
        self.undo();
        Err(error.into())
    }

    fn undo(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = say(&self.connection, "ROLLBACK")
        {
            tracing::error!("database: cannot roll back: {error}");
        }
    }

    fn apply(&self, effect: Effect) {
        match effect {
            Effect::Event(happened) => self.events.publish(*happened),
            Effect::Work(follow) => {
                if catch_unwind(AssertUnwindSafe(|| follow(&self.dispatch))).is_err() {
                    tracing::error!("the dispatch index panicked");
                }
            }
        }
    }
}
