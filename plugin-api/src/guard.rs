//! Contains panics, inside the plugin's own image.
//!
//! A plugin brings a standard library of its own, so nothing that the host
//! installs sees its panics. Every entry into the plugin passes through
//! `enter`, which catches what unwinds, forgets the payload (its Drop would
//! be foreign code again) and refuses every further call: what a panic left
//! half done is not to be built upon.

use std::backtrace::Backtrace;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Context, Failure, Host};

/// How a call ended, as the plugin says it; it crosses the border as JSON.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer<A> {
    /// With success.
    Done(A),
    /// With a failure that the handler reports.
    Failed(Failure),
    /// With a panic: its message and place.
    Panicked(String),
    /// Not begun, for this reason.
    Refused(String),
}

static POISONED: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();
/// Who hears of a panic, on whatever thread it happens.
static LISTENER: Mutex<Option<Arc<dyn Host>>> = Mutex::new(None);
/// The latest panic, in one sentence.
static LATEST: Mutex<Option<String>> = Mutex::new(None);

/// Runs one call: reads the job, lets `run` make and call a handler (and drop
/// it), and writes the answer. `None` from `run`: no handler has that label.
pub(crate) fn enter<J, A>(
    label: &str,
    job: &[u8],
    host: Arc<dyn Host>,
    run: impl FnOnce(&J, &Context) -> Option<Result<A, Failure>>,
) -> Vec<u8>
where
    J: DeserializeOwned,
    A: Serialize,
{
    HOOK.call_once(|| std::panic::set_hook(Box::new(report)));
    if POISONED.load(Ordering::SeqCst) {
        return refuse("the plugin has panicked before, and is not called again");
    }
    *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = Some(host.clone());
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let job: J = match serde_json::from_slice(job) {
            Ok(job) => job,
            Err(error) => return refuse(&format!("the plugin cannot read its job: {error}")),
        };
        let answer = match run(&job, &Context::new(Box::new(Shared(host)))) {
            Some(Ok(done)) => Answer::Done(done),
            Some(Err(failure)) => Answer::Failed(failure),
            None => return refuse(&format!("the plugin has no handler '{label}' of this kind")),
        };
        encode(&answer)
    }));
    caught.unwrap_or_else(|payload| {
        std::mem::forget(payload);
        POISONED.store(true, Ordering::SeqCst);
        let latest = LATEST.lock().unwrap_or_else(PoisonError::into_inner).take();
        encode(&Answer::<()>::Panicked(latest.unwrap_or_else(|| "a panic".into())))
    })
}

/// The panic hook: what happened, where, and how it came to that.
fn report(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map(|at| format!(" at {at}")).unwrap_or_default();
    let sentence = format!("panicked{place}: {message}");
    // Cloned out of the lock: the host's callback must not run under it.
    let listener = LISTENER.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(host) = listener {
        let trace = Backtrace::force_capture().to_string();
        host.panicked(&format!("plugin {sentence}\n{}", own(&trace)));
    }
    *LATEST.lock().unwrap_or_else(PoisonError::into_inner) = Some(sentence);
}

/// The part of a backtrace that is the plugin's own: without how a panic is
/// told, and how the host came to the handler. All of it where no names tell.
fn own(trace: &str) -> String {
    let is_frame = |line: &str| {
        let number = line.trim_start().split(": ").next().unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut frames: Vec<Vec<&str>> = Vec::new();
    for line in trace.lines() {
        match frames.last_mut() {
            Some(frame) if !is_frame(line) => frame.push(line),
            _ => frames.push(vec![line]),
        }
    }
    let named = |frame: &[&str], names: &[&str]| names.iter().any(|name| frame[0].contains(name));
    let tells = ["core::panicking::", "rust_begin_unwind", "std::panicking::begin_panic"];
    let first = frames.iter().rposition(|frame| named(frame, &tells)).map_or(0, |at| at + 1);
    let ours = ["monkeyfarm_plugin_api::abi::", "monkeyfarm_plugin_api::guard::enter"];
    let end = frames[first..].iter().position(|frame| named(frame, &ours));
    let end = end.map_or(frames.len(), |at| first + at);
    let own = if first < end { &frames[first..end] } else { &frames[..] };
    own.concat().join("\n")
}

fn refuse(sentence: &str) -> Vec<u8> {
    encode(&Answer::<()>::Refused(sentence.into()))
}

fn encode<A: Serialize>(answer: &Answer<A>) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_else(|error| {
        // A path that is not UTF-8 is the one thing in an answer that JSON cannot hold.
        refuse(&format!("the plugin's answer cannot be written as JSON: {error}"))
    })
}

/// One host for the handler and for the panic hook.
struct Shared(Arc<dyn Host>);

impl Host for Shared {
    fn log(&self, line: &str) {
        self.0.log(line);
    }
    fn progress(&self, what: &str) {
        self.0.progress(what);
    }
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
    fn secret(&self, name: &str) -> Option<String> {
        self.0.secret(name)
    }
    fn panicked(&self, report: &str) {
        self.0.panicked(report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::Recorder;

    #[test]
    fn a_backtrace_begins_and_ends_in_the_plugin() {
        let trace = "   0: monkeyfarm_plugin_api::guard::report\n             at guard.rs:85:57\n   \
                     1: __rustc::rust_begin_unwind\n   2: core::panicking::panic_fmt\n   \
                     3: mine::step\n             at src/lib.rs:12:61\n   4: mine::build\n   \
                     5: monkeyfarm_plugin_api::abi::plugin::build::{{closure}}\n   6: main\n";
        let short = "   3: mine::step\n             at src/lib.rs:12:61\n   4: mine::build";
        assert_eq!(own(trace), short);
        for whole in ["   0: <unknown>\n   1: <unknown>", "disabled backtrace", ""] {
            assert_eq!(own(whole), whole);
        }
    }

    /// One test: poisoning is for the rest of the process.
    #[test]
    fn after_a_panic_nothing_is_called_any_more() {
        let farm = Recorder::new();
        let call = |run: fn(&u32, &Context) -> Option<Result<u32, Failure>>| {
            let answer = enter("label", b"41", Arc::new(farm.clone()), run);
            serde_json::from_slice::<Answer<u32>>(&answer).unwrap()
        };
        assert_eq!(call(|job, _| Some(Ok(job + 1))), Answer::Done(42));
        let failure = Failure::new("no");
        assert_eq!(call(|_, _| Some(Err(Failure::new("no")))), Answer::Failed(failure));
        let Answer::Refused(why) = call(|_, _| None) else { panic!() };
        assert_eq!(why, "the plugin has no handler 'label' of this kind");

        let Answer::Panicked(how) = call(|job, _| panic!("not {job}")) else { panic!() };
        assert!(how.starts_with("panicked at ") && how.ends_with(": not 41"), "{how}");
        assert!(farm.log()[0].contains(&how), "{:?}", farm.log());
        let Answer::Refused(why) = call(|job, _| Some(Ok(*job))) else { panic!() };
        assert_eq!(why, "the plugin has panicked before, and is not called again");
    }
}
