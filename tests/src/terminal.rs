//! A program on a terminal: what it shows there, and what somebody types.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::farm::PATIENCE;

/// A program that runs on a terminal of its own.
pub struct Terminal {
    child: Child,
    keyboard: File,
    seen: Arc<Seen>,
    columns: usize,
}

/// What has been shown so far.
#[derive(Default)]
struct Seen {
    bytes: Mutex<(Vec<u8>, bool)>,
    more: Condvar,
}

impl Terminal {
    /// Runs a command on a terminal of so many columns, and 24 rows.
    pub fn run(mut command: Command, columns: u16) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&ours, size).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let theirs =
            || -> OwnedFd { File::options().read(true).write(true).open(&name).unwrap().into() };
        command.stdin(theirs()).stdout(theirs()).stderr(theirs());
        let child = command.spawn().unwrap();
        // It holds their side of the terminal open; only the child is to.
        drop(command);
        let seen: Arc<Seen> = Arc::default();
        let (mut screen, keyboard) = (File::from(ours.try_clone().unwrap()), File::from(ours));
        let shown = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The last one to close their side is an error here, on Linux.
            while let Ok(length @ 1..) = screen.read(&mut buffer) {
                shown.bytes.lock().unwrap().0.extend_from_slice(&buffer[..length]);
                shown.more.notify_all();
            }
            shown.bytes.lock().unwrap().1 = true;
            shown.more.notify_all();
        });
        Self { child, keyboard, seen, columns: columns.into() }
    }

    /// Waits until this stands there.
    pub fn wait_for(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen.bytes.lock().unwrap();
        loop {
            let shown = String::from_utf8_lossy(&seen.0).into_owned();
            if plain(&shown).contains(text) {
                return;
            }
            let rest = deadline.checked_duration_since(Instant::now());
            let Some(rest) = rest.filter(|_| !seen.1) else {
                drop(seen);
                let last: String = plain(&shown).chars().rev().take(2000).collect();
                panic!("{text:?} was never shown:\n{}", last.chars().rev().collect::<String>());
            };
            seen = self.seen.more.wait_timeout(seen, rest).unwrap().0;
        }
    }

    /// Types a line.
    pub fn line(&mut self, text: &str) {
        self.keys(&format!("{text}\n"));
    }

    /// Presses keys.
    pub fn keys(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    /// Does what Ctrl-C does.
    pub fn interrupt(&self) {
        kill_process(Pid::from_raw(self.child.id() as i32).unwrap(), Signal::INT).unwrap();
    }

    /// Waits for the end: all that was shown, and the exit code.
    pub fn end(mut self) -> (String, i32) {
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        let mut seen = self.seen.bytes.lock().unwrap();
        while !seen.1 {
            seen = self.seen.more.wait(seen).unwrap();
        }
        (String::from_utf8_lossy(&seen.0).replace("\r\n", "\n"), code)
    }

    /// As [`Terminal::end`], where no line may be wider than the terminal.
    pub fn end_fitting(self) -> (String, i32) {
        let columns = self.columns;
        let (shown, code) = self.end();
        for line in plain(&shown).lines() {
            let wide = line.chars().count();
            assert!(wide <= columns, "{wide} columns of {columns}: {line:?}\n{shown}");
        }
        (shown, code)
    }
}

/// A text without escape sequences.
pub fn plain(text: &str) -> String {
    let mut rest = text;
    let mut plain = String::new();
    while let Some((before, after)) = rest.split_once('\x1b') {
        plain += before;
        let end = after.find(|c: char| c.is_ascii_alphabetic());
        rest = end.map_or("", |end| &after[end + 1..]);
    }
    plain + rest
}
