//! Whether the farm is ready: what its worker offers is enabled.

use mf_core::resource::{BuildHandler, System};

use crate::cli::exit::Failure;
use crate::cli::print::say;
use crate::{Events, Hub, retry};

/// Waits until every build handler that the system offers is enabled; where it
/// offers none, says that plugins belong into `plugins`. Events say when to
/// look; nothing is asked in between.
///
/// # Errors
/// The hub refuses.
pub async fn handlers_enabled(hub: &Hub, system: &str, plugins: &str) -> Result<(), Failure> {
    let filters = [("resource", "build_handler,system")];
    let mut events = retry(async || Events::open(hub, &filters).await).await?;
    loop {
        let own: System = retry(async || hub.get_one("system", system, None).await).await?;
        if own.build_handlers.is_empty() {
            say(&format!(
                "mf up: nothing can be built yet: no plugin gives system {system} a build \
                 handler; put one into {plugins}"
            ));
        }
        // Of a system that an admin has put to rest nothing is ever enabled.
        if !own.enabled || own.build_handlers.is_empty() {
            return Ok(());
        }
        let there: Vec<BuildHandler> =
            retry(async || hub.get_all("build_handler", &[]).await).await?;
        let enabled =
            |label: &String| there.iter().any(|known| known.label == *label && known.enabled);
        if own.build_handlers.iter().all(enabled) {
            return Ok(());
        }
        events.next().await?;
    }
}
