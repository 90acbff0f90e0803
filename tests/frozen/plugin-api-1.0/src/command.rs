//! Running programs: argv only, an environment of known content, and an end
//! that comes when the task is cancelled.
//!
//! ```
//! use monkeyfarm_plugin_api::{command::Command, kit::Recorder};
//!
//! # fn main() -> Result<(), monkeyfarm_plugin_api::Failure> {
//! let cx = Recorder::new().context();
//! let said = Command::new("echo").arg("$HOME; `id`").output(&cx, 1024)?;
//! assert_eq!(said.text(), "$HOME; `id`\n");
//!
//! let failure = Command::new("false").run(&cx).unwrap_err();
//! assert_eq!(failure.sentence, "`false` failed with exit status 1");
//! # Ok(())
//! # }
//! ```

mod ended;
mod wait;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

pub use ended::{Ended, Output, Stream};

use crate::{Context, Failure};

/// Where programs are looked for, whatever the daemon's own `PATH` is.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The locale of every command: messages in English, bytes as UTF-8.
pub const LANG: &str = "C.UTF-8";

/// A program to run, its arguments, and what it may take.
///
/// Nothing is inherited from the process that a handler lives in: the
/// environment is [`PATH`], `LANG` and what [`env`](Self::env) adds; standard
/// input is empty. No shell is involved. The command gets a process group of
/// its own, which is ended with it when the task is cancelled.
#[derive(Clone, Debug)]
pub struct Command {
    program: OsString,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    dir: Option<PathBuf>,
    limits: wait::Limits,
    missing: Option<String>,
}

impl Command {
    /// A command of `program`, an absolute path or a name looked for in
    /// [`PATH`].
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            env: [("PATH", PATH), ("LANG", LANG)].map(|(k, v)| (k.into(), v.into())).into(),
            dir: None,
            limits: wait::Limits::default(),
            missing: None,
        }
    }

    /// Adds one argument, passed as it is.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments, each passed as it is.
    pub fn args<T: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets one variable of the command's environment. Others can read it:
    /// no place for a secret.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// Runs the command in `dir` and not in the task's work directory.
    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.dir = Some(dir.as_ref().to_owned());
        self
    }

    /// Stops the command when it has run for `limit`.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limits.time = Some(limit);
        self
    }

    /// Stops the command when it has written nothing for `limit`. It takes a
    /// command whose output is read: [`output`](Self::output) or
    /// [`lines`](Self::lines).
    pub fn silence(mut self, limit: Duration) -> Self {
        self.limits.silence = Some(limit);
        self
    }

    /// What to do when the program is not on the host, such as `install the
    /// Debian package git`; it ends the sentence that says so.
    pub fn if_missing(mut self, advice: impl Into<String>) -> Self {
        self.missing = Some(advice.into());
        self
    }

    /// Runs the command with its output going into the task's log, and
    /// expects success.
    ///
    /// # Errors
    /// As [`status`](Self::status), and when the command does not succeed:
    /// the sentence names the program and its exit status, signal or limit.
    pub fn run(&self, cx: &Context) -> Result<(), Failure> {
        self.status(cx)?.ok(&self.name())
    }

    /// Runs the command with its output going into the task's log, and says
    /// how it ended.
    ///
    /// # Errors
    /// When the program cannot be started, and [`Failure::cancelled`].
    pub fn status(&self, cx: &Context) -> Result<Ended, Failure> {
        cx.check()?;
        let child = self.spawn(Stdio::inherit)?;
        let limits = wait::Limits { silence: None, ..self.limits };
        wait::wait(child, &self.name(), limits, cx, &mut |_, _| Ok(()))
    }

    /// Runs the command and keeps what it writes. More than `limit` bytes of
    /// standard output are a failure; of standard error the first `limit`
    /// bytes are kept. The log gets nothing.
    ///
    /// # Errors
    /// When the program cannot be started or writes too much, and
    /// [`Failure::cancelled`]. How it ended is in [`Output::ended`].
    pub fn output(&self, cx: &Context, limit: usize) -> Result<Output, Failure> {
        cx.check()?;
        let child = self.spawn(Stdio::piped)?;
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let name = self.name();
        let ended = wait::wait(child, &name, self.limits, cx, &mut |stream, bytes| match stream {
            Stream::Stdout if stdout.len() + bytes.len() > limit => {
                Err(Failure::new(format!("{name} wrote more than {limit} bytes")))
            }
            Stream::Stdout => {
                stdout.extend_from_slice(bytes);
                Ok(())
            }
            Stream::Stderr => {
                let room = limit.saturating_sub(stderr.len()).min(bytes.len());
                stderr.extend_from_slice(&bytes[..room]);
                Ok(())
            }
        })?;
        Ok(Output { ended, stdout, stderr })
    }

    /// Runs the command and gives `each` line that it writes, as soon as it
    /// is written. A carriage return ends a line too, so that progress is
    /// seen; what is not UTF-8 is replaced. The log gets nothing.
    ///
    /// # Errors
    /// When the program cannot be started, and [`Failure::cancelled`].
    pub fn lines(
        &self,
        cx: &Context,
        mut each: impl FnMut(Stream, &str),
    ) -> Result<Ended, Failure> {
        cx.check()?;
        let child = self.spawn(Stdio::piped)?;
        let mut lines = ended::Lines::default();
        let ended = wait::wait(child, &self.name(), self.limits, cx, &mut |stream, bytes| {
            lines.push(stream, bytes, &mut each);
            Ok(())
        })?;
        lines.finish(&mut each);
        Ok(ended)
    }

    /// The program as sentences name it: arguments may hold what a log must
    /// not.
    fn name(&self) -> String {
        let name = Path::new(&self.program).file_name().unwrap_or(&self.program);
        format!("`{}`", name.to_string_lossy())
    }

    fn spawn(&self, output: fn() -> Stdio) -> Result<Child, Failure> {
        let mut command = std::process::Command::new(&self.program);
        command.args(&self.args).env_clear().envs(&self.env).process_group(0);
        command.stdin(Stdio::null()).stdout(output()).stderr(output());
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command.spawn().map_err(|error| self.cannot_start(&error))
    }

    fn cannot_start(&self, error: &std::io::Error) -> Failure {
        let name = self.name();
        if let Some(dir) = self.dir.as_deref().filter(|dir| !dir.is_dir()) {
            return Failure::new(format!(
                "cannot run {name} in {}: no such directory",
                dir.display()
            ));
        }
        if error.kind() != ErrorKind::NotFound {
            return Failure::new(format!("cannot run {name}: {error}"));
        }
        let place = if self.program.as_encoded_bytes().contains(&b'/') {
            self.program.to_string_lossy().into_owned()
        } else {
            PATH.replace(':', ", ")
        };
        let advice = self.missing.as_ref().map_or(String::new(), |advice| format!("; {advice}"));
        Failure::new(format!(
            "cannot run {name}: this host has no such program (looked in {place}){advice}"
        ))
    }
}

#[cfg(test)]
mod tests;
