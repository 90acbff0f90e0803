//! What a handler is given beside its job: a way to speak and to listen.

use crate::Failure;

/// The farm's side of a call, as the plugin sees it.
///
/// In a farm it is the plugin host; in an author's tests, whatever the test
/// kit or the author puts in its place.
pub trait Host: Send + Sync {
    /// Writes one line into the task's log.
    fn log(&self, line: &str);
    /// Says in a few words what is being done now; people see the latest.
    fn progress(&self, what: &str);
    /// Whether the call has been told to stop.
    fn cancelled(&self) -> bool;
    /// A secret that this host keeps for this plugin, by its name in
    /// `plugins.d/<plugin>.toml`.
    fn secret(&self, name: &str) -> Option<String>;
    /// Hears of a panic inside the plugin: message, place and backtrace. It
    /// is called on the thread that panicked.
    fn panicked(&self, report: &str) {
        self.log(report);
    }
}

/// What a handler is given beside its job.
pub struct Context {
    host: Box<dyn Host>,
}

impl Context {
    /// A context that speaks to `host`.
    pub fn new(host: Box<dyn Host>) -> Self {
        Self { host }
    }

    /// Writes one line into the task's log.
    pub fn log(&self, line: impl AsRef<str>) {
        self.host.log(line.as_ref());
    }

    /// Says in a few words what is being done now; people see the latest.
    pub fn progress(&self, what: impl AsRef<str>) {
        self.host.progress(what.as_ref());
    }

    /// Ends the call when it has been told to stop: put `cx.check()?` between
    /// the steps of long work.
    ///
    /// # Errors
    /// [`Failure::cancelled`] once the call has been told to stop.
    pub fn check(&self) -> Result<(), Failure> {
        if self.host.cancelled() { Err(Failure::cancelled()) } else { Ok(()) }
    }

    /// A secret that this host keeps for this plugin, by its name in
    /// `plugins.d/<plugin>.toml`.
    pub fn secret(&self, name: &str) -> Option<String> {
        self.host.secret(name)
    }
}
