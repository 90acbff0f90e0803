//! What a worker does when it has nothing to do.

use std::sync::Arc;
use std::time::Duration;

use mf_core::memory;

use super::Worker;

/// When nothing has been held for so long, the threads of builds have ended.
const REST: Duration = Duration::from_secs(15);

/// Gives the host back, after builds, what they have left of memory.
pub async fn rest(worker: Arc<Worker>) {
    let held = &worker.held;
    loop {
        held.wait(|state| state.count > 0).await;
        held.wait(|state| state.count == 0).await;
        if tokio::time::timeout(REST, held.wait(|state| state.count > 0)).await.is_err() {
            memory::trim();
        }
    }
}
