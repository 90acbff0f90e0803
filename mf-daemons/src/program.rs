//! What every daemon does at its start and at its end: the lifeline to its
//! parent, signals, and exit codes.

use std::io;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use mf_core::config::ConfigError;
use mf_core::lifeline::Lifeline;
use mf_core::wire;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Exit code: somebody else has the lock (`EX_TEMPFAIL`).
const LOCKED: u8 = 75;
/// Exit code: the configuration is wrong; starting again would not help.
const MISCONFIGURED: u8 = 78;
/// Exit code: any other error.
const INTERNAL: u8 = 70;

/// Most threads that block, such as one for every log that is read.
const THREAD_LIMIT: usize = 4096;
/// How long a thread that still waits for a disk may hold up the exit.
const LAST_THREADS: Duration = Duration::from_secs(1);

/// Ends the program with the exit code that tells its parent not to start it
/// again: somebody must change the configuration first.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Misconfigured(pub String);

/// Ends the program with the exit code for a lock that somebody else has.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Locked(pub String);

/// The end of the program, as everything that goes on in it hears of it.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Waits until the program is told to stop.
    pub async fn wait(&self) {
        // An error means that the sender is gone, and with it the program.
        let _ = self.0.clone().wait_for(|stopped| *stopped).await;
    }

    /// Whether the program has been told to stop.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }
}

/// A daemon that has started.
#[derive(Debug)]
pub struct Program {
    lifeline: Option<Lifeline>,
    stop: Stop,
}

impl Program {
    /// What hears of the program's end: SIGTERM, the end of the lifeline, or
    /// Ctrl-C where there is no parent that sees to it.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Tells the parent, if there is one, that the program does its work now.
    pub fn ready(&self, ready: &wire::Ready) {
        if let Some(lifeline) = &self.lifeline {
            // A parent that is gone is heard of by the end of the lifeline.
            let _ = lifeline.send(ready);
        }
    }

    fn start() -> io::Result<Self> {
        let (sender, receiver) = watch::channel(false);
        let lifeline = Lifeline::inherited()?;
        if let Some(lifeline) = &lifeline {
            watch_parent(lifeline.try_clone()?, sender.clone());
        }
        // With a parent, Ctrl-C is heard here too, by a handler that does
        // nothing: its children would inherit a signal that is ignored.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let alone = lifeline.is_none();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => break,
                    _ = interrupt.recv() => if alone { break },
                }
            }
            sender.send_replace(true);
        });
        Ok(Self { lifeline, stop: Stop(receiver) })
    }
}

/// Runs a daemon: `main` on a runtime of its own, which has `threads` threads
/// beside those that may block.
pub fn run<F>(threads: usize, main: impl FnOnce(Program) -> F) -> ExitCode
where
    F: Future<Output = anyhow::Result<()>>,
{
    run_blocking(|| run_on_runtime(threads, main))
}

/// Runs `main`, with messages and an exit code like a daemon's.
pub fn run_blocking(main: impl FnOnce() -> anyhow::Result<()>) -> ExitCode {
    mf_core::log::start();
    mf_core::memory::give_back();
    mf_core::memory::share_heap();
    match main() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

fn run_on_runtime<F>(threads: usize, main: impl FnOnce(Program) -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .max_blocking_threads(THREAD_LIMIT)
        .enable_all()
        .build()?;
    let result = runtime.block_on(async { main(Program::start()?).await });
    runtime.shutdown_timeout(LAST_THREADS);
    result
}

/// Listens to the parent until it is gone. What it says first, a
/// [`wire::Start`], holds nothing for a daemon that brings its own sockets.
fn watch_parent(lifeline: Lifeline, stop: watch::Sender<bool>) {
    thread::spawn(move || {
        while let Ok(Some(_)) = lifeline.recv::<wire::Start>() {}
        stop.send_replace(true);
    });
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<Misconfigured>() || error.is::<ConfigError>() {
        MISCONFIGURED
    } else if error.is::<Locked>() {
        LOCKED
    } else {
        INTERNAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_tells_a_parent_whether_to_try_again() {
        let config = ConfigError { path: "x.toml".into(), why: "bad".into() };
        assert_eq!(exit_code(&config.into()), 78);
        assert_eq!(exit_code(&anyhow::Error::new(Misconfigured("x".into())).context("why")), 78);
        assert_eq!(exit_code(&Locked("x".into()).into()), 75);
        assert_eq!(exit_code(&anyhow::anyhow!("x")), 70);
    }
}
