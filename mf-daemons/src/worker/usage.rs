//! What an attempt takes of this host's disk, and its end when that is too much.

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::pending;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use mf_core::disk::MEGABYTE;
use walkdir::WalkDir;

use super::halt::{Halt, Reason};

/// How long a directory is left alone between two measurements, at least.
const PAUSE: Duration = Duration::from_secs(1);
/// It is left alone for so many times as long as a measurement takes, so that
/// measuring a large tree takes one part in so many of one processor.
const REST: u32 = 50;
/// The unit in which `st_blocks` counts, in bytes, whatever the file system's is.
const BLOCK: u64 = 512;

/// Measures an attempt's directory again and again, and halts the attempt when
/// it takes more than so many megabytes; 0 is no limit. Never returns: whoever
/// waits for the attempt drops it.
pub async fn watch(directory: &Path, megabytes: u64, halt: &Halt) -> Infallible {
    if megabytes == 0 {
        return pending().await;
    }
    let mut pause = PAUSE;
    loop {
        tokio::time::sleep(pause).await;
        let (begun, directory) = (Instant::now(), directory.to_path_buf());
        // A panic in it is logged; the next measurement may go better.
        let taken = tokio::task::spawn_blocking(move || of(&directory)).await.unwrap_or(0);
        if taken > megabytes.saturating_mul(MEGABYTE) {
            halt.set(Reason::Failed(format!(
                "the task's directory takes {} MB, and task_megabytes of this system allows {megabytes}",
                taken / MEGABYTE
            )));
            return pending().await;
        }
        pause = PAUSE.max(begun.elapsed() * REST);
    }
}

/// What all that is beneath a directory takes on its disk, in bytes. What the
/// build removes or locks meanwhile is left out, and so are other file systems.
fn of(directory: &Path) -> u64 {
    let mut linked = HashSet::new();
    WalkDir::new(directory)
        .same_file_system(true)
        .into_iter()
        .filter_map(|entry| entry.ok()?.metadata().ok())
        // A file with several names is there once.
        .filter(|about| about.nlink() < 2 || about.is_dir() || linked.insert(about.ino()))
        .map(|about| about.blocks() * BLOCK)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_counts_once_and_by_what_it_takes() {
        let dir = tempfile::tempdir().unwrap();
        let empty = of(dir.path());
        fs::create_dir(dir.path().join("sub")).unwrap();
        fs::write(dir.path().join("sub/file"), vec![7; 3_000_000]).unwrap();
        fs::hard_link(dir.path().join("sub/file"), dir.path().join("again")).unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("link")).unwrap();
        fs::File::create(dir.path().join("holes")).unwrap().set_len(1 << 40).unwrap();
        let taken = of(dir.path()) - empty;
        assert!((3_000_000..3_100_000).contains(&taken), "{taken}");
    }

    #[tokio::test]
    async fn an_attempt_that_takes_too_much_is_halted() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), vec![7; 1_100_000]).unwrap();
        let halt = Halt::new();
        tokio::select! {
            never = watch(dir.path(), 1, &halt) => match never {},
            reason = halt.wait() => {
                let told = "the task's directory takes 1 MB, and task_megabytes of this system \
                            allows 1";
                assert_eq!(reason, Reason::Failed(told.into()));
            }
        }
    }
}
