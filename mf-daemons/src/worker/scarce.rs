//! Drains this worker's own system while its disk is nearly full.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mf_client::Error;
use mf_core::disk::{Free, MEGABYTE, Reserve};
use serde_json::{Value, json};

use super::Worker;

/// How often the disk is looked at while something is built.
const OFTEN: Duration = Duration::from_secs(5);
/// How often it is looked at while nothing is.
const SELDOM: Duration = Duration::from_secs(60);
/// What is to be free unless the configuration says so.
const UNLESS_SAID: Reserve = Reserve { most: 500 * MEGABYTE, part: 10 };

/// Looks at the disk for as long as the worker lives. When too little of it is
/// free, the hub is asked to give this system no more tasks, and to go on when
/// there is more. What an admin says of the system is left as it is.
pub async fn keep(worker: Arc<Worker>) {
    let directory = worker.data.tasks();
    // What the hub knows: at first, what an earlier worker may have said.
    let mut told = None;
    loop {
        match free(&directory, worker.config.free_megabytes) {
            Ok(free) => {
                let scarce = is_scarce(free, told == Some(true));
                // A hub that does not answer is told of what is so later.
                if told != Some(scarce) && tell(&worker, scarce, free).await {
                    told = Some(scarce);
                }
            }
            Err(error) => tracing::warn!("{} cannot be asked: {error}", directory.display()),
        }
        let busy = worker.held.wait(|state| state.count > 0);
        if tokio::time::timeout(SELDOM, busy).await.is_ok() {
            tokio::time::sleep(OFTEN).await;
        }
    }
}

/// How much of a directory's disk is free; `megabytes` are to be.
fn free(directory: &Path, megabytes: Option<u64>) -> io::Result<Free> {
    let said = |megabytes: u64| Reserve { most: megabytes.saturating_mul(MEGABYTE), part: 1 };
    megabytes.map_or(UNLESS_SAID, said).of(File::open(directory)?)
}

/// Whether too little is free. A disk of which that was true must have a
/// quarter more, so that not every file that comes and goes makes a difference.
fn is_scarce(free: Free, was: bool) -> bool {
    let least = if was { free.least.saturating_add(free.least / 4) } else { free.least };
    free.bytes < least
}

/// Tells the hub; whether it has heard.
async fn tell(worker: &Worker, scarce: bool, free: Free) -> bool {
    let (function, said) = match scarce {
        true => ("drain", json!({ "reason": reason(free) })),
        false => ("resume", json!({})),
    };
    let path = format!("/system/{}/{function}.json", worker.registration.system());
    let begun = Instant::now();
    let answer: Result<Value, Error> = worker.link.hub().post(&path, &said, None, "system").await;
    let heard = worker.link.asked(begun, answer).is_ok();
    if heard && scarce {
        tracing::warn!("gets no more tasks: {}", reason(free));
    }
    heard
}

fn reason(free: Free) -> String {
    let (bytes, least) = (free.bytes / MEGABYTE, free.least / MEGABYTE);
    format!("its disk has {bytes} MB free, and is to have {least} (free_megabytes)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_was_scarce_needs_more_than_one_that_was_not() {
        let free = |bytes| Free { bytes, least: 100 };
        assert!(is_scarce(free(99), false) && !is_scarce(free(100), false));
        assert!(is_scarce(free(124), true) && !is_scarce(free(125), true));
        assert!(!is_scarce(Free { bytes: 0, least: 0 }, true));
    }

    #[test]
    fn what_is_said_counts_and_else_no_more_than_a_tenth_of_the_disk() {
        let least = |megabytes| free(Path::new("/"), megabytes).unwrap().least;
        assert_eq!(least(Some(0)), 0);
        assert_eq!(least(Some(1)), MEGABYTE);
        assert!(least(None) <= 500 * MEGABYTE);
    }
}
