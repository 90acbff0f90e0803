//! Calling mock.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use monkeyfarm_plugin_api::command::{Command, Ended};
use monkeyfarm_plugin_api::{Context, Failure};

use crate::exit::{self, Said};
use crate::local::Local;
use crate::phase::Phase;
use crate::stage::Stage;
use crate::user::User;

/// Last lines of mock that are kept to tell a failure from.
const LINES: usize = 400;

/// How long a chroot may take to be removed.
const CLEAN_TIME: Duration = Duration::from_secs(600);

/// Mock, with what all calls for one build have in common.
pub(crate) struct Program<'a> {
    pub(crate) local: &'a Local,
    pub(crate) user: &'a User,
    pub(crate) stage: &'a Stage,
    /// The chroot: `--uniqueext`.
    pub(crate) root: &'a str,
    /// The configuration: `--root`.
    pub(crate) config: &'a str,
    /// What the target says.
    pub(crate) options: Vec<String>,
    /// The time that rpmbuild has, as the target has it.
    pub(crate) timeout: Option<&'a str>,
}

impl Program<'_> {
    /// Runs one phase, with its own arguments after those of all. Its output
    /// goes into the log, its steps are the task's progress.
    pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(
        &self,
        phase: Phase,
        arguments: &[S],
        cx: &Context,
    ) -> Result<(), Failure> {
        let mut lines = VecDeque::with_capacity(LINES);
        let ended = self.command(phase).args(arguments).lines(cx, |_, line| {
            cx.log(line);
            if let Some(step) = step(line) {
                cx.progress(step);
            }
            if lines.len() == LINES {
                lines.pop_front();
            }
            lines.push_back(line.to_owned());
        })?;
        self.judge(phase, ended, lines.make_contiguous())
    }

    /// What mock prints of the configuration that it will use.
    pub(crate) fn configuration(&self, cx: &Context) -> Result<String, Failure> {
        /// More is no configuration.
        const LARGEST: usize = 4 * 1024 * 1024;
        let command = self.command(Phase::Configuration).arg("--debug-config-expanded");
        let said = command.output(cx, LARGEST)?;
        let lines: Vec<String> = said.error_text().lines().map(str::to_owned).collect();
        self.judge(Phase::Configuration, said.ended, &lines)?;
        Ok(said.text())
    }

    fn judge(&self, phase: Phase, ended: Ended, lines: &[String]) -> Result<(), Failure> {
        if ended.success() {
            return Ok(());
        }
        let result = &self.stage.result();
        Err(exit::failure(&Said { phase, ended, lines, result, timeout: self.timeout }))
    }

    fn command(&self, phase: Phase) -> Command {
        let command = Command::new(self.local.program());
        let command = as_user(command, self.user, self.stage.dir());
        let command = common(command, self.local, self.config, self.root);
        // The chroot stays until the last phase, which removes it.
        let command = command.arg("--no-cleanup-after").args(&self.options);
        let command = if phase.offline() {
            // Else what rpmbuild says would be seen only afterwards.
            let live = "--config-opts=print_main_output=True";
            command.without_network().args(["--no-clean", "--offline", live])
        } else {
            command
        };
        command.arg("--resultdir").arg(self.stage.result())
    }
}

/// Removes a root, whatever became of its task: a call of its own, that no
/// cancel stops.
pub(crate) fn clean(
    local: &Local,
    user: &User,
    config: &str,
    root: &str,
    cx: &Context,
) -> Result<(), Failure> {
    let command = as_user(Command::new(local.program()), user, &local.stage_dir);
    let command = common(command, local, config, root).timeout(CLEAN_TIME).arg("--clean");
    let said = command.output(cx, 1024 * 1024)?;
    if said.ended.success() {
        return Ok(());
    }
    let lines: Vec<String> = said.error_text().lines().map(str::to_owned).collect();
    let phase = Phase::Clean;
    let result = Path::new("");
    Err(exit::failure(&Said { phase, ended: said.ended, lines: &lines, result, timeout: None }))
}

/// As sudo starts a program: root itself, and whom it is for.
fn as_user(command: Command, user: &User, home: &Path) -> Command {
    command
        .env("SUDO_USER", &user.name)
        .env("SUDO_UID", user.uid.to_string())
        .env("SUDO_GID", user.gid.to_string())
        .env("HOME", home)
        .if_missing("install mock, or name it by `program` in plugins.d/mock.toml")
}

fn common(command: Command, local: &Local, config: &str, root: &str) -> Command {
    let command = command.arg("--configdir").arg(&local.config_dir);
    // Else mock asks somebody to press Enter where a configuration is for yum and
    // the host has dnf.
    let unasked = "--config-opts=dnf_warning=False";
    command.args(["--root", config, "--uniqueext", root, unasked])
}

/// The step that a line of `state.log`, which mock shows too, tells of.
fn step(line: &str) -> Option<&str> {
    let (_, step) = line.split_once("Start: ")?;
    let first = line.starts_with("Start: ") || line.starts_with("INFO: Start: ");
    first.then_some(step.trim())
}
