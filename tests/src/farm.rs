//! A whole farm in a directory of its own.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::appears::Appears;
use crate::campaign::Clock;
use crate::{process, programs};

/// How long a test waits for what must happen, before it says that it did not.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// What a farm is started with.
#[derive(Default)]
pub struct Options {
    /// Directories of plugins; none: those beside the programs.
    pub plugins_dirs: Vec<PathBuf>,
    /// Builds by `generic` have no network, as on a farm that nobody set up
    /// otherwise.
    pub confined: bool,
    /// More words for `mf up`.
    pub more: Vec<String>,
}

/// A farm that `mf up` runs.
pub struct Farm {
    dir: tempfile::TempDir,
    up: Option<Child>,
    messages: Arc<Messages>,
    options: Options,
    clock: Option<Clock>,
}

/// reqwest is built for TLS without an implementation of its own choice.
pub fn choose_tls() {
    // All tests of a process choose the same; the first one's is taken.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
}

/// Lines that `mf up` and its children wrote to standard error.
#[derive(Default)]
struct Messages {
    lines: Mutex<Vec<String>>,
    more: Condvar,
}

impl Farm {
    /// Starts a farm with the plugins beside the programs, whose source may
    /// come from local repositories; returns when it can build.
    pub fn start() -> Self {
        Self::with(Options::default())
    }

    /// Starts a farm; returns when it can build.
    pub fn with(options: Options) -> Self {
        let mut farm = Self::prepared(options);
        farm.up();
        farm
    }

    /// A farm that is still to be brought up.
    pub fn prepared(options: Options) -> Self {
        choose_tls();
        let dir = tempfile::tempdir().unwrap();
        Self { dir, up: None, messages: Arc::default(), options, clock: None }
    }

    /// Has the programs of the farm, once it is brought up, go by a clock.
    pub fn go_by(&mut self, clock: Clock) {
        self.clock = Some(clock);
    }

    /// Runs `mf up` on the farm's directory; returns when the farm can build.
    pub fn up(&mut self) {
        let mut command = self.up_command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        fs::create_dir_all(self.data_dir()).unwrap();
        let watch = Appears::within(&self.data_dir());
        let mut up = command.spawn().unwrap();
        self.messages.gather(up.stderr.take().unwrap());
        self.up = Some(up);
        if !watch.wait("mf.conf", Instant::now() + PATIENCE) {
            self.complain("the farm is not ready");
        }
    }

    /// The command that runs this farm, for a second one on its directory.
    pub fn up_command(&self) -> Command {
        let mut command = Command::new(programs::program("mf"));
        command.arg("up").arg("--data-dir").arg(self.data_dir());
        command.args(["--listen", "127.0.0.1:0", "--allow-scheme", "file"]);
        if !self.options.confined {
            command.args(["--network", "generic"]);
        }
        for dir in &self.options.plugins_dirs {
            command.arg("--plugins-dir").arg(dir);
        }
        command.args(&self.options.more).env_remove("MF_CONFIG");
        if let Some(clock) = &self.clock {
            clock.give(&mut command);
        }
        command
    }

    /// Runs `mf` with these words, as the farm's admin.
    pub fn mf<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, words: I) -> Ran {
        let mut command = self.mf_command();
        command.args(words);
        Ran::of(&mut command)
    }

    /// As [`Farm::mf`], which must succeed; what it printed.
    pub fn ok<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, words: I) -> String {
        let words: Vec<S> = words.into_iter().collect();
        let ran = self.mf(&words);
        let shown: Vec<_> = words.iter().map(|w| w.as_ref().to_string_lossy()).collect();
        assert_eq!(ran.code, 0, "mf {} failed:\n{}{}", shown.join(" "), ran.out, ran.err);
        ran.out
    }

    /// As [`Farm::ok`] with `--json`; what it printed, read.
    pub fn json(&self, words: &[&str]) -> serde_json::Value {
        let out = self.ok(words.iter().copied().chain(["--json"]));
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{words:?}: {e}:\n{out}"))
    }

    /// `mf`, as the farm's admin; its words are still to be given.
    pub fn mf_command(&self) -> Command {
        let mut command = Command::new(programs::program("mf"));
        command.env("MF_CONFIG", self.config()).env("HOME", self.dir.path());
        command.env("XDG_CONFIG_HOME", self.dir.path().join("config")).stdin(Stdio::null());
        command
    }

    /// The directory that stays from one `mf up` to the next.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A directory that the test may fill.
    pub fn scratch(&self) -> &Path {
        self.dir.path()
    }

    /// The client configuration that appears when the farm can build.
    pub fn config(&self) -> PathBuf {
        self.data_dir().join("mf.conf")
    }

    /// A value of the client configuration, such as `url` or `api_key`.
    pub fn setting(&self, name: &str) -> String {
        let text = fs::read_to_string(self.config()).unwrap();
        let line = text.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        });
        line.unwrap_or_else(|| panic!("no {name} in {text}"))
    }

    /// Whether it has been started and not stopped.
    pub fn is_up(&self) -> bool {
        self.up.is_some()
    }

    /// Pid of `mf up`.
    pub fn pid(&self) -> i32 {
        self.up.as_ref().expect("the farm runs").id() as i32
    }

    /// Pid of one of its programs.
    pub fn child(&self, name: &str) -> i32 {
        process::child(self.pid(), name).unwrap_or_else(|| self.complain(&format!("no {name}")))
    }

    /// Waits for a line on the standard error of `mf up` that has all of these words.
    pub fn wait_for_message(&self, words: &[&str]) -> String {
        self.messages.wait_for(words).unwrap_or_else(|| self.complain(&format!("no {words:?}")))
    }

    /// All lines so far on the standard error of `mf up`.
    pub fn messages(&self) -> Vec<String> {
        self.messages.lines.lock().unwrap().clone()
    }

    /// Sends SIGTERM and waits for the end; nothing may be left of the farm.
    pub fn stop(&mut self) -> ExitStatus {
        let mut up = self.up.take().expect("the farm runs");
        let pid = up.id() as i32;
        kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
        let status = up.wait().unwrap();
        let left = process::of_farm(pid, self.dir.path());
        assert!(left.is_empty(), "processes are left: {left:#?}\n{}", self.messages().join("\n"));
        assert!(!self.config().exists(), "mf.conf says that the farm can build, and it cannot");
        status
    }

    fn complain(&self, what: &str) -> ! {
        panic!("{what}; mf up said:\n{}", self.messages().join("\n"))
    }
}

impl Drop for Farm {
    fn drop(&mut self) {
        if let Some(mut up) = self.up.take() {
            let group = Pid::from_raw(up.id() as i32).unwrap();
            // In order first: a killed farm could not clean up its builds.
            let _ = kill_process(group, Signal::TERM);
            let _ = up.wait();
            let _ = kill_process_group(group, Signal::KILL);
            if std::thread::panicking() {
                eprintln!("mf up said:\n{}", self.messages().join("\n"));
            }
        }
    }
}

impl Ran {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        }
    }
}

impl Messages {
    fn gather(self: &Arc<Self>, from: impl std::io::Read + Send + 'static) {
        let messages = Arc::clone(self);
        std::thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                messages.lines.lock().unwrap().push(line);
                messages.more.notify_all();
            }
        });
    }

    fn wait_for(&self, words: &[&str]) -> Option<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut lines = self.lines.lock().unwrap();
        loop {
            if let Some(line) = lines.iter().find(|line| words.iter().all(|w| line.contains(w))) {
                return Some(line.clone());
            }
            let rest = deadline.checked_duration_since(Instant::now())?;
            lines = self.more.wait_timeout(lines, rest).unwrap().0;
        }
    }
}

pub(crate) fn wait_readable(fd: impl std::os::fd::AsFd, deadline: Instant, late: impl FnOnce()) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let rest = deadline.saturating_duration_since(Instant::now());
    let rest = Timespec::try_from(rest).unwrap();
    if poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&rest)).unwrap() == 0 {
        late();
    }
}
