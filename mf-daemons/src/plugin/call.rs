//! Calls one handler of a plugin, in processes of its own: the one path for
//! regulator, worker and `mf plugin`.
//!
//! The parent starts a keeper, which has loaded nothing foreign, gives it the
//! plugin's sealed image and the write end of the log, and then only listens.
//! What a handler answers is believed when the keeper says that nothing of
//! the call is left.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mf_core::lifeline::Lifeline;
use monkeyfarm_plugin_api::Failure;
use monkeyfarm_plugin_api::farm::Ask;

use super::checked::Plugin;
use super::confine::Confine;
use super::ended::Ended;
use super::frame::{CallOrder, Job, Order, Outcome, Reply, Report};
use super::program::HostProgram;
use crate::host::orphans;

/// One call of one handler. It cannot be printed, for the sake of its secrets.
pub struct Call {
    /// The plugin.
    pub plugin: Arc<Plugin>,
    /// Label of the handler; nothing for [`Job::Describe`].
    pub handler: String,
    /// What it is to do.
    pub job: Job,
    /// Write end of the log's pipe: standard output and error of the handler
    /// and of all that it starts.
    pub log: OwnedFd,
    /// Directory that the handler starts in.
    pub work_dir: PathBuf,
    /// How long the call may take.
    pub deadline: Option<Duration>,
    /// When it must have begun, since this host was started: else it does not
    /// begin, and ends as [`Ended::Late`].
    pub begin_by: Option<Duration>,
    /// What the plugin may ask for by name; never in environment or argv.
    pub secrets: BTreeMap<String, String>,
    /// What it may take of this host.
    pub confine: Confine,
}

impl Call {
    /// Starts the call.
    ///
    /// # Errors
    /// The host program cannot be started, or the job is too large to send.
    pub fn start(self, host: &HostProgram) -> io::Result<Running> {
        self.begin(host, false)
    }

    /// As [`Call::start`], but that the handler has been told to stop before it
    /// begins: the first time that it looks, it knows.
    ///
    /// # Errors
    /// As [`Call::start`].
    pub fn start_stopped(self, host: &HostProgram) -> io::Result<Running> {
        self.begin(host, true)
    }

    fn begin(self, host: &HostProgram, stopped: bool) -> io::Result<Running> {
        let keeper = host.keeper()?;
        let running = Running {
            lifeline: Arc::new(keeper.lifeline),
            keeper: keeper.process,
            on_isolation: Box::new(|_| ()),
            plugin: self.plugin.named(),
        };
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let order = Order::Call(Box::new(CallOrder {
            handler: self.handler,
            job: self.job,
            work_dir: self.work_dir,
            deadline_ms: self.deadline.map(millis),
            begin_by_ms: self.begin_by.map(millis),
            stopped,
            secrets: self.secrets,
            confine: self.confine,
        }));
        running.lifeline.send_with(&order, &[self.plugin.image.as_fd(), self.log.as_fd()])?;
        Ok(running)
    }
}

/// A call that goes on. Dropped, it ends the call and waits for its end.
pub struct Running {
    lifeline: Arc<Lifeline>,
    keeper: orphans::Process,
    /// Hears what keeps the plugin from the rest of its host.
    on_isolation: Box<dyn FnMut(&str) + Send>,
    /// For sentences: which plugin it is.
    plugin: String,
}

/// Ends a call from any thread.
#[derive(Clone, Debug)]
pub struct Stopper {
    lifeline: Arc<Lifeline>,
}

impl Stopper {
    /// Tells the call to stop: the handler is asked, and killed with all that
    /// it started when it has not ended after three seconds. A call that has
    /// ended stays as it ended.
    pub fn stop(&self) {
        // The only failure is that the keeper has gone, and the call with it.
        let _ = self.lifeline.send(&Order::Stop);
    }
}

impl Running {
    /// A handle that ends the call from any thread.
    pub fn stopper(&self) -> Stopper {
        Stopper { lifeline: self.lifeline.clone() }
    }

    /// Process id of the call's keeper, the ancestor of all that it starts.
    pub fn keeper_id(&self) -> u32 {
        self.keeper.id()
    }

    /// Lets `told` hear what keeps the plugin from the rest of its host, once
    /// that is known.
    pub fn on_isolation(mut self, told: impl FnMut(&str) + Send + 'static) -> Self {
        self.on_isolation = Box::new(told);
        self
    }

    /// Waits until the call has ended and nothing of it is left, and hands
    /// over what the handler says it is doing meanwhile.
    pub fn wait(self, on_progress: impl FnMut(&str)) -> Ended {
        self.serve(on_progress, |_| Err(Failure::new("only a regulator hook can ask the hub")))
    }

    /// As [`Running::wait`], and answers what a hook asks the hub for.
    pub fn serve(self, on_progress: impl FnMut(&str), on_ask: impl FnMut(Ask) -> Reply) -> Ended {
        let plugin = self.plugin.clone();
        match self.outcome(on_progress, on_ask) {
            Ok(outcome) => Ended::of(outcome, &plugin),
            Err(lost) => Ended::Killed(format!("{plugin} was lost: {lost}")),
        }
    }

    /// As [`Running::wait`], in the keeper's words; an error is the end of
    /// the keeper itself, as a sentence.
    pub(super) fn outcome(
        mut self,
        mut on_progress: impl FnMut(&str),
        mut on_ask: impl FnMut(Ask) -> Reply,
    ) -> Result<Outcome, String> {
        let how = loop {
            match self.lifeline.recv::<Report>() {
                Ok(Some(Report::Progress(what))) => on_progress(&what),
                Ok(Some(Report::Ask(ask))) => self.reply(on_ask(ask)),
                Ok(Some(Report::Isolation(how))) => (self.on_isolation)(&how),
                Ok(Some(Report::Empty(outcome))) => return Ok(outcome),
                Ok(None) => break "ended before the call did".to_owned(),
                Err(error) => break format!("cannot be understood: {error}"),
            }
        };
        Err(format!("its keeper {how} ({})", self.reap()))
    }

    /// Answers a question; what cannot be sent is told instead.
    fn reply(&self, reply: Reply) {
        if let Err(error) = self.lifeline.send(&Order::Reply(reply)) {
            let told = format!(
                "the hub's answer cannot be passed on: {error}; ask for less, by limit and after"
            );
            // If that cannot be sent either, the keeper has gone, and the call.
            let _ = self.lifeline.send(&Order::Reply(Err(Failure::new(told))));
        }
    }

    /// Ends what is left of the keeper, and whatever it leaves behind.
    fn reap(&mut self) -> String {
        // Its end of the lifeline tells a keeper that is alive to kill all.
        let _ = rustix::net::shutdown(self.lifeline.as_fd(), rustix::net::Shutdown::Both);
        let status = self.keeper.wait();
        status.map_or_else(|error| error.to_string(), |status| status.to_string())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.reap();
    }
}
