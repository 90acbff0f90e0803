//! A call in this very process, for a debugger: nothing contains it.

use std::os::fd::AsFd;
use std::sync::mpsc::channel;

use mf_core::lifeline::Lifeline;
use monkeyfarm_plugin_api::farm::Ask;

use crate::host::runner;
use crate::plugin::frame::{CallOrder, Reply, Word};
use crate::plugin::{Call, Ended};

/// Makes the call.
///
/// # Errors
/// No descriptor is left, or the like.
pub fn call(
    call: Call,
    mut on_ask: impl FnMut(Ask) -> Reply + Send + 'static,
) -> anyhow::Result<Ended> {
    let named = call.plugin.named();
    let image = call.plugin.image.as_fd().try_clone_to_owned()?;
    let order = CallOrder {
        handler: call.handler,
        job: call.job,
        work_dir: call.work_dir,
        deadline_ms: None,
        begin_by_ms: None,
        stopped: false,
        secrets: call.secrets,
        // Not applied: it would hold for this very process.
        confine: call.confine,
    };
    // What a handler prints is seen as it is; only this is closed.
    drop(call.log);
    let (ours, theirs) = Lifeline::ends()?;
    let theirs = Lifeline::of(theirs);
    let (sender, replies) = channel();
    // A plugin may keep its host for as long as it is loaded, and this thread
    // with it: nobody waits for its end.
    std::thread::spawn(move || {
        while let Ok(Some(word)) = ours.recv::<Word>() {
            if let Word::Ask(ask) = word {
                // Nobody waits for it when the call is over.
                let _ = sender.send(on_ask(ask));
            }
        }
    });
    Ok(Ended::of(runner::here(order, &image, theirs, replies), &named))
}
