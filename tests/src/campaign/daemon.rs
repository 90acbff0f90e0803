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
    _lifeline: Lifeline,
}

impl Daemon {
    /// Starts a program and waits until it is ready. Its messages are added
    /// to the file `messages`.
    pub fn start(mut command: Command, listener: Option<&TcpListener>, messages: &Path) -> Self {
        let (lifeline, stdin) = Lifeline::pair().unwrap();
        let file = File::options().append(true).create(true).open(messages).unwrap();
        command.stdin(stdin).stdout(Stdio::null()).stderr(file).env_remove("MF_CONFIG");
        let child = command.spawn().unwrap();
        // It holds a copy of the child's end, which would keep it open.
        drop(command);
        let fds: Vec<_> = listener.iter().map(|listener| listener.as_fd()).collect();
        // A child that is gone is noticed below.
        let _ = lifeline.send_with(&Start { listener: listener.is_some() }, &fds);
        let patience = Timespec::try_from(PATIENCE).unwrap();
        let there = poll(&mut [PollFd::new(&lifeline, PollFlags::IN)], Some(&patience)).unwrap();
        let ready = if there == 0 { None } else { lifeline.recv::<Ready>().unwrap() };
        let mut daemon = Self {
            ready: Ready::default(),
            child,
            messages: messages.to_path_buf(),
            _lifeline: lifeline,
        };
        daemon.ready = ready.unwrap_or_else(|| panic!("it is not ready:\n{}", daemon.said()));
        daemon
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
