//! What people see while the hub takes its time to answer.

use std::time::Duration;

use super::print::live::Waiting;
use crate::{Answering, Request, RequestHandler};

/// Who waits for longer is told what for.
const SHORT: Duration = Duration::from_secs(1);

/// Sends requests by another handler, and says so on the terminal while an
/// answer does not come.
pub struct Patience<H>(pub H);

impl<H: RequestHandler> RequestHandler for Patience<H> {
    fn url(&self) -> &str {
        self.0.url()
    }

    fn send(&self, request: Request) -> Answering<'_> {
        let mut answer = self.0.send(request);
        Box::pin(async move {
            tokio::select! {
                biased;
                answer = &mut answer => return answer,
                () = tokio::time::sleep(SHORT) => {}
            }
            let _shown = Waiting::start(&format!("waiting for {}", self.url()));
            answer.await
        })
    }
}
