//! One program of a farm, started and ended by a campaign.

use std::fs::File;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use mf_core::lifeline::Lifeline;
use mf_core::wire::{Ready, Start};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

use crate::farm::PATIENCE;

/// A program that runs, on a lifeline as under `mf up`.
pub struct Daemon {
    /// What it said when it was ready.
    pub ready: Ready,
    child: Child,
    messages: PathBuf,
    lifeline: Lifeline,
}

impl Daemon {
    /// Starts a program and waits until it is ready.
    pub fn start(command: Command, listener: Option<&TcpListener>, messages: &Path) -> Self {
        let mut daemon = Self::begin(command, listener, messages);
        daemon.wait_ready();
        daemon
    }

    /// Starts a program, which may not be ready for long. Its messages are
    /// added to the file `messages`.
    pub fn begin(mut command: Command, listener: Option<&TcpListener>, messages: &Path) -> Self {
        let (lifeline, stdin) = Lifeline::pair().unwrap();
        let file = File::options().append(true).create(true).open(messages).unwrap();
        command.stdin(stdin).stdout(Stdio::null()).stderr(file).env_remove("MF_CONFIG");
        let child = command.spawn().unwrap();
        // It holds a copy of the child's end, which would keep it open.
        drop(command);
        let fds: Vec<_> = listener.iter().map(|listener| listener.as_fd()).collect();
        // A child that is gone is noticed below.
        let _ = lifeline.send_with(&Start { listener: listener.is_some() }, &fds);
        Self { ready: Ready::default(), child, messages: messages.to_path_buf(), lifeline }
    }

    /// Waits until it is ready.
    pub fn wait_ready(&mut self) {
        let patience = Timespec::try_from(PATIENCE).unwrap();
        let mut fds = [PollFd::new(&self.lifeline, PollFlags::IN)];
        let there = poll(&mut fds, Some(&patience)).unwrap();
        let ready = if there == 0 { None } else { self.lifeline.recv::<Ready>().unwrap() };
        self.ready = ready.unwrap_or_else(|| panic!("it is not ready:\n{}", self.said()));
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, in the middle of whatever it does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops its threads; nothing else of it changes.
    pub fn freeze(&self) {
        kill_process(Pid::from_child(&self.child), Signal::STOP).unwrap();
    }

    /// Lets it go on where it was.
    pub fn thaw(&self) {
        kill_process(Pid::from_child(&self.child), Signal::CONT).unwrap();
    }

    /// All its messages.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.messages).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended; a frozen one ends all the same.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
