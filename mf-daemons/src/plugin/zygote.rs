//! The zygote that a daemon's keepers are copies of, as the daemon sees it.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mf_core::lifeline::Lifeline;
use monkeyfarm_plugin_api::command::{LANG, PATH};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::process::Pid;

use super::frame::Born;
use super::spare::Keeper;
use crate::host::{ZYGOTE, orphans};

/// How long a zygote may take for a keeper before it is taken for stuck: it
/// only forks, a thousand times quicker.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// The zygote, from the first keeper on.
#[derive(Debug, Default)]
pub(super) struct Zygote(Mutex<Option<Started>>);

impl Zygote {
    /// A new keeper.
    ///
    /// # Errors
    /// The host program at `path` cannot be started, or the system has no room
    /// for a process.
    pub(super) fn keeper(&self, path: &Path) -> io::Result<Keeper> {
        let mut zygote = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(started) = zygote.as_ref()
            && let Ok(keeper) = started.keeper()
        {
            return Ok(keeper);
        }
        // There is none yet, or somebody has killed it.
        *zygote = None;
        let cannot = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot run {}: {error}", path.display()))
        };
        zygote.insert(Started::start(path).map_err(cannot)?).keeper().map_err(cannot)
    }

    /// Ends it. The next keeper has a new one.
    pub(super) fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[derive(Debug)]
struct Started {
    lifeline: Lifeline,
    process: orphans::Process,
}

impl Started {
    fn start(path: &Path) -> io::Result<Self> {
        let (lifeline, stdin) = Lifeline::pair()?;
        set_socket_timeout(&lifeline, Timeout::Recv, Some(ANSWER_TIME))?;
        let mut command = Command::new(path);
        command
            .arg(ZYGOTE)
            // Nothing of the daemon's own environment reaches a plugin.
            .env_clear()
            .envs([("PATH", PATH), ("LANG", LANG)])
            .current_dir("/")
            .stdin(stdin)
            .stdout(Stdio::null());
        let process = orphans::start(|| Ok(Pid::from_child(&command.spawn()?)))?;
        Ok(Self { lifeline, process })
    }

    fn keeper(&self) -> io::Result<Keeper> {
        let (lifeline, stdin) = Lifeline::ends()?;
        let process = orphans::start(|| {
            self.lifeline.send_with(&(), &[stdin.as_fd()])?;
            let born: Born = self.lifeline.recv()?.ok_or(io::ErrorKind::BrokenPipe)?;
            let id = born.map_err(io::Error::from_raw_os_error)?;
            Pid::from_raw(id).ok_or_else(|| io::ErrorKind::InvalidData.into())
        })?;
        Ok(Keeper { lifeline, process })
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It has nothing to put away, and may have been stopped. One that
        // cannot be waited for has been waited for.
        self.process.kill();
        let _ = self.process.wait();
    }
}
