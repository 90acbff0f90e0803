//! A daemon that a test has started.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use mf_core::lifeline::Lifeline;
use rustix::process::{Pid, Signal, kill_process};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A hub that is away: nobody listens there.
pub const NOBODY: &str = "http://127.0.0.1:1";

/// A directory with a key file, and flags for a daemon that lives in it.
pub struct Place {
    pub dir: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        fs::write(place.path("key"), "mf_1_secret\n").unwrap();
        fs::create_dir(place.path("plugins")).unwrap();
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The daemon, with flags that find everything here.
    pub fn daemon(&self, program: &str, url: &str) -> Command {
        let mut command = Command::new(program);
        command.env("MF_LOG", "debug,hyper_util=warn,reqwest=warn").args(["--url", url]);
        command.arg("--key-file").arg(self.path("key"));
        command.arg("--plugins-dir").arg(self.path("plugins"));
        command
    }
}

/// A socket that takes connections and never says a word.
pub fn silent_hub() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// A daemon that runs.
pub struct Started {
    child: Child,
    lines: Receiver<String>,
    pub said: Vec<String>,
    pub lifeline: Option<Lifeline>,
}

impl Started {
    /// Starts it as a terminal or a service manager would.
    pub fn new(mut command: Command) -> Self {
        command.stdin(Stdio::null());
        Self::spawn(command, None)
    }

    /// Starts it as a child that ends with its parent.
    pub fn with_lifeline(mut command: Command) -> Self {
        let (lifeline, stdin) = Lifeline::pair().unwrap();
        command.stdin(stdin);
        Self::spawn(command, Some(lifeline))
    }

    fn spawn(mut command: Command, lifeline: Option<Lifeline>) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // A test that has ended reads no more.
                let _ = sender.send(line);
            }
        });
        Self { child, lines, said: Vec::new(), lifeline }
    }

    /// Waits until it has said so many lines with these words.
    pub fn wait_for(&mut self, words: &str, times: usize) {
        while self.count(words) < times {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.said.push(line),
                Err(_) => panic!("{words:?} was not said {times} times: {:#?}", self.said),
            }
        }
    }

    pub fn count(&self, words: &str) -> usize {
        self.said.iter().filter(|line| line.contains(words)).count()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end; the exit code, with all that it said in `said`.
    pub fn end(&mut self) -> i32 {
        let status = self.child.wait().unwrap();
        self.said.extend(self.lines.iter());
        status.code().unwrap_or_else(|| panic!("{status}: {:#?}", self.said))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
