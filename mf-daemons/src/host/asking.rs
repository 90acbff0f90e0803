//! How a hook asks the hub: the runner asks the keeper, the keeper its parent,
//! which has the key; the answer comes back the same way.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use mf_core::lifeline::Lifeline;
use monkeyfarm_plugin_api::Failure;
use monkeyfarm_plugin_api::farm::{Ask, Hub};
use serde_json::Value;

use crate::plugin::frame::{Reply, Word};

/// The hub, as it is reached from the process of a hook.
pub(super) struct Asking {
    pub(super) keeper: Arc<Mutex<Lifeline>>,
    /// What the thread that listens to the keeper has heard. Who asks holds
    /// the lock until it has its answer: there is one question at a time.
    pub(super) replies: Arc<Mutex<Receiver<Reply>>>,
}

impl Hub for Asking {
    fn ask(&self, ask: &Ask) -> Result<Value, Failure> {
        let replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        let keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = keeper.send(&Word::Ask(ask.clone()));
        drop(keeper);
        sent.map_err(Failure::io("the hub cannot be asked"))?;
        // The end of the keeper ends this process before it ends the channel.
        replies.recv().unwrap_or_else(|_| Err(Failure::new("nobody is left to ask the hub")))
    }
}
