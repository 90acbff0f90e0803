//! Listens to what happens on the farm, for as long as there is a hub.

use mf_client::{Backoff, Events, Hub, Next};
use tokio::sync::mpsc;

/// Most things heard and not yet acted upon; more wait in the connection.
pub const QUEUE: usize = 256;

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Something happened to an object of this resource.
    Event(String),
    /// The hub is there, perhaps again: anything may have happened.
    Connected,
}

impl Heard {
    /// Whether it concerns a hook that these resources wake.
    pub fn concerns(&self, wakes: &[&str]) -> bool {
        match self {
            Heard::Event(resource) => wakes.contains(&resource.as_str()),
            Heard::Connected => !wakes.is_empty(),
        }
    }
}

/// Listens until nobody wants to hear of it any more. While the hub is away
/// the hooks go on by their cycle.
pub async fn listen(hub: Hub, resources: Vec<&'static str>, heard: mpsc::Sender<Heard>) {
    let filter = resources.join(",");
    let mut backoff = Backoff::default();
    let mut said = String::new();
    loop {
        let error = match hear(&hub, &filter, &heard, &mut backoff).await {
            Ok(()) => return,
            Err(error) => error.to_string(),
        };
        if error != said {
            tracing::warn!("cannot hear what happens: {error}; hooks go on by their cycle");
            said = error;
        }
        backoff.wait().await;
    }
}

async fn hear(
    hub: &Hub,
    filter: &str,
    heard: &mpsc::Sender<Heard>,
    backoff: &mut Backoff,
) -> Result<(), mf_client::Error> {
    let mut events = Events::open(hub, &[("resource", filter)]).await?;
    let mut what = Heard::Connected;
    while heard.send(what).await.is_ok() {
        what = match events.next().await? {
            Next::Event(event) => Heard::Event(event.resource),
            Next::Resumed => Heard::Connected,
        };
        backoff.reset();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_wakes_whom_it_concerns() {
        let event = Heard::Event("system".into());
        assert!(event.concerns(&["build_handler", "system"]));
        assert!(!event.concerns(&["build_handler"]));
        assert!(Heard::Connected.concerns(&["build_handler"]));
        assert!(!Heard::Connected.concerns(&[]));
    }
}
