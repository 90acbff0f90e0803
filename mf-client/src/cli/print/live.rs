//! Lines at the foot of the terminal that change while something goes on. They
//! are on standard error; other output goes above them.

use std::io::IsTerminal;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::cx::Cx;

/// From one turn of the spinner to the next.
const TURN: Duration = Duration::from_millis(200);

static SHOWN: Mutex<Option<MultiProgress>> = Mutex::new(None);

/// Whether lines can change: somebody looks, at a terminal that can.
pub fn possible(cx: &Cx) -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    !cx.json && !cx.quiet && !dumb && std::io::stderr().is_terminal()
}

/// Lines that change, while this lives.
pub struct Live(MultiProgress);

impl Live {
    /// Takes the foot of the terminal.
    pub fn start() -> Self {
        let lines = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(lines.clone());
        Self(lines)
    }
}

impl Deref for Live {
    type Target = MultiProgress;

    fn deref(&self) -> &MultiProgress {
        &self.0
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Nothing is said on the terminal while this lives: all of it is taken.
pub struct Silence(());

static SILENT: AtomicBool = AtomicBool::new(false);

impl Silence {
    /// Begins it.
    pub fn keep() -> Self {
        SILENT.store(true, Ordering::Relaxed);
        Self(())
    }

    /// Whether it is kept.
    pub fn is_kept() -> bool {
        SILENT.load(Ordering::Relaxed)
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        SILENT.store(false, Ordering::Relaxed);
    }
}

/// Lets something write on the terminal, above the lines.
pub fn above<T>(write: impl FnOnce() -> T) -> T {
    let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match shown {
        Some(lines) => lines.suspend(write),
        None => write(),
    }
}

/// A line that says what is waited for, and for how long.
pub struct Waiting {
    bar: ProgressBar,
    /// The foot of the terminal is ours until this goes.
    _lines: Live,
}

impl Waiting {
    /// Shows it, unless something else is shown that changes.
    pub fn start(what: &str) -> Option<Self> {
        if SHOWN.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return None;
        }
        let lines = Live::start();
        let form = "{spinner} {wide_msg} {elapsed:>4}";
        let style = ProgressStyle::with_template(form).unwrap_or(ProgressStyle::default_bar());
        let bar = lines.add(ProgressBar::new_spinner().with_style(style));
        bar.set_message(super::clean(what));
        bar.enable_steady_tick(TURN);
        Some(Self { bar, _lines: lines })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// How many bytes of something have come, shown after its first second.
pub struct Bytes(Option<(ProgressBar, Live)>);

impl Bytes {
    /// For so many bytes, called `what`.
    pub fn new(cx: &Cx, what: &str, bytes: u64) -> Self {
        if !possible(cx) {
            return Self(None);
        }
        let lines = Live::start();
        let form = "{wide_msg} {bytes:>10} of {total_bytes}  {bytes_per_sec:>12}  {eta:>4}";
        let style = ProgressStyle::with_template(form).unwrap_or(ProgressStyle::default_bar());
        let bar = lines.add(ProgressBar::new(bytes).with_style(style));
        bar.set_message(super::clean(what));
        Self(Some((bar, lines)))
    }

    /// So many more have come.
    pub fn more(&self, bytes: u64) {
        if let Some((bar, _)) = &self.0 {
            bar.inc(bytes);
        }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        if let Some((bar, _)) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
