//! Keeps one program running: started again whenever it ends, until told to
//! stop.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use mf_core::wire::Ready;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::child::{Program, Running};
use crate::Backoff;
use crate::cli::exit::{Exit, Failure};
use crate::cli::print::say;

/// A program that lived for less is not started again at once.
const SHORT_LIFE: Duration = Duration::from_secs(1);

/// How long a signal may take to reach this program after one of its own.
const SIGNALLED: Duration = Duration::from_millis(200);

/// What a keeper is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Run,
    Stop,
    Kill,
}

/// One program that is kept running.
pub struct Keeper {
    name: &'static str,
    finish: Duration,
    order: watch::Sender<Order>,
    ready: watch::Receiver<Option<Ready>>,
    task: JoinHandle<()>,
}

impl Keeper {
    /// Starts a program and keeps it running. That it cannot be started is
    /// told to `failures`; once it was ready, it is never given up.
    pub fn start(program: Program, failures: mpsc::Sender<Failure>) -> Self {
        let (order, orders) = watch::channel(Order::Run);
        let (tell, ready) = watch::channel(None);
        let (name, finish) = (program.name, program.finish);
        let task = tokio::spawn(async move {
            if let Err(failure) = keep(&program, &tell, orders).await {
                // With the farm gone nobody needs to know.
                let _ = failures.send(failure).await;
            }
        });
        Self { name, finish, order, ready, task }
    }

    /// Waits until the program is ready for the first time.
    pub async fn ready(&mut self) -> Ready {
        match self.ready.wait_for(Option::is_some).await {
            Ok(ready) => ready.clone().unwrap_or_default(),
            // The keeper has given up, which `failures` says.
            Err(_) => std::future::pending().await,
        }
    }

    /// Asks the program to stop in order.
    pub fn ask_to_stop(&self) {
        self.order.send_replace(Order::Stop);
    }

    /// Stops the program in order, and waits for its end. One that takes
    /// longer than anything it may have to finish is killed.
    pub async fn stop(&mut self) {
        self.ask_to_stop();
        if tokio::time::timeout(self.finish, &mut self.task).await.is_err() {
            say(&format!("mf up: {} does not stop; it is killed", self.name));
            self.kill();
            self.stop_killed().await;
        }
    }

    /// Waits for the end of a program that was killed.
    pub async fn stop_killed(&mut self) {
        // A keeper that panicked has dropped its program's lifeline.
        let _ = (&mut self.task).await;
    }

    /// Ends the program at once.
    pub fn kill(&self) {
        self.order.send_replace(Order::Kill);
    }

    /// Whether there is nothing left to stop.
    pub fn is_over(&self) -> bool {
        self.task.is_finished()
    }
}

async fn keep(
    program: &Program,
    tell: &watch::Sender<Option<Ready>>,
    mut orders: watch::Receiver<Order>,
) -> Result<(), Failure> {
    let mut backoff = Backoff::default();
    let first = Instant::now();
    loop {
        let began = Instant::now();
        let how = match program.start() {
            Ok(mut running) => once(&mut running, tell, &mut orders).await,
            Err(e) => Err(format!("cannot be started: {e}")),
        };
        if *orders.borrow() != Order::Run {
            return Ok(());
        }
        // It ended in order, as if it had been told to: a signal for all of us
        // may reach us a moment after it.
        if how.as_ref().is_ok_and(ExitStatus::success)
            && tokio::time::timeout(SIGNALLED, orders.changed()).await.is_ok()
        {
            return Ok(());
        }
        if tell.borrow().is_none() {
            refuse_to_go_on(program, &how, first.elapsed())?;
        }
        let how = how.map_or_else(|why| why, described);
        say(&format!("mf up: {} {how}; starting it again", program.name));
        if began.elapsed() >= SHORT_LIFE {
            backoff.reset();
            continue;
        }
        tokio::select! {
            () = backoff.wait() => {}
            _ = orders.changed() => return Ok(()),
        }
    }
}

/// One life of the program: until it ends, by itself or because of an order.
async fn once(
    running: &mut Running,
    tell: &watch::Sender<Option<Ready>>,
    orders: &mut watch::Receiver<Order>,
) -> Result<ExitStatus, String> {
    let mut listening = true;
    loop {
        match *orders.borrow_and_update() {
            Order::Run => {}
            Order::Stop => running.stop(),
            Order::Kill => running.kill(),
        }
        tokio::select! {
            status = running.child.wait() => return status.map_err(|e| e.to_string()),
            ready = &mut running.ready, if listening => {
                listening = false;
                if let Ok(ready) = ready {
                    tell.send_replace(Some(ready));
                }
            }
            order = orders.changed() => if order.is_err() {
                // Nobody is left to give orders: the farm is being dropped.
                running.kill();
                return running.child.wait().await.map_err(|e| e.to_string());
            }
        }
    }
}

/// What another start would not change ends the farm, as long as the program
/// has never been ready.
fn refuse_to_go_on(
    program: &Program,
    how: &Result<ExitStatus, String>,
    tried: Duration,
) -> Result<(), Failure> {
    let (exit, why) = match how {
        Err(why) => (Exit::Configuration, format!("{} ({})", why, program.path.display())),
        Ok(status) if status.code() == Some(Exit::Locked as i32) => {
            if tried < program.patience {
                return Ok(());
            }
            (Exit::Locked, "found its directory locked by another".to_owned())
        }
        Ok(status) if status.code() == Some(Exit::Configuration as i32) => {
            (Exit::Configuration, "cannot use its configuration".to_owned())
        }
        Ok(_) => return Ok(()),
    };
    let failure = Failure::new(exit, format!("{} {why}", program.name));
    Err(if how.is_ok() { failure.hint("its own message above says more") } else { failure })
}

/// How a program ended, for people.
fn described(status: ExitStatus) -> String {
    let signal = |number| match number {
        6 => "SIGABRT".to_owned(),
        9 => "SIGKILL".to_owned(),
        11 => "SIGSEGV".to_owned(),
        15 => "SIGTERM".to_owned(),
        other => format!("signal {other}"),
    };
    match (status.code(), status.signal()) {
        (Some(0), _) => "ended".to_owned(),
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(number)) => format!("was ended by {}", signal(number)),
        (None, None) => format!("ended: {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::up::Messages;
    use std::sync::Arc;

    /// A program that is a line of shell.
    fn program(name: &'static str, line: &str) -> Program {
        let file = std::fs::File::options().write(true).open("/dev/null").unwrap();
        Program {
            name,
            path: "/bin/sh".into(),
            words: ["-c", line].map(Into::into).into(),
            listener: None,
            patience: Duration::ZERO,
            finish: Duration::from_secs(60),
            messages: Messages::File(Arc::new(file)),
        }
    }

    #[tokio::test]
    async fn a_wrong_configuration_is_final_before_it_was_ready() {
        for (code, exit) in [(75, Exit::Locked), (78, Exit::Configuration)] {
            let (failures, mut failed) = mpsc::channel(1);
            let keeper = Keeper::start(program("thing", &format!("exit {code}")), failures);
            let failure = failed.recv().await.unwrap();
            assert_eq!(failure.exit, exit);
            assert!(failure.sentence.starts_with("thing "), "{failure:?}");
            keeper.kill();
        }
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let (failures, mut failed) = mpsc::channel(1);
        let missing = Program { path: "/no/such/program".into(), ..program("thing", "") };
        let _keeper = Keeper::start(missing, failures);
        let failure = failed.recv().await.unwrap();
        assert!(failure.sentence.contains("/no/such/program"), "{failure:?}");
    }

    #[tokio::test]
    async fn it_is_started_again_and_stops_when_its_lifeline_ends() {
        let dir = tempfile::tempdir().unwrap();
        let (lives, third) = (dir.path().join("lives"), dir.path().join("third"));
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, &third, mode).unwrap();
        // The third life says so, and waits for the end of its lifeline.
        let line = format!(
            "echo life >> {0}; test $(wc -l < {0}) -lt 3 && exit 1; echo > {1}; cat > /dev/null",
            lives.display(),
            third.display()
        );
        let (failures, _failed) = mpsc::channel(1);
        let mut keeper = Keeper::start(program("thing", &line), failures);
        tokio::fs::read(&third).await.unwrap();
        keeper.stop().await;
        assert!(keeper.is_over());
        assert_eq!(std::fs::read_to_string(&lives).unwrap().lines().count(), 3);
    }
}
