//! One run of one of the farm's programs, joined to us by a lifeline.

use std::ffi::OsString;
use std::fs::File;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use mf_core::lifeline::Lifeline;
use mf_core::wire::{Ready, Start};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

/// What says to a client where its hub is; the farm's programs are told by
/// their flags alone.
const CLIENTS: [&str; 5] = ["MF_CONFIG", "MF_CONNECTION", "MF_URL", "MF_API_KEY", "MF_CA_FILE"];

/// Where the programs' messages go.
#[derive(Clone, Debug)]
pub enum Messages {
    /// To our own standard error.
    Inherit,
    /// Into a file.
    File(Arc<File>),
}

/// A program, and what it is started with.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name, for messages.
    pub name: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// Its flags.
    pub words: Vec<OsString>,
    /// The listening socket that it is given.
    pub listener: Option<Arc<TcpListener>>,
    /// How long it may find its directory locked, by one that is about to end.
    pub patience: Duration,
    /// How long it may take to stop in order; then it is killed.
    pub finish: Duration,
    /// Where its messages go.
    pub messages: Messages,
}

/// A program that runs.
pub struct Running {
    /// The process.
    pub child: Child,
    /// What it says once it is ready; an error if it ends before.
    pub ready: oneshot::Receiver<Ready>,
    lifeline: Lifeline,
}

impl Program {
    /// Starts it. It stays in our session and process group; it ends when its
    /// lifeline does, however we end.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(&self) -> std::io::Result<Running> {
        let (lifeline, stdin) = Lifeline::pair()?;
        let mut command = Command::new(&self.path);
        command.args(&self.words).stdin(stdin);
        // Our standard output is for what we say ourselves.
        command.stdout(self.messages.stdio()?).stderr(self.messages.stdio()?);
        for name in CLIENTS {
            command.env_remove(name);
        }
        let child = command.spawn()?;
        // The command holds a copy of the child's end: with it the lifeline
        // would not end with the child.
        drop(command);
        let start = Start { listener: self.listener.is_some() };
        let listener = self.listener.as_ref().map(|listener| listener.as_fd());
        // A child that is gone already says why by its exit status.
        let _ = lifeline.send_with(&start, listener.as_slice());
        let ready = listen(lifeline.try_clone()?);
        Ok(Running { child, ready, lifeline })
    }
}

impl Messages {
    fn stdio(&self) -> std::io::Result<Stdio> {
        Ok(match self {
            Messages::Inherit => Stdio::from(std::io::stderr().as_fd().try_clone_to_owned()?),
            Messages::File(file) => Stdio::from(file.try_clone()?),
        })
    }
}

/// A thread that waits for the child's one frame; it ends with the child.
fn listen(lifeline: Lifeline) -> oneshot::Receiver<Ready> {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        if let Ok(Some(ready)) = lifeline.recv() {
            // Nobody listens when the child has ended meanwhile.
            let _ = tell.send(ready);
        }
    });
    told
}

impl Running {
    /// Asks it to stop in order: its lifeline ends.
    pub fn stop(&self) {
        // It fails only when the child is gone, which is what is wanted.
        let _ = rustix::net::shutdown(&self.lifeline, rustix::net::Shutdown::Write);
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        // As above.
        let _ = self.child.start_kill();
    }
}
