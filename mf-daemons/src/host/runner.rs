//! The runner: loads one plugin, calls one handler, answers, and ends.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use mf_core::lifeline::{FRAME_LIMIT, Lifeline};
use monkeyfarm_plugin_api::abi::{Call, Loaded, Refusal};
use monkeyfarm_plugin_api::guard::Answer;
use monkeyfarm_plugin_api::schema::SCHEMAS_LIMIT;
use monkeyfarm_plugin_api::{Failure, Heads, HeadsJob, HookJob, Host, Swept};
use rustix::process::{Signal, set_parent_process_death_signal};
use serde::{Serialize, de::DeserializeOwned};

use super::asking::Asking;
use super::{isolate, load};
use crate::plugin::frame::{CallOrder, Described, Job, Order, Outcome, Reply, Word};

/// Makes the one call that the keeper orders.
///
/// # Errors
/// The keeper's order cannot be carried out; it hears of it by this process's
/// end.
pub fn run() -> anyhow::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // From here on standard input is /dev/null: nothing that is loaded or
    // started can reach the lifeline by accident.
    let keeper = Lifeline::inherited()?.context("the runner of a call has no keeper")?;
    let Some((Order::Call(order), fds)) = keeper.recv_with::<Order>()? else {
        return Ok(());
    };
    let [image, log]: [OwnedFd; 2] =
        fds.try_into().ok().context("an order comes with a plugin and a log")?;
    rustix::stdio::dup2_stdout(&log)?;
    rustix::stdio::dup2_stderr(&log)?;
    drop(log);
    let cancelled = Arc::new(AtomicBool::new(order.stopped));
    // While there is one thread: what is given up is given up by all.
    let isolation = isolate::apply(&order.confine)?;
    keeper.send(&Word::Isolation(isolation))?;
    let (sender, replies) = channel();
    listen(keeper.try_clone()?, cancelled.clone(), sender)?;
    let keeper = Arc::new(Mutex::new(keeper));
    let hub = Asking { keeper: keeper.clone(), replies: Arc::new(Mutex::new(replies)) };
    let outcome = call(*order, &image, cancelled, &keeper, hub);
    answer(&keeper, outcome)
}

/// Makes one call in this very process, for a debugger; what it asks comes
/// out of the other end of `keeper`.
pub(super) fn here(
    order: CallOrder,
    image: &OwnedFd,
    keeper: Lifeline,
    replies: Receiver<Reply>,
) -> Outcome {
    let keeper = Arc::new(Mutex::new(keeper));
    let hub = Asking { keeper: keeper.clone(), replies: Arc::new(Mutex::new(replies)) };
    call(order, image, Arc::new(AtomicBool::new(false)), &keeper, hub)
}

/// Hears orders while the plugin runs, on a thread of its own.
fn listen(
    keeper: Lifeline,
    cancelled: Arc<AtomicBool>,
    replies: Sender<Reply>,
) -> std::io::Result<()> {
    let listen = move || {
        loop {
            match keeper.recv() {
                Ok(Some(Order::Stop)) => cancelled.store(true, Ordering::SeqCst),
                // Nobody waits for it when the call is over.
                Ok(Some(Order::Reply(reply))) => drop(replies.send(reply)),
                _ => break,
            }
        }
        // The keeper has gone: nobody can hear an answer.
        std::process::exit(0);
    };
    std::thread::Builder::new().name("lifeline".into()).spawn(listen).map(drop)
}

fn call(
    order: CallOrder,
    image: &OwnedFd,
    cancelled: Arc<AtomicBool>,
    keeper: &Arc<Mutex<Lifeline>>,
    hub: Asking,
) -> Outcome {
    if let Err(error) = std::env::set_current_dir(&order.work_dir) {
        let dir = order.work_dir.display();
        return Outcome::Refused(format!("cannot enter the work directory {dir}: {error}"));
    }
    let plugin = match load::load(image) {
        Ok(plugin) => plugin,
        Err(refusal) => return refused(refusal),
    };
    let farm = Farm { keeper: keeper.clone(), cancelled, secrets: order.secrets };
    let (handler, farm) = (order.handler.as_str(), Arc::new(farm));
    match order.job {
        Job::Describe(handlers) => describe(&plugin, &handlers, farm),
        Job::Build(job) => handle(&plugin, Call::Build, handler, &*job, farm, Outcome::Built),
        Job::Index(job) => handle(&plugin, Call::Index, handler, &*job, farm, Outcome::Indexed),
        // What an older plugin leaves is its own next call's.
        Job::Sweep(_) if !plugin.knows(Call::Sweep) => Outcome::Swept(Swept::default()),
        Job::Sweep(job) => handle(&plugin, Call::Sweep, handler, &job, farm, Outcome::Swept),
        Job::Checkout(job) => {
            handle(&plugin, Call::Checkout, handler, &job, farm, Outcome::CheckedOut)
        }
        Job::Head(job) => handle(&plugin, Call::Head, handler, &job, farm, Outcome::At),
        Job::Bug(job) => handle(&plugin, Call::Bug, handler, &*job, farm, Outcome::Bug),
        Job::Heads(job) => heads(&plugin, handler, &job, &farm),
        Job::Changes(job) => handle(&plugin, Call::Changes, handler, &job, farm, Outcome::Changed),
        Job::Hook(job) => run_hook(&plugin, handler, &job, farm, hub),
    }
}

/// Checks the layouts of each handler's kind, and asks what its configuration
/// may hold.
fn describe(plugin: &Loaded, handlers: &[Described], farm: Arc<Farm>) -> Outcome {
    let mut all = Vec::new();
    for Described { kind, label } in handlers {
        let checked = plugin.check(kind);
        let answer = match checked.and_then(|()| plugin.schemas(kind, label, farm.clone())) {
            Ok(answer) => answer.unwrap_or_else(|| br#"{"done":{}}"#.to_vec()),
            Err(refusal) => return refused(refusal),
        };
        if answer.len() > SCHEMAS_LIMIT {
            return Outcome::Refused(format!(
                "the schemas of its {kind} handler {label} have {} bytes; the limit is \
                 {SCHEMAS_LIMIT}",
                answer.len()
            ));
        }
        match understood(&answer) {
            Ok(schemas) => all.push(schemas),
            Err(outcome) => return outcome,
        }
    }
    Outcome::Described(all)
}

/// Asks for several heads: at once, or of a plugin that is older than that for
/// one after the other.
fn heads(plugin: &Loaded, label: &str, job: &HeadsJob, farm: &Arc<Farm>) -> Outcome {
    if plugin.knows(Call::Heads) {
        return handle(plugin, Call::Heads, label, job, farm.clone(), Outcome::AllAt);
    }
    let mut heads = Vec::new();
    for source in job.each() {
        match handle(plugin, Call::Head, label, &source, farm.clone(), Outcome::At) {
            Outcome::At(head) => heads.push(Ok(head)),
            Outcome::Failed(failure) => heads.push(Err(failure)),
            other => return other,
        }
    }
    Outcome::AllAt(Heads { heads })
}

/// Runs a hook: as a handler is called, but that it may ask the hub.
fn run_hook(plugin: &Loaded, label: &str, job: &HookJob, farm: Arc<Farm>, hub: Asking) -> Outcome {
    let job = match serde_json::to_vec(job) {
        Ok(job) => job,
        Err(error) => return Outcome::Refused(format!("the job cannot be written: {error}")),
    };
    match plugin.run_hook(label, &job, farm, Arc::new(hub)) {
        Ok(answer) => understood(&answer).map_or_else(|outcome| outcome, Outcome::Hooked),
        Err(refusal) => refused(refusal),
    }
}

/// Calls a handler: job and answer cross the border as JSON.
fn handle<J: Serialize, A: DeserializeOwned>(
    plugin: &Loaded,
    call: Call,
    label: &str,
    job: &J,
    farm: Arc<Farm>,
    done: impl FnOnce(A) -> Outcome,
) -> Outcome {
    let job = match serde_json::to_vec(job) {
        Ok(job) => job,
        Err(error) => return Outcome::Refused(format!("the job cannot be written: {error}")),
    };
    let answer = match plugin.call(call, label, &job, farm) {
        Ok(answer) => answer,
        Err(refusal) => return refused(refusal),
    };
    understood(&answer).map_or_else(|outcome| outcome, done)
}

/// What the plugin gave, unless it gave something else than an answer.
fn understood<A: DeserializeOwned>(answer: &[u8]) -> Result<A, Outcome> {
    Err(match serde_json::from_slice(answer) {
        Ok(Answer::Done(answer)) => return Ok(answer),
        Ok(Answer::Failed(Failure { sentence, kind, kept, wait })) => {
            Outcome::Failed(Failure { sentence: begun(sentence), kind, kept, wait })
        }
        Ok(Answer::Panicked(how)) => Outcome::Panicked(begun(how)),
        Ok(Answer::Refused(why)) => Outcome::Refused(why),
        Err(error) => Outcome::Refused(format!("its answer cannot be read: {error}")),
    })
}

/// The beginning of a text, so that it can be sent whatever a plugin says. The
/// parent cuts it to what people read, once it has masked secrets in it.
fn begun(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(FRAME_LIMIT / 8));
    text
}

/// The sentence goes to the parent, the whole difference into the log.
fn refused(refusal: Refusal) -> Outcome {
    if !refusal.details.is_empty() {
        let line = format!("{}\n", refusal.details);
        // In one piece: others write there too. Without a log nobody reads it.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    Outcome::Refused(refusal.sentence)
}

fn answer(keeper: &Mutex<Lifeline>, outcome: Outcome) -> anyhow::Result<()> {
    let keeper = keeper.lock().unwrap_or_else(PoisonError::into_inner);
    match keeper.send(&Word::Answer(outcome)) {
        // The one thing that makes an answer too large is what the handler
        // put into it.
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
            let failure = Failure::new(format!(
                "the handler's answer cannot be sent: it is larger than {} KiB",
                FRAME_LIMIT / 1024
            ));
            Ok(keeper.send(&Word::Answer(Outcome::Failed(failure)))?)
        }
        sent => Ok(sent?),
    }
}

/// What the handler speaks to.
struct Farm {
    keeper: Arc<Mutex<Lifeline>>,
    cancelled: Arc<AtomicBool>,
    secrets: BTreeMap<String, String>,
}

impl Host for Farm {
    fn log(&self, line: &str) {
        // In one piece: what the handler's commands write comes in between.
        let line = format!("{line}\n");
        // Who reads the log may have gone; the call ends soon then.
        let _ = std::io::stdout().lock().write_all(line.as_bytes());
    }

    fn progress(&self, what: &str) {
        let word = Word::Progress(what.chars().take(PROGRESS_LIMIT).collect());
        let _ = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).send(&word);
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    fn secret(&self, name: &str) -> Option<String> {
        self.secrets.get(name).cloned()
    }

    fn panicked(&self, report: &str) {
        self.log(report);
    }
}

/// Longest progress text, in characters: a few words.
const PROGRESS_LIMIT: usize = 200;
